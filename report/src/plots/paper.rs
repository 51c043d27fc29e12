//! How wide a figure is and how large its text is, for each place where it is shown.

/// Points of a millimetre in print.
const POINTS: f64 = 72.0 / 25.4;

/// A width and the size of text, in pixels on a screen and in points in print.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Paper {
    pub(crate) width: f64,
    /// Per em.
    pub(crate) text: f64,
}

impl Paper {
    /// A page on a wide screen.
    pub(crate) const SCREEN: Self = Self { width: 960.0, text: 13.0 };
    /// A page on a telephone.
    pub(crate) const PHONE: Self = Self { width: 340.0, text: 11.0 };
    /// A column of a two-column article, 85 mm.
    pub(crate) const COLUMN: Self = Self { width: 85.0 * POINTS, text: 8.0 };
    /// Both columns, 178 mm.
    pub(crate) const PAGE: Self = Self { width: 178.0 * POINTS, text: 8.0 };

    /// Whether there is room for numbers beside a picture.
    pub(crate) fn is_wide(self) -> bool {
        self.width > 55.0 * self.text
    }

    /// Distance kept from the edges.
    pub(crate) fn margin(self) -> f64 {
        0.5 * self.text
    }

    /// Width of a thin line.
    pub(crate) fn hair(self) -> f64 {
        0.08 * self.text
    }
}

/// How wide a figure for a paper is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaperWidth {
    /// A column of a two-column article, 85 mm.
    Column,
    /// Both columns, 178 mm.
    Page,
}

impl PaperWidth {
    /// In names of files.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Column => "column",
            Self::Page => "page",
        }
    }

    pub(crate) fn paper(self) -> Paper {
        match self {
            Self::Column => Paper::COLUMN,
            Self::Page => Paper::PAGE,
        }
    }
}
