//! Work on several things at once.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// What `work` makes of each item, in their order; as many at once as there are cores.
///
/// On threads that do nothing else. A worker of rayon that waits for polars, which reads files on workers of its own, would
/// meanwhile begin with the next item on top of the one that waits, and so on until its stack is full.
pub(crate) fn side_by_side<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let from_the_next = || {
        let mut made = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { return made };
            made.push((index, work(item)));
        }
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let mut made: Vec<(usize, R)> = thread::scope(|scope| {
        let threads: Vec<_> =
            (0..cores.min(items.len())).map(|_| scope.spawn(from_the_next)).collect();
        let joined = threads.into_iter().map(|thread| thread.join());
        joined.flat_map(|made| made.unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    made.sort_by_key(|(index, _)| *index);
    made.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::time::Duration;

    use super::*;

    #[test]
    fn results_are_in_the_order_of_the_items() {
        let items: Vec<u64> = (0..100).collect();
        let twice = side_by_side(&items, |item| {
            thread::sleep(Duration::from_micros((7 * item) % 50));
            2 * item
        });
        assert_eq!(twice, items.iter().map(|item| 2 * item).collect::<Vec<_>>());
        assert!(side_by_side(&[], |item: &u64| *item).is_empty());
    }

    #[test]
    #[should_panic(expected = "the third")]
    fn a_panic_is_passed_on() {
        side_by_side(&[1, 2, 3, 4], |item| assert_ne!(*item, 3, "the third"));
    }

    /// As long as an item waits for another pool, no other one is begun on its thread.
    #[test]
    fn items_that_wait_are_not_stacked() {
        thread_local!(static DEPTH: Cell<usize> = const { Cell::new(0) });
        let other = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let depths = side_by_side(&[(); 50], |()| {
            DEPTH.set(DEPTH.get() + 1);
            other.install(|| thread::sleep(Duration::from_micros(200)));
            let depth = DEPTH.get();
            DEPTH.set(depth - 1);
            depth
        });
        assert_eq!(depths, [1; 50]);
    }
}
