//! Damage to files: bytes, words and lines that are changed, moved, repeated or lost.

use super::random::Random;
use super::tokens::{NUMBERS, TOKENS};

/// No input is longer.
pub(crate) const LONGEST: usize = 1 << 16;

/// One to six changes of one of the seeds; words of the target itself are taken as often as the common ones.
pub(crate) fn mutated(random: &mut Random, seed: &[u8], other: &[u8], words: &[&[u8]]) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=random.below(6) {
        change(random, &mut bytes, other, words);
        bytes.truncate(LONGEST);
    }
    bytes
}

fn change(random: &mut Random, bytes: &mut Vec<u8>, other: &[u8], words: &[&[u8]]) {
    let place = random.below(bytes.len() + 1);
    let end = (place + 1 + random.below(64)).min(bytes.len());
    match random.below(15) {
        0 | 1 => {
            if let Some(byte) = bytes.get_mut(place) {
                *byte ^= 1 << random.below(8);
            }
        }
        2 => {
            if let Some(byte) = bytes.get_mut(place) {
                *byte = random.next() as u8;
            }
        }
        3 => drop(bytes.splice(place..place, token(random, words).iter().copied())),
        4 => {
            let token = token(random, words);
            let end = (place + token.len()).min(bytes.len());
            drop(bytes.splice(place..end, token.iter().copied()));
        }
        5 => drop(bytes.drain(place.min(end)..end)),
        6 => {
            // Once or twice, or so often that it nests deeply.
            let times = if random.below(4) == 0 { 1 + random.below(5000) } else { 1 };
            let most = LONGEST.saturating_sub(bytes.len()) / (end - place.min(end)).max(1);
            let piece = bytes[place.min(end)..end].repeat(times.min(most));
            drop(bytes.splice(place..place, piece));
        }
        7 => {
            let times = 1 + random.below(3000);
            let piece = token(random, words).repeat(times);
            drop(bytes.splice(place..place, piece.into_iter().take(LONGEST)));
        }
        8 => bytes.truncate(place),
        9 => lines(random, bytes),
        10 | 11 => number(random, bytes, place),
        12 => quoted(random, bytes, place, words),
        13 => {
            let from = random.below(other.len() + 1);
            let to = (from + 1 + random.below(256)).min(other.len());
            drop(bytes.splice(place.min(end)..end, other[from.min(to)..to].iter().copied()));
        }
        _ => integer(random, bytes, place),
    }
}

fn token<'a>(random: &mut Random, words: &[&'a [u8]]) -> &'a [u8] {
    let own = !words.is_empty() && random.below(2) == 0;
    let from = if own { words } else { TOKENS };
    from[random.below(from.len())]
}

/// A line is lost, repeated or moved.
fn lines(random: &mut Random, bytes: &mut Vec<u8>) {
    let mut lines: Vec<Vec<u8>> =
        bytes.split_inclusive(|byte| *byte == b'\n').map(Into::into).collect();
    if lines.is_empty() {
        return;
    }
    let line = lines.remove(random.below(lines.len()));
    match random.below(3) {
        0 => {}
        1 => lines.insert(random.below(lines.len() + 1), line),
        _ => {
            let times = 1 + random.below(300);
            let at = random.below(lines.len() + 1);
            drop(lines.splice(at..at, vec![line; times]));
        }
    }
    *bytes = lines.concat();
}

/// The next number in a text becomes another.
fn number(random: &mut Random, bytes: &mut Vec<u8>, place: usize) {
    let Some(start) = bytes[place..].iter().position(u8::is_ascii_digit) else { return };
    let start = place + start;
    let is_part = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    let length = bytes[start..].iter().take_while(|byte| is_part(byte)).count();
    let number = random.of(NUMBERS).bytes();
    drop(bytes.splice(start..start + length, number));
}

/// What the next quotes hold becomes something else.
fn quoted(random: &mut Random, bytes: &mut Vec<u8>, place: usize, words: &[&[u8]]) {
    let quote = |from: usize, bytes: &[u8]| {
        bytes[from..].iter().position(|byte| *byte == b'"').map(|at| from + at)
    };
    let Some(start) = quote(place, bytes) else { return };
    let Some(end) = quote(start + 1, bytes) else { return };
    drop(bytes.splice(start + 1..end, token(random, words).iter().copied()));
}

/// Four or eight bytes become a number of any size.
fn integer(random: &mut Random, bytes: &mut Vec<u8>, place: usize) {
    let width = *random.of(&[1, 2, 4, 8]);
    let shift = random.below(8 * width) as u32;
    let number = (random.next() >> shift).to_le_bytes();
    let end = (place + width).min(bytes.len());
    drop(bytes.splice(place..end, number[..width].iter().copied()));
}
