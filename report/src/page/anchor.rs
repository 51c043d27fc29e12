//! One anchor per heading of a page.

use std::collections::BTreeSet;

use crate::page::block::Block;

/// Gives headings of one text a number each, as GitHub does, so that every anchor is used once.
pub(crate) fn set_apart(blocks: &mut [Block]) {
    let mut taken = BTreeSet::new();
    for block in blocks {
        if let Block::Heading(heading) | Block::Section { heading, .. } = block {
            let plain = heading.anchor.clone();
            let mut number = 0;
            while heading.anchor.is_empty() || !taken.insert(heading.anchor.clone()) {
                number += 1;
                heading.anchor = format!("{plain}-{number}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_have_anchors_of_their_own() {
        let mut blocks = ["A b!", "Cost", "Cost", "*", "*"].map(|text| Block::heading(2, text));
        set_apart(&mut blocks);
        let anchors = blocks.iter().map(|block| match block {
            Block::Heading(heading) => heading.anchor.as_str(),
            other => panic!("{other:?}"),
        });
        assert_eq!(anchors.collect::<Vec<_>>(), ["a-b", "cost", "cost-1", "-1", "-2"]);
    }
}
