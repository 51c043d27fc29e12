//! One value of a table, whatever the file's format.

use std::borrow::Cow;

use prefsweep_datasets::start_of;

use super::limits::MOST_EXACT;

/// What stands in a row of a column.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Field<'a> {
    /// Nothing.
    Empty,
    /// A text; of a CSV file every value is one.
    Text(Cow<'a, str>),
    /// A whole number from 0.
    Whole(u64),
    /// Any number.
    Number(f64),
    /// Several numbers.
    List(Vec<f64>),
}

impl<'a> Field<'a> {
    /// Of a CSV file. An empty field and `nan`, which pandas writes for a missing number, are nothing.
    pub(super) fn of_text(text: &'a str) -> Self {
        let text = text.trim();
        match text.is_empty() || text.eq_ignore_ascii_case("nan") {
            true => Self::Empty,
            false => Self::Text(text.into()),
        }
    }

    /// A number; one that is none is nothing.
    pub(super) fn of_number(number: f64) -> Self {
        if number.is_nan() { Self::Empty } else { Self::Number(number) }
    }

    /// A whole number; one below 0 is a text, as in CSV, and keeps all its digits.
    pub(super) fn of_signed(number: i64) -> Self {
        u64::try_from(number).map_or_else(|_| Self::Text(number.to_string().into()), Self::Whole)
    }

    /// As it is shown in messages.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Empty => "nothing".into(),
            Self::Text(text) => format!("`{}`", start_of(text)),
            Self::Whole(number) => format!("`{number}`"),
            Self::Number(number) => format!("`{number}`"),
            Self::List(_) => "a list".into(),
        }
    }

    /// As a text; None for nothing and for a list.
    pub(super) fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Whole(number) => Some(number.to_string().into()),
            Self::Number(number) => Some(number.to_string().into()),
            Self::Empty | Self::List(_) => None,
        }
    }

    /// As a whole number from 0; `20.0` is one, since a column with gaps has fractions in pandas.
    pub(super) fn whole(&self) -> Option<u64> {
        let of_number = |number: f64| {
            let is_whole = number.fract() == 0.0 && (0.0..MOST_EXACT).contains(&number);
            is_whole.then_some(number as u64)
        };
        match self {
            Self::Whole(number) => Some(*number),
            Self::Number(number) => of_number(*number),
            Self::Text(text) => text.parse().ok().or_else(|| text.parse().ok().and_then(of_number)),
            Self::Empty | Self::List(_) => None,
        }
    }

    /// As a finite number.
    pub(super) fn number(&self) -> Option<f64> {
        let number = match self {
            Self::Whole(number) => Some(*number as f64),
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.parse().ok(),
            Self::Empty | Self::List(_) => None,
        };
        number.filter(|number| number.is_finite())
    }

    /// As several numbers: a list, or a text with blanks, commas or semicolons between them, brackets around it or not.
    pub(super) fn numbers(&self) -> Option<Vec<f64>> {
        match self {
            Self::List(numbers) => Some(numbers.clone()),
            Self::Text(text) => {
                let inside = text.trim_matches(['[', ']', '(', ')']);
                let parts = inside.split([' ', ',', ';', '\n']).filter(|part| !part.is_empty());
                parts.map(|part| part.parse().ok()).collect()
            }
            Self::Empty | Self::Whole(_) | Self::Number(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_pandas_writes_them() {
        let of = Field::of_text;
        assert_eq!(
            (of(" 20.0 ").whole(), of("20.5").whole(), of("-1").whole()),
            (Some(20), None, None)
        );
        assert_eq!(of("18446744073709551615").whole(), Some(u64::MAX), "no seed loses digits");
        assert_eq!(
            (of(""), of("NaN"), Field::of_number(f64::NAN)),
            (Field::Empty, Field::Empty, Field::Empty)
        );
        assert_eq!(of("1e-3").number(), Some(0.001));
        assert_eq!(Field::of_number(5.0).text().as_deref(), Some("5"));
        assert_eq!(Field::of_signed(5), Field::Whole(5));
        assert_eq!(Field::of_signed(i64::MIN), of("-9223372036854775808"));
        assert_eq!(of("inf").number(), None);
        for list in ["[0.5, -1, 2]", "0.5 -1 2", "0.5;-1;2", "[ 0.5 -1.\n 2. ]"] {
            assert_eq!(of(list).numbers(), Some(vec![0.5, -1.0, 2.0]), "{list}");
        }
        assert_eq!(of("0.5 x").numbers(), None);
    }

    #[test]
    fn a_long_text_is_shown_in_part() {
        let shown = |length| Field::Text("é".repeat(length).into()).shown();
        assert_eq!(shown(60), format!("`{}`", "é".repeat(60)));
        assert_eq!(shown(9000), format!("`{}…`", "é".repeat(60)));
    }
}
