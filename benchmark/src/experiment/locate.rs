//! Where a dotted key stands in a YAML text.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

/// A YAML node reduced to the places of its keys.
enum Node {
    Map(BTreeMap<String, Spanned<Node>>),
    List(Vec<Spanned<Node>>),
    Other,
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any YAML")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut map = BTreeMap::new();
        while let Some((key, value)) = access.next_entry()? {
            map.insert(key, value);
        }
        Ok(Node::Map(map))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = access.next_element()? {
            list.push(element);
        }
        Ok(Node::List(list))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Other)
    }
}

/// Line and column (from 1) of the value of `key`, or of its nearest ancestor that is in the
/// text: a setting left at its default has no line of its own.
pub(super) fn locate(yaml: &str, key: &str) -> Option<(u64, u64)> {
    let mut node: Node = serde_saphyr::from_str(yaml).ok()?;
    let mut place = None;
    // `runs[2].step` is `step` of the third of `runs`.
    for part in key.split(['.', '[']) {
        let next = match node {
            Node::Map(mut map) => map.remove(part),
            Node::List(list) => {
                let at: Option<usize> = part.strip_suffix(']').and_then(|at| at.parse().ok());
                at.and_then(|at| list.into_iter().nth(at))
            }
            Node::Other => None,
        };
        let Some(next) = next else { break };
        place = Some((next.referenced.line(), next.referenced.column()));
        node = next.value;
    }
    place
}

#[cfg(test)]
mod tests {
    use super::locate;

    #[test]
    fn finds_nested_keys_and_falls_back_to_the_parent() {
        let yaml = "a: 1\nb:\n  c: [1, 2]\n  d: x\n";
        assert_eq!(locate(yaml, "a"), Some((1, 4)));
        assert_eq!(locate(yaml, "b.d"), Some((4, 6)));
        assert_eq!(
            locate(yaml, "b.missing").map(|place| place.0),
            locate(yaml, "b").map(|place| place.0)
        );
        assert_eq!(locate(yaml, "b.c[1]"), Some((3, 10)));
        assert_eq!(locate(yaml, "b.c[7]"), locate(yaml, "b.c"));
        assert_eq!(locate(yaml, "zzz"), None);
    }
}
