//! The text that stands for each item.

use std::collections::HashSet;

use crate::dataset::Dataset;

/// A text for every item; no two are the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemNames {
    /// Shape `[n_items]`: the title, the id of an item without one. Of items with the same title all but
    /// the first have a counter behind it, as in `Chasing Amy (1997) #2`.
    pub texts: Vec<String>,
    /// Items without a title.
    pub untitled: usize,
    /// Items with a counter.
    pub repeated: usize,
}

/// The names of a dataset's items; None where its source has no titles.
#[must_use]
pub fn item_names(dataset: &Dataset) -> Option<ItemNames> {
    let titles = dataset.item_titles.as_ref()?;
    let untitled = titles.iter().filter(|title| title.is_none()).count();
    let texts =
        titles.iter().zip(&dataset.item_ids).map(|(title, id)| title.as_ref().unwrap_or(id));
    let mut names = ItemNames { texts: Vec::with_capacity(titles.len()), untitled, repeated: 0 };
    // A title may look like another with a counter, so that all are kept free.
    let whole: HashSet<&String> = texts.clone().collect();
    let mut taken: HashSet<String> = HashSet::new();
    for text in texts {
        let name = if taken.contains(text) {
            names.repeated += 1;
            let numbered = (2..).map(|number| format!("{text} #{number}"));
            let mut free = numbered.filter(|name| !taken.contains(name) && !whole.contains(name));
            free.next().expect("there are fewer names than numbers")
        } else {
            text.clone()
        };
        taken.insert(name.clone());
        names.texts.push(name);
    }
    Some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(titles: &[Option<&str>]) -> Option<ItemNames> {
        item_names(&Dataset {
            n_items: titles.len(),
            item_ids: (0..titles.len()).map(|item| item.to_string()).collect(),
            item_titles: Some(titles.iter().map(|title| title.map(str::to_owned)).collect()),
            ..Dataset::default()
        })
    }

    #[test]
    fn items_without_a_title_go_by_their_id() {
        let found = names(&[Some("a"), None, Some("b")]).unwrap();
        assert_eq!(found.texts, ["a", "1", "b"]);
        assert_eq!((found.untitled, found.repeated), (1, 0));
        assert_eq!(item_names(&Dataset::default()), None);
    }

    #[test]
    fn items_of_one_title_are_counted() {
        let found = names(&[Some("a"), Some("a"), Some("a #2"), Some("a"), None, Some("4")]);
        let found = found.unwrap();
        assert_eq!(found.texts, ["a", "a #3", "a #2", "a #4", "4", "4 #2"]);
        assert_eq!((found.untitled, found.repeated), (1, 3));
    }
}
