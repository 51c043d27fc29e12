//! Named random streams.
//!
//! Every random draw in prefsweep comes from a stream named by what it is for: the seed, a purpose
//! ("negatives", "dropout", …) and indices (epoch, window, position …). A stream does not depend
//! on how many numbers other parts of the program have drawn, nor on threads. This makes common random
//! numbers across runs and bit-identical repetitions possible.

use polars::prelude::PlHashMap;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;

/// The generator behind every stream.
pub type Stream = Xoshiro256PlusPlus;

/// The stream for `purpose` at `indices` under `seed`.
#[must_use]
pub fn stream(seed: u64, purpose: &str, indices: &[u64]) -> Stream {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_le_bytes());
    hasher.update(&(purpose.len() as u64).to_le_bytes());
    hasher.update(purpose.as_bytes());
    for index in indices {
        hasher.update(&index.to_le_bytes());
    }
    Stream::from_seed(*hasher.finalize().as_bytes())
}

/// The first `count` entries of a uniform random permutation of `0..pool` (Fisher and Yates); None
/// when `pool` is smaller. The cost depends on `count` alone: only swapped places are stored.
pub(crate) fn draw(pool: usize, count: usize, stream: &mut Stream) -> Option<Vec<usize>> {
    if pool < count {
        return None;
    }
    let mut moved = PlHashMap::default();
    let drawn = (0..count).map(|index| {
        let chosen = stream.random_range(index as u64..pool as u64) as usize;
        let here = moved.get(&index).copied().unwrap_or(index);
        moved.insert(chosen, here).unwrap_or(chosen)
    });
    // Place `index` itself is never looked at again: later draws choose from `index + 1` on.
    Some(drawn.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    fn first(seed: u64, purpose: &str, indices: &[u64]) -> u64 {
        stream(seed, purpose, indices).next_u64()
    }

    #[test]
    fn streams_differ_by_seed_purpose_and_index() {
        let base = first(1, "negatives", &[0, 1]);
        assert_eq!(base, first(1, "negatives", &[0, 1]));
        assert_ne!(base, first(2, "negatives", &[0, 1]));
        assert_ne!(base, first(1, "dropout", &[0, 1]));
        assert_ne!(base, first(1, "negatives", &[1, 0]));
    }

    /// The textbook algorithm, with the whole pool in memory.
    fn shuffled(pool: usize, count: usize, stream: &mut Stream) -> Vec<usize> {
        let mut places: Vec<usize> = (0..pool).collect();
        for index in 0..count {
            places.swap(index, stream.random_range(index as u64..pool as u64) as usize);
        }
        places.truncate(count);
        places
    }

    #[test]
    fn draws_are_the_start_of_a_shuffle() {
        for pool in [1, 2, 7, 40, 1000] {
            for count in [0, 1, pool / 2, pool] {
                let name = [pool as u64, count as u64];
                let mut streams = [(); 2].map(|()| stream(3, "draw", &name));
                let expected = shuffled(pool, count, &mut streams[0]);
                assert_eq!(draw(pool, count, &mut streams[1]), Some(expected));
            }
        }
        assert_eq!(draw(4, 5, &mut stream(3, "draw", &[])), None);
    }
}
