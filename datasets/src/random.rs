//! Named random streams.
//!
//! Every random draw in recpo comes from a stream named by what it is for: the seed, a purpose
//! ("negatives", "dropout", …) and indices (epoch, window, position …). A stream does not depend
//! on how many numbers other parts of the program have drawn, nor on threads, which is what makes
//! common random numbers across cells and bit-identical re-runs possible.

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

/// The first `count` entries of a uniform random permutation of `pool` (Fisher and Yates); None
/// when there are fewer.
pub(crate) fn draw(mut pool: Vec<u32>, count: usize, stream: &mut Stream) -> Option<Vec<u32>> {
    if pool.len() < count {
        return None;
    }
    for index in 0..count {
        let chosen = stream.random_range(index as u64..pool.len() as u64) as usize;
        pool.swap(index, chosen);
    }
    pool.truncate(count);
    Some(pool)
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
}
