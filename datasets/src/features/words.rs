//! Words of titles.

use std::collections::HashMap;

use super::labels::Labels;

/// How often a word must occur in the titles, so that it can say something of more than one.
const OFTEN: usize = 2;

/// The words of every item's title, those that occur at least twice in all titles: runs of letters, digits and
/// apostrophes in lower case, without accents, and without the year at the title's end.
pub(super) fn title_words(titles: &[Option<String>]) -> Labels {
    let words: Vec<Vec<String>> =
        titles.iter().map(|title| title.as_deref().map(words).unwrap_or_default()).collect();
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for word in words.iter().flatten() {
        *counts.entry(word).or_default() += 1;
    }
    let frequent = |words: &Vec<String>| {
        words.iter().filter(|word| counts[word.as_str()] >= OFTEN).cloned().collect()
    };
    let frequent: Vec<Vec<String>> = words.iter().map(frequent).collect();
    Labels::new(&frequent)
}

fn words(title: &str) -> Vec<String> {
    let title: String = without_year(title).to_lowercase().chars().map(plain).collect();
    let words = title.split(|letter: char| !letter.is_alphanumeric() && letter != '\'');
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// `Heat` of `Heat (1995)`.
fn without_year(title: &str) -> &str {
    let title = title.trim_end();
    let year = title.strip_suffix(')').and_then(|title| title.rsplit_once('('));
    match year {
        Some((before, year)) if year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit()) => {
            before
        }
        _ => title,
    }
}

/// A letter of western European languages without its accent.
fn plain(letter: char) -> char {
    match letter {
        'à'..='å' => 'a',
        'ç' => 'c',
        'è'..='ë' => 'e',
        'ì'..='ï' => 'i',
        'ñ' => 'n',
        'ò'..='ö' | 'ø' => 'o',
        'ù'..='ü' => 'u',
        'ý' | 'ÿ' => 'y',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_plain_and_lower_case_without_the_year() {
        assert_eq!(words("Misérables, Les (1995)"), ["miserables", "les"]);
        assert_eq!(words("2001: A Space Odyssey (1968) "), ["2001", "a", "space", "odyssey"]);
        assert_eq!(words("Schindler's List"), ["schindler's", "list"]);
        assert_eq!(words("Run (V) (1997)"), ["run", "v"]);
    }

    #[test]
    fn words_that_occur_once_are_left_out() {
        let titles =
            ["The Rock (1996)", "the Fan", "Fan, The (1996)"].map(|text| Some(text.to_owned()));
        let titles = [&titles[..], &[None]].concat();
        let labels = title_words(&titles);
        assert_eq!(labels.names, ["fan", "the"]);
        assert_eq!(labels.of_items, [vec![1], vec![0, 1], vec![0, 1], vec![]]);
    }
}
