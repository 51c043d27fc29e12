//! A vocabulary of word pieces by byte-pair encoding, over characters: Sennrich et al., "Neural Machine
//! Translation of Rare Words with Subword Units" (2016).
//!
//! Frequent words are one token, rare ones are spelled in several. The pair of neighbours that occurs most often
//! becomes a token, again and again, until the vocabulary is full or no pair occurs twice; of pairs
//! that occur equally often the one of the earlier tokens. So the same texts give the same
//! vocabulary, in whichever order they come.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::pieces::pieces;

/// The token that ends a title.
pub const END: u32 = 0;

type Pair = (u32, u32);

/// Tokens, and how texts are split into them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vocabulary {
    /// What each token stands for; nothing for [`END`].
    texts: Vec<String>,
    characters: HashMap<char, u32>,
    /// What two neighbours become; those with the lower token do so first.
    merges: HashMap<Pair, u32>,
}

/// A pair of neighbours while a vocabulary is learned.
#[derive(Default)]
struct Neighbours {
    count: usize,
    /// Where they stand or once stood.
    words: Vec<usize>,
}

impl Vocabulary {
    /// Learns at most `size` tokens from texts, or as many as these have characters.
    #[must_use]
    pub fn learn<'a>(texts: impl Iterator<Item = &'a str> + Clone, size: usize) -> Self {
        let alphabet: BTreeSet<char> = texts.clone().flat_map(str::chars).collect();
        let mut learned = Self {
            texts: std::iter::once(String::new())
                .chain(alphabet.iter().map(char::to_string))
                .collect(),
            characters: alphabet.into_iter().zip(1..).collect(),
            merges: HashMap::new(),
        };
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for piece in texts.flat_map(pieces) {
            *counts.entry(piece).or_default() += 1;
        }
        let spell =
            |(piece, count): (&str, usize)| (learned.spelled(piece).expect("its own text"), count);
        let mut words: Vec<(Vec<u32>, usize)> = counts.into_iter().map(spell).collect();
        let mut pairs: HashMap<Pair, Neighbours> = HashMap::new();
        for (index, word) in words.iter().enumerate() {
            add(&mut pairs, index, word);
        }
        while learned.len() < size {
            let frequent = pairs.iter().filter(|(_, found)| found.count > 1);
            let best = frequent.max_by_key(|(pair, found)| (found.count, Reverse(**pair)));
            let Some(pair) = best.map(|(pair, _)| *pair) else { break };
            let token = learned.merge(pair);
            let mut holding = std::mem::take(&mut pairs.entry(pair).or_default().words);
            holding.sort_unstable();
            holding.dedup();
            for index in holding {
                let (symbols, count) = &mut words[index];
                for two in symbols.windows(2) {
                    pairs.entry((two[0], two[1])).or_default().count -= *count;
                }
                join(symbols, pair, token);
                add(&mut pairs, index, &words[index]);
            }
        }
        learned
    }

    /// Number of tokens, [`END`] included.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "there is always the end")]
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// The tokens of a text, without an end; None where it has a character that the texts did not have
    /// from which the vocabulary was learned.
    #[must_use]
    pub fn encode(&self, text: &str) -> Option<Vec<u32>> {
        let mut tokens = Vec::new();
        for piece in pieces(text) {
            let mut symbols = self.spelled(piece)?;
            let next = |symbols: &[u32]| {
                let pairs = symbols.windows(2).map(|two| (two[0], two[1]));
                pairs.filter_map(|pair| Some((*self.merges.get(&pair)?, pair))).min()
            };
            while let Some((token, pair)) = next(&symbols) {
                join(&mut symbols, pair, token);
            }
            tokens.append(&mut symbols);
        }
        Some(tokens)
    }

    /// The text of some tokens.
    ///
    /// # Panics
    /// When one is not in the vocabulary.
    #[must_use]
    pub fn decode(&self, tokens: &[u32]) -> String {
        tokens.iter().map(|&token| self.texts[token as usize].as_str()).collect()
    }

    fn spelled(&self, piece: &str) -> Option<Vec<u32>> {
        piece.chars().map(|character| self.characters.get(&character).copied()).collect()
    }

    /// Makes a token of two.
    fn merge(&mut self, pair: Pair) -> u32 {
        let token = u32::try_from(self.len()).expect("tokens are 32-bit");
        self.texts.push(self.decode(&[pair.0, pair.1]));
        self.merges.insert(pair, token);
        token
    }
}

fn add(pairs: &mut HashMap<Pair, Neighbours>, index: usize, (symbols, count): &(Vec<u32>, usize)) {
    for two in symbols.windows(2) {
        let found = pairs.entry((two[0], two[1])).or_default();
        found.count += count;
        found.words.push(index);
    }
}

/// Puts `token` in the place of every `pair`, from the left.
fn join(symbols: &mut Vec<u32>, pair: Pair, token: u32) {
    let mut kept = 0;
    let mut at = 0;
    while at < symbols.len() {
        let joins = symbols[at] == pair.0 && symbols.get(at + 1) == Some(&pair.1);
        symbols[kept] = if joins { token } else { symbols[at] };
        at += if joins { 2 } else { 1 };
        kept += 1;
    }
    symbols.truncate(kept);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn learn(texts: &[&str], size: usize) -> Vocabulary {
        Vocabulary::learn(texts.iter().copied(), size)
    }

    fn tokens(vocabulary: &Vocabulary, text: &str) -> Vec<String> {
        let tokens = vocabulary.encode(text).unwrap();
        tokens.iter().map(|&token| vocabulary.decode(&[token])).collect()
    }

    /// `a` to `c` are the tokens 1 to 3. Counts are ab 3, bc 2, ba 1; then abc 2.
    #[test]
    fn by_hand() {
        let learned = learn(&["abc", "abc", "aba"], 100);
        assert_eq!(learned.texts, ["", "a", "b", "c", "ab", "abc"]);
        assert_eq!(learned.encode("cababc"), Some(vec![3, 4, 5]));
        assert_eq!(learned.encode("abd"), None);
        let short = learn(&["abc", "abc", "aba"], 5);
        assert_eq!(short.texts.len(), 5);
        assert_eq!(tokens(&short, "aaab"), ["a", "a", "ab"]);
        assert_eq!(learn(&["aaaaa", "aaaaa"], 100).texts, ["", "a", "aa", "aaa", "aaaaa"]);
        assert_eq!(learn(&[], 100).len(), 1);
    }

    #[test]
    fn frequent_words_and_years_are_one_token() {
        let films = ["Story of Us, The (1999)", "Toy Story (1999)", "Ghost Story (1999)"];
        let learned = learn(&films, 100);
        let found = tokens(&learned, "Toy Story (1999)");
        assert_eq!(found, ["T", "o", "y", " Story", " (1999)"]);
    }

    /// The same, with all pairs counted anew for every token.
    fn slowly(texts: &[String], size: usize) -> Vec<String> {
        let characters: BTreeSet<char> = texts.iter().flat_map(|text| text.chars()).collect();
        let mut tokens: Vec<String> =
            std::iter::once(String::new()).chain(characters.iter().map(char::to_string)).collect();
        let place = |c: char| characters.iter().position(|known| *known == c).unwrap() + 1;
        let mut words: Vec<Vec<usize>> = texts
            .iter()
            .flat_map(|text| pieces(text))
            .map(|piece| piece.chars().map(place).collect())
            .collect();
        while tokens.len() < size {
            let mut counts: BTreeMap<(usize, usize), usize> = BTreeMap::new();
            for two in words.iter().flat_map(|word| word.windows(2)) {
                *counts.entry((two[0], two[1])).or_default() += 1;
            }
            let most = counts.values().copied().max().unwrap_or(0);
            if most < 2 {
                break;
            }
            let (&(left, right), _) = counts.iter().find(|(_, count)| **count == most).unwrap();
            let joined = format!("{}{}", tokens[left], tokens[right]);
            for word in &mut words {
                let mut at = 0;
                while at + 1 < word.len() {
                    if word[at..at + 2] == [left, right] {
                        word.splice(at..at + 2, [tokens.len()]);
                    }
                    at += 1;
                }
            }
            tokens.push(joined);
        }
        tokens
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn texts_survive(
            texts in proptest::collection::vec("[a-c é(1):]{0,12}", 0..20),
            size in 0_usize..60,
            others in proptest::collection::vec(any::<prop::sample::Index>(), 0..30),
        ) {
            let learned = Vocabulary::learn(texts.iter().map(String::as_str), size);
            let characters: Vec<char> = learned.characters.keys().copied().collect();
            let other: String = match characters[..] {
                [] => String::new(),
                _ => others.iter().map(|index| *index.get(&characters)).collect(),
            };
            for text in texts.iter().chain([&other]) {
                let tokens = learned.encode(text).unwrap();
                prop_assert!(!tokens.contains(&END));
                prop_assert_eq!(&learned.decode(&tokens), text);
            }
            let mut turned = texts.clone();
            turned.reverse();
            prop_assert_eq!(Vocabulary::learn(turned.iter().map(String::as_str), size), learned);
        }

        #[test]
        fn counting_anew_gives_the_same(
            texts in proptest::collection::vec("[a-d ]{0,10}", 0..15), size in 0_usize..40,
        ) {
            let learned = Vocabulary::learn(texts.iter().map(String::as_str), size);
            prop_assert_eq!(learned.texts, slowly(&texts, size));
        }
    }
}
