//! Words with emphasis, code and links, apart from how any format marks them.

use crate::numbers::signed;

/// Words of one style.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Span {
    Plain(String),
    Emphasis(String),
    Strong(String),
    Code(String),
    Link {
        text: String,
        to: String,
    },
    /// Words with a share of some sum, in hundredths: by a colour, where a format has colours.
    Share {
        text: String,
        hundredths: i64,
    },
}

impl Span {
    /// The words without their style.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Plain(text)
            | Self::Emphasis(text)
            | Self::Strong(text)
            | Self::Code(text)
            | Self::Link { text, .. }
            | Self::Share { text, .. } => text,
        }
    }
}

/// A paragraph, or a part of one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Prose {
    spans: Vec<Span>,
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

    /// Words with their share of some sum.
    pub(crate) fn push_share(&mut self, words: &str, share: f64) {
        let hundredths = (share * 100.0).round() as i64;
        let text = words.trim_start();
        self.push(&words[..words.len() - text.len()]);
        self.add(Span::Share { text: text.to_owned(), hundredths });
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
    pub(super) fn add(&mut self, span: Span) {
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

/// A share of some sum with its sign, from hundredths.
pub(super) fn share(hundredths: i64) -> String {
    signed(hundredths as f64 / 100.0, |value| format!("{value:.2}").replace('-', "−"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_spoken() {
        let list = |words: &[&str]| Prose::list(words.iter().copied()).map(|list| list.plain());
        assert_eq!(list(&[]), None);
        assert_eq!(list(&["a"]).as_deref(), Some("a"));
        assert_eq!(list(&["a", "b", "c"]).as_deref(), Some("a, b and c"));
    }
}
