//! Genres, as files of titles have them.

use std::borrow::Cow;

/// The genres of `u.item` of MovieLens 100K, in the order of its last columns.
const MOVIELENS: [&str; 19] = [
    "unknown",
    "Action",
    "Adventure",
    "Animation",
    "Children's",
    "Comedy",
    "Crime",
    "Documentary",
    "Drama",
    "Fantasy",
    "Film-Noir",
    "Horror",
    "Musical",
    "Mystery",
    "Romance",
    "Sci-Fi",
    "Thriller",
    "War",
    "Western",
];
/// Columns of `u.item` before the genres: id, title, two dates and an address.
const BEFORE: usize = 5;
/// What newer releases of MovieLens write for films without a genre.
const NONE: &str = "(no genres listed)";

/// The genres of a line of `u.item`: a column of 0 or 1 for each.
pub(crate) fn flagged(fields: &[Cow<'_, str>]) -> Vec<String> {
    if fields.len() != BEFORE + MOVIELENS.len() {
        return Vec::new();
    }
    let flags = fields[BEFORE..].iter().zip(MOVIELENS);
    flags.filter(|(flag, _)| *flag == "1").map(|(_, name)| name.to_owned()).collect()
}

/// The genres of `Comedy|Drama`.
pub(crate) fn listed(field: &str) -> Vec<String> {
    let names = field.split('|').map(str::trim);
    names.filter(|name| !name.is_empty() && *name != NONE).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_for_each_genre() {
        let line = "1|Toy Story (1995)|01-Jan-1995||http://x|0|0|0|1|1|1|0|0|0|0|0|0|0|0|0|0|0|0|0";
        let fields: Vec<Cow<'_, str>> = line.split('|').map(Cow::from).collect();
        assert_eq!(flagged(&fields), ["Animation", "Children's", "Comedy"]);
        assert!(flagged(&fields[..23]).is_empty());
    }

    #[test]
    fn a_list_of_genres() {
        assert_eq!(listed("Action|Sci-Fi"), ["Action", "Sci-Fi"]);
        assert!(listed("(no genres listed)").is_empty());
    }
}
