//! What is allocated, counted in every fuzz test.

use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

/// The most that was allocated at once while something ran, beyond what there was before; in bytes.
pub(crate) fn peak_of<T>(run: impl FnOnce() -> T) -> (T, usize) {
    let before = ALLOCATED.current_usage();
    ALLOCATED.reset_peak_usage();
    let result = run();
    (result, ALLOCATED.peak_usage().saturating_sub(before))
}

#[test]
fn a_large_buffer_is_counted() {
    let (length, peak) = peak_of(|| vec![1_u8; 64 << 20].len());
    // Tests beside this one may allocate or free a little meanwhile.
    assert!(peak >= length / 2, "{peak}");
}
