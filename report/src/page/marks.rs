//! Text as authors write it, with marks, and values in it.
//!
//! Marks are `*emphasis*`, `**strong**`, `` `code` ``, `[text](address)`, and `\` before one that is meant as
//! it stands. What comes from data is put in by [`prose!`] where the author wrote `{}`, and is never read
//! for marks.

use crate::page::prose::{Prose, Span, Value};

/// Authored text with values in place of each `{}`; their number is checked when compiling.
macro_rules! prose {
    ($template:literal $(, $value:expr)* $(,)?) => {{
        const {
            let values: &[&str] = &[$(stringify!($value)),*];
            assert!($crate::page::marks::placeholders($template) == values.len());
        }
        $crate::page::marks::filled($template, &[$(&$value),*])
    }};
}
pub(crate) use prose;

/// How often `{}` occurs.
pub(crate) const fn placeholders(template: &str) -> usize {
    let bytes = template.as_bytes();
    let (mut count, mut at) = (0, 1);
    while at < bytes.len() {
        if bytes[at - 1] == b'{' && bytes[at] == b'}' {
            count += 1;
        }
        at += 1;
    }
    count
}

/// What [`prose!`] expands to.
pub(crate) fn filled(template: &str, values: &[&dyn Value]) -> Prose {
    let mut reader = Reader { rest: template, values: values.iter(), prose: Prose::default() };
    reader.read();
    reader.prose
}

/// Authored text on its way to spans.
struct Reader<'a> {
    rest: &'a str,
    values: std::slice::Iter<'a, &'a dyn Value>,
    prose: Prose,
}

impl Reader<'_> {
    fn read(&mut self) {
        let mut style: fn(String) -> Span = Span::Plain;
        let (mut emphasis, mut strong) = (false, false);
        let mut before = ' ';
        while let Some(character) = self.rest.chars().next() {
            let next = self.rest[character.len_utf8()..].chars().next().unwrap_or(' ');
            if self.eat("{}") {
                self.value(style);
            } else if !emphasis && self.eat("**") {
                strong = !strong;
                style = if strong { Span::Strong } else { Span::Plain };
            } else if !strong && character == '*' && opens(emphasis, before, next) {
                self.eat("*");
                emphasis = !emphasis;
                style = if emphasis { Span::Emphasis } else { Span::Plain };
            } else if self.eat("`") {
                let code = self.until("`");
                self.prose.add(Span::Code(code));
            } else if character == '[' && self.rest.contains("](") {
                self.eat("[");
                let text = self.until("](");
                let to = self.until(")");
                self.prose.add(Span::Link { text, to });
            } else {
                self.eat("\\");
                self.character(style);
            }
            before = character;
        }
    }

    fn eat(&mut self, mark: &str) -> bool {
        let rest = self.rest.strip_prefix(mark);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// The text up to a mark, with values filled in.
    fn until(&mut self, mark: &str) -> String {
        let (inside, rest) = self.rest.split_once(mark).unwrap_or((self.rest, ""));
        self.rest = rest;
        let mut pieces = inside.split("{}");
        let mut text = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            text.push_str(
                &self.values.next().map(|value| value.prose().plain()).unwrap_or_default(),
            );
            text.push_str(piece);
        }
        text
    }

    fn character(&mut self, style: fn(String) -> Span) {
        if let Some(character) = self.rest.chars().next() {
            self.rest = &self.rest[character.len_utf8()..];
            self.prose.add(style(character.to_string()));
        }
    }

    /// The next value, whose plain words take the style around them.
    fn value(&mut self, style: fn(String) -> Span) {
        let Some(value) = self.values.next() else {
            return;
        };
        for span in value.prose().spans() {
            self.prose.add(match span {
                Span::Plain(text) => style(text.clone()),
                marked => marked.clone(),
            });
        }
    }
}

/// Whether a star begins or ends emphasis, or is just a star, as in `K*`.
fn opens(emphasis: bool, before: char, next: char) -> bool {
    if emphasis {
        !before.is_whitespace()
    } else {
        !before.is_alphanumeric() && !next.is_whitespace()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Span {
        Span::Plain(text.to_owned())
    }

    #[test]
    fn marks_of_authors_become_spans() {
        let found = prose!("A *b* **c d** `e_f` [g](h.csv): K* and K*, \\*i\\*.");
        let link = Span::Link { text: "g".to_owned(), to: "h.csv".to_owned() };
        assert_eq!(
            found.spans(),
            [
                plain("A "),
                Span::Emphasis("b".to_owned()),
                plain(" "),
                Span::Strong("c d".to_owned()),
                plain(" "),
                Span::Code("e_f".to_owned()),
                plain(" "),
                link,
                plain(": K* and K*, *i*."),
            ]
        );
        assert_eq!(found.plain(), "A b c d e_f g: K* and K*, *i*.");
    }

    #[test]
    fn values_are_not_read_for_marks() {
        let label = "**[x](y)** `z` {}".to_owned();
        let found = prose!("**{}**, K = {}: `{}`", label, 20_usize, "a*b");
        assert_eq!(
            found.spans(),
            [Span::Strong(label), plain(", K = 20: "), Span::Code("a*b".to_owned())]
        );
    }

    #[test]
    fn prose_in_prose_keeps_its_marks() {
        let inner = prose!("see `x`");
        let found = prose!("*not drawn: {}.*", inner);
        let emphasis = |text: &str| Span::Emphasis(text.to_owned());
        assert_eq!(
            found.spans(),
            [emphasis("not drawn: see "), Span::Code("x".to_owned()), emphasis(".")]
        );
    }
}
