//! The users of all runs, each in every evaluation.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use super::error::ImportError;
use super::runs::{Part, Run, Runs, UserRow};
use crate::data::Split;
use crate::evaluation::{Protocol, Rank, Ranks};

/// Users are called by numbers: by their own where they all have a different one, otherwise by their places in the order of names.
pub(super) fn numbers(names: &[String]) -> Vec<u32> {
    let own: Option<Vec<u32>> = names.iter().map(|name| own(name)).collect();
    // `7` and `07` are two users.
    let own = own.filter(|own| own.iter().collect::<HashSet<_>>().len() == own.len());
    own.unwrap_or_else(|| {
        let mut sorted: Vec<usize> = (0..names.len()).collect();
        sorted.sort_by_key(|at| &names[*at]);
        let mut numbers = vec![0; names.len()];
        for (number, at) in (0..).zip(sorted) {
            numbers[at] = number;
        }
        numbers
    })
}

/// The number that a name is. A column of numbers with fractions has `5.0` in CSV, which is 5 in Parquet.
fn own(name: &str) -> Option<u32> {
    let (whole, fraction) = name.split_once('.').unwrap_or((name, ""));
    let is_whole = fraction.bytes().all(|digit| digit == b'0');
    whole.parse().ok().filter(|_| is_whole)
}

/// The names of users in the order of their numbers, where these say nothing of who they are.
pub(super) fn in_order<'a>(names: &'a [String], numbers: &[u32]) -> Option<Vec<&'a str>> {
    if names.iter().zip(numbers).all(|(name, number)| own(name) == Some(*number)) {
        return None;
    }
    let mut named: Vec<(&u32, &str)> =
        numbers.iter().zip(names.iter().map(String::as_str)).collect();
    named.sort_unstable();
    Some(named.into_iter().map(|(_, name)| name).collect())
}

/// Puts the rows of every part in the order of users, and checks that every evaluation of a split has the same ones,
/// each once. Gives back the numbers of the users of each split.
///
/// # Errors
/// When a user is there twice, or is missing in some evaluation.
pub(super) fn align(
    runs: &mut Runs,
    numbers: &[u32],
    files: &[PathBuf],
) -> Result<BTreeMap<Split, Vec<u32>>, ImportError> {
    let Runs { runs, users: names, .. } = runs;
    let mut users: BTreeMap<Split, Vec<u32>> = BTreeMap::new();
    for run in runs {
        let name = run.key.to_string();
        for (step, evaluation) in &mut run.evaluations {
            for ((split, protocol), part) in &mut evaluation.parts {
                let said = format!("{name}, step {step}, {}, {}", split.name(), protocol.name());
                part.rows.sort_by_key(|row| (numbers[row.user as usize], row.file, row.place));
                let twice = part.rows.windows(2).find(|pair| pair[0].user == pair[1].user);
                if let Some([_, second]) = twice {
                    let user = &names[second.user as usize];
                    let message = format!("user `{user}` has a second rank in {said}, allowed one");
                    return Err(ImportError::at(
                        &files[second.file as usize],
                        second.place,
                        message,
                    ));
                }
                let present = || part.rows.iter().map(|row| row.user);
                let known = users.entry(*split).or_insert_with(|| present().collect());
                if !present().eq(known.iter().copied()) {
                    let file = part.rows.first().map_or(run.file, |row| row.file as usize);
                    return Err(other_users(&files[file], &said, known, &part.rows, names));
                }
            }
        }
    }
    let numbered = |users: Vec<u32>| users.into_iter().map(|user| numbers[user as usize]).collect();
    Ok(users.into_iter().map(|(split, users)| (split, numbered(users))).collect())
}

fn other_users(
    file: &std::path::Path,
    said: &str,
    known: &[u32],
    rows: &[UserRow],
    names: &[String],
) -> ImportError {
    let present: HashSet<u32> = rows.iter().map(|row| row.user).collect();
    let lacks = known.iter().find(|user| !present.contains(user));
    let which = match lacks {
        Some(user) => format!("without user `{}`", names[*user as usize]),
        None => {
            let known: HashSet<&u32> = known.iter().collect();
            let more = rows.iter().find(|row| !known.contains(&row.user));
            let user = more.map_or("", |row| &names[row.user as usize]);
            format!("with user `{user}`")
        }
    };
    let message = format!(
        "found {said} {which}, allowed the same users as in the evaluations of this split before it ({}), since \
         differences are taken user by user",
        known.len()
    );
    ImportError::of(file, message)
}

/// The ranks of a part; where the number of competitors is not known, `competitors` stands for it.
pub(super) fn ranks(
    split: Split,
    protocol: Protocol,
    part: &Part,
    numbers: &[u32],
    competitors: u32,
) -> Ranks {
    let rank = |row: &UserRow| Rank {
        rank: row.rank,
        ties: row.ties.unwrap_or(0),
        competitors: row.competitors.unwrap_or(competitors),
    };
    Ranks {
        split,
        protocol,
        users: part.rows.iter().map(|row| numbers[row.user as usize]).collect(),
        ranks: part.rows.iter().map(rank).collect(),
        shown: Vec::new(),
    }
}

/// All rows of all runs.
pub(super) fn rows(runs: &[Run]) -> impl Iterator<Item = (Protocol, &UserRow)> {
    let evaluations = runs.iter().flat_map(|run| run.evaluations.values());
    let parts = evaluations.flat_map(|evaluation| &evaluation.parts);
    parts.flat_map(|((_, protocol), part)| part.rows.iter().map(|row| (*protocol, row)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_keep_their_numbers_where_all_have_one() {
        let numbers =
            |names: &[&str]| numbers(&names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>());
        assert_eq!(numbers(&["7", "3", "100"]), [7, 3, 100]);
        assert_eq!(numbers(&["u7", "3", "u100"]), [2, 0, 1]);
        assert_eq!(numbers(&["7", "07", "100"]), [2, 0, 1], "not one number for two users");
        assert_eq!(numbers(&["7.0", "3.0", "100."]), [7, 3, 100], "a column with fractions");
        assert_eq!(numbers(&["7", "7.0", "7.5"]), [0, 1, 2], "not one number for two users");
    }

    #[test]
    fn names_say_who_users_are_that_have_no_numbers() {
        let ordered = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let ordered = in_order(&names, &numbers(&names));
            ordered.map(|names| names.join(" "))
        };
        assert_eq!(ordered(&["bob", "alice"]).as_deref(), Some("alice bob"));
        assert_eq!(ordered(&["7", "3"]), None);
        assert_eq!(ordered(&["7.0", "3.0"]), None);
    }
}
