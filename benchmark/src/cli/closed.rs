//! Whether the program was started with its standard output closed.
//!
//! Before `main` Rust opens `/dev/null` in place of a closed standard output, so that everything written to it
//! succeeds and is lost. Only what runs earlier can tell.

use std::sync::atomic::{AtomicBool, Ordering};

static CLOSED: AtomicBool = AtomicBool::new(false);

/// Whether standard output was closed at the start; `false` where this cannot be known.
pub(crate) fn was_closed() -> bool {
    CLOSED.load(Ordering::Relaxed)
}

/// The functions of this section run before `main`, and before Rust looks at the standard streams.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "the section holds functions of this type alone")]
#[used]
#[unsafe(link_section = ".init_array")]
static LOOK: extern "C" fn() = look;

#[cfg(target_os = "linux")]
extern "C" fn look() {
    let open = std::path::Path::new("/proc/self/fd");
    let closed = open.is_dir() && open.join("1").symlink_metadata().is_err();
    CLOSED.store(closed, Ordering::Relaxed);
}
