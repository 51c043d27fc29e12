//! What the transformer reads to give the log-probabilities of some items after some histories.
//!
//! The tokens of a history are read once. Behind the position where items are scored their titles branch off, as a
//! prefix tree, so that every title sees the history and its own beginning, and no other title.

use std::ops::Range;
use std::sync::Arc;

use super::catalogue::Titles;
use super::trie::Trie;
use crate::windows::Windows;

/// Nodes of prefix trees that are read behind one history at once, where there is more than one title: what is
/// read together costs as its square.
const NODES_AT_ONCE: usize = 192;

/// The items that are scored at some positions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    /// The histories, as items.
    pub(crate) windows: &'a Windows,
    /// The positions: rows of all items of the windows.
    pub(crate) rows: &'a [u32],
    /// Row-major `[P, E]`.
    pub(crate) items: &'a [u32],
}

/// Tokens to read, and what follows from them.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    /// The tokens.
    pub(crate) windows: Arc<Windows>,
    /// The rows of the hidden states that predict a token, each once.
    pub(crate) rows: Vec<u32>,
    /// Every token that is predicted: the index in `rows` of what predicts it, and the token.
    pub(crate) predictions: Vec<(u32, u32)>,
    /// For each position its titles, and its part of the predictions: one for each node.
    positions: Vec<(Trie, Range<usize>)>,
}

/// A position and its titles.
struct Position {
    /// Its index among the wanted rows.
    index: usize,
    /// Its item in the part of the window that is read.
    item: usize,
    trie: Trie,
    /// Whether its only title is the next of the history, which is read anyway.
    is_next: bool,
}

impl Position {
    /// How many nodes branch off for it.
    fn nodes(&self) -> usize {
        if self.is_next { 0 } else { self.trie.tokens().len() }
    }
}

impl Reading {
    /// What to read.
    ///
    /// # Panics
    /// When a row is not in the windows, or positions do not have equally many items.
    pub(crate) fn new(titles: &Titles, wanted: Wanted<'_>) -> Self {
        let each = wanted.items.len() / wanted.rows.len().max(1);
        assert_eq!(wanted.items.len(), each * wanted.rows.len(), "equally many items at each");
        let mut reading = Self {
            windows: Arc::default(),
            rows: Vec::new(),
            predictions: Vec::new(),
            positions: vec![(Trie::default(), 0..0); wanted.rows.len()],
        };
        let mut windows = Windows::default();
        let mut order: Vec<usize> = (0..wanted.rows.len()).collect();
        order.sort_by_key(|&index| wanted.rows[index]);
        let mut order = order.into_iter().peekable();
        let mut first = 0;
        for &length in &wanted.windows.lengths {
            let items = &wanted.windows.items[first..first + length];
            for part in titles.readable(items).into_iter().rev() {
                let end = first + part.end;
                let mut positions = Vec::new();
                while let Some(index) = order.next_if(|&index| (wanted.rows[index] as usize) < end)
                {
                    let item = wanted.rows[index] as usize - first - part.start;
                    let scored = &wanted.items[index * each..(index + 1) * each];
                    let trie = Trie::new(scored.iter().map(|&item| titles.tokens(item)));
                    let is_next =
                        each == 1 && items[part.clone()].get(item + 1) == Some(&scored[0]);
                    positions.push(Position { index, item, trie, is_next });
                }
                while !positions.is_empty() {
                    let mut nodes = 0;
                    let fits = positions.iter().take_while(|position| {
                        nodes += position.nodes();
                        nodes <= NODES_AT_ONCE
                    });
                    let fits = fits.count().max(1);
                    let later = positions.split_off(fits);
                    reading.read(titles, &items[part.clone()], positions, &mut windows);
                    positions = later;
                }
            }
            first += length;
        }
        assert!(order.next().is_none(), "a position outside of the windows");
        reading.windows = Arc::new(windows);
        reading
    }

    /// Adds a part of a window with some positions.
    fn read(
        &mut self,
        titles: &Titles,
        history: &[u32],
        positions: Vec<Position>,
        windows: &mut Windows,
    ) {
        let start = windows.items.len();
        let mut tokens: Vec<u32> = Vec::new();
        let mut parents: Vec<u32> = Vec::new();
        // The last token of each title of the history.
        let mut ends = Vec::with_capacity(history.len());
        let last = positions.iter().map(|position| position.item + usize::from(position.is_next));
        for &item in &history[..=last.max().unwrap_or(0)] {
            for &token in titles.tokens(item) {
                parents.push((tokens.len() as u32).saturating_sub(1));
                tokens.push(token);
            }
            ends.push(tokens.len() - 1);
        }
        for Position { index, item, trie, is_next } in positions {
            let mut row = vec![0; trie.tokens().len()];
            let mut has_row = vec![false; trie.tokens().len()];
            trie.parents().iter().flatten().for_each(|&node| has_row[node as usize] = true);
            let from = self.predictions.len();
            // The state after the history, and after each node, once something follows it.
            let mut known: Vec<Option<u32>> = vec![None; 1 + trie.tokens().len()];
            for (node, (&token, &parent)) in trie.tokens().iter().zip(trie.parents()).enumerate() {
                let before = parent.map_or(ends[item], |parent| row[parent as usize]);
                let predicts = known[parent.map_or(0, |parent| parent as usize + 1)]
                    .get_or_insert_with(|| {
                        self.rows.push((start + before) as u32);
                        self.rows.len() as u32 - 1
                    });
                self.predictions.push((*predicts, token));
                if is_next {
                    row[node] = before + 1;
                } else if has_row[node] {
                    row[node] = tokens.len();
                    parents.push(before as u32);
                    tokens.push(token);
                }
            }
            self.positions[index] = (trie, from..self.predictions.len());
        }
        windows.push_tree(&tokens, &parents);
    }

    /// What belongs to the nodes of each position, of a number of every prediction.
    pub(crate) fn by_position<'a>(
        &'a self,
        of_predictions: &'a [f32],
    ) -> impl Iterator<Item = &'a [f32]> {
        self.positions.iter().map(|(_, range)| &of_predictions[range.clone()])
    }

    /// The log-probability of every wanted item, `[P, E]`, from that of every prediction.
    pub(crate) fn scores(&self, of_predictions: &[f32]) -> Vec<f32> {
        let sums = |(trie, range): &(Trie, Range<usize>)| trie.sums(&of_predictions[range.clone()]);
        self.positions.iter().flat_map(sums).collect()
    }

    /// The gradient of [`scores`](Self::scores): of every prediction, from that of every item.
    pub(crate) fn spread(&self, of_items: &[f32]) -> Vec<f32> {
        let mut found = vec![0.0; self.predictions.len()];
        let each = of_items.len() / self.positions.len().max(1);
        for ((trie, range), errors) in self.positions.iter().zip(of_items.chunks(each.max(1))) {
            found[range.clone()].copy_from_slice(&trie.spread(errors));
        }
        found
    }
}
