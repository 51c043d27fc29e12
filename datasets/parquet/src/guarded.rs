//! Reading tables with a library that panics over some damaged ones.

use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};

use polars::prelude::{PolarsResult, polars_err};

/// How many are reading now.
static READING: AtomicUsize = AtomicUsize::new(0);

/// What `read` gives; where the library panics, an error like its others, and nothing is printed but that.
///
/// # Errors
/// That of `read`, or that it panicked.
pub fn guarded<T>(read: impl FnOnce() -> PolarsResult<T>) -> PolarsResult<T> {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let usual = take_hook();
        set_hook(Box::new(move |panic| {
            if READING.load(Ordering::Relaxed) == 0 {
                usual(panic);
            }
        }));
    });
    READING.fetch_add(1, Ordering::Relaxed);
    let outcome = catch_unwind(AssertUnwindSafe(read));
    READING.fetch_sub(1, Ordering::Relaxed);
    outcome.unwrap_or_else(|_| Err(polars_err!(ComputeError: "the file is damaged")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error() {
        assert_eq!(guarded(|| Ok(1)).unwrap(), 1);
        let error = guarded::<()>(|| panic!("in the library")).unwrap_err();
        assert!(error.to_string().contains("the file is damaged"), "{error}");
        assert!(catch_unwind(|| panic!("elsewhere")).is_err());
    }
}
