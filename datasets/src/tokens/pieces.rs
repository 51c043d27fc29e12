//! The pieces of a title that tokens never cross: words with the space before them, single signs, and
//! the year that ends a film's title.

/// Splits a text; its pieces side by side are the text.
pub(super) fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (piece, after) = rest.split_at(first(rest));
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

/// The length in bytes of the first piece; 0 for an empty text alone.
fn first(text: &str) -> usize {
    let body = text.strip_prefix(' ').unwrap_or(text);
    let space = text.len() - body.len();
    let word = body.find(|c: char| !c.is_alphanumeric()).unwrap_or(body.len());
    let length = match body.chars().next() {
        _ if is_year(body) => YEAR,
        _ if word > 0 => word,
        // Of several spaces each is a piece.
        Some(' ') | None => 0,
        Some(sign) => sign.len_utf8(),
    };
    space + length
}

/// Bytes of `(1995)`.
const YEAR: usize = 6;

fn is_year(text: &str) -> bool {
    let Some(start) = text.as_bytes().get(..YEAR) else { return false };
    start[0] == b'(' && start[1..5].iter().all(u8::is_ascii_digit) && start[5] == b')'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn by_hand() {
        let split = |text| pieces(text).collect::<Vec<_>>();
        assert_eq!(split("Toy Story (1995)"), ["Toy", " Story", " (1995)"]);
        assert_eq!(split("Birds, The (19)"), ["Birds", ",", " The", " (", "19", ")"]);
        assert_eq!(split(":wumpscut:"), [":", "wumpscut", ":"]);
        assert_eq!(split("a  b "), ["a", " ", " b", " "]);
        assert_eq!(split("Misérables"), ["Misérables"]);
        assert_eq!(split(""), [""; 0]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost(text in "\\PC*", spaced in "[a ()1é:]*") {
            for text in [text, spaced] {
                prop_assert_eq!(pieces(&text).collect::<String>(), text);
            }
        }
    }
}
