//! Words with emphasis, code and links, apart from how any format marks them.
//!
//! What authors write carries marks: `*emphasis*`, `**strong**`, `` `code` ``, `[text](address)`, and `\`
//! before a mark that is meant as it stands. What comes from data is put in by [`prose!`] where the
//! author wrote `{}`, and is never read for marks.

/// Words of one style.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Span {
    Plain(String),
    Emphasis(String),
    Strong(String),
    Code(String),
    Link { text: String, to: String },
}

impl Span {
    /// The words without their style.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Plain(text)
            | Self::Emphasis(text)
            | Self::Strong(text)
            | Self::Code(text)
            | Self::Link { text, .. } => text,
        }
    }
}

/// A paragraph, or a part of one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Prose {
    spans: Vec<Span>,
}

/// Authored text with values in place of each `{}`; their number is checked when compiling.
macro_rules! prose {
    ($template:literal $(, $value:expr)* $(,)?) => {{
        const {
            let values: &[&str] = &[$(stringify!($value)),*];
            assert!($crate::page::prose::placeholders($template) == values.len());
        }
        $crate::page::prose::Prose::filled($template, &[$(&$value),*])
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

/// Something that can stand in a text.
pub(crate) trait Value {
    /// It as words; data are plain.
    fn prose(&self) -> Prose;
}

impl Value for Prose {
    fn prose(&self) -> Prose {
        self.clone()
    }
}

impl<T: Value + ?Sized> Value for &T {
    fn prose(&self) -> Prose {
        (*self).prose()
    }
}

macro_rules! plain_values {
    ($($kind:ty),+) => {
        $(impl Value for $kind {
            fn prose(&self) -> Prose {
                Prose::from(self.to_string())
            }
        })+
    };
}

plain_values!(str, String, usize, u32, u64, f64);

impl<T: Into<String>> From<T> for Prose {
    fn from(text: T) -> Self {
        let mut prose = Self::default();
        prose.add(Span::Plain(text.into()));
        prose
    }
}

impl Prose {
    /// One span of code.
    pub(crate) fn code(text: impl Into<String>) -> Self {
        Self { spans: vec![Span::Code(text.into())] }
    }

    /// What [`prose!`] expands to.
    pub(crate) fn filled(template: &str, values: &[&dyn Value]) -> Self {
        let mut reader = Reader { rest: template, values: values.iter(), prose: Self::default() };
        reader.read();
        reader.prose
    }

    pub(crate) fn spans(&self) -> &[Span] {
        &self.spans
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The words without any style.
    pub(crate) fn plain(&self) -> String {
        self.spans.iter().map(Span::text).collect()
    }

    /// More words, right after these.
    pub(crate) fn push(&mut self, more: impl Into<Self>) {
        for span in more.into().spans {
            self.add(span);
        }
    }

    /// Parts with `separator` between them.
    pub(crate) fn join(parts: impl IntoIterator<Item = Self>, separator: &str) -> Self {
        let mut joined = Self::default();
        for part in parts {
            if !joined.is_empty() {
                joined.push(separator);
            }
            joined.push(part);
        }
        joined
    }

    /// `a`, `a and b`, `a, b and c`; none for an empty list.
    pub(crate) fn list(parts: impl IntoIterator<Item = impl Into<Self>>) -> Option<Self> {
        let mut parts: Vec<Self> = parts.into_iter().map(Into::into).collect();
        let last = parts.pop()?;
        if parts.is_empty() {
            return Some(last);
        }
        let mut list = Self::join(parts, ", ");
        list.push(" and ");
        list.push(last);
        Some(list)
    }

    /// Adds a span; neighbours of one style become one.
    fn add(&mut self, span: Span) {
        if span.text().is_empty() {
            return;
        }
        match (self.spans.last_mut(), &span) {
            (Some(Span::Plain(known)), Span::Plain(more))
            | (Some(Span::Emphasis(known)), Span::Emphasis(more))
            | (Some(Span::Strong(known)), Span::Strong(more)) => known.push_str(more),
            _ => self.spans.push(span),
        }
    }
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
        for span in value.prose().spans {
            self.prose.add(match span {
                Span::Plain(text) => style(text),
                marked => marked,
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

    #[test]
    fn lists_are_spoken() {
        let list = |words: &[&str]| Prose::list(words.iter().copied()).map(|list| list.plain());
        assert_eq!(list(&[]), None);
        assert_eq!(list(&["a"]).as_deref(), Some("a"));
        assert_eq!(list(&["a", "b", "c"]).as_deref(), Some("a, b and c"));
    }
}
