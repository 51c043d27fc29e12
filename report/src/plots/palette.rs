//! The colours of the figures.
//!
//! Those of losses are Okabe and Ito's, "Color Universal Design" (2008), which stay apart for the
//! common kinds of colour blindness.

/// A colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rgb(pub(crate) u8, pub(crate) u8, pub(crate) u8);

impl Rgb {
    /// The colour mixed with white: 0 leaves it, 1 is white.
    pub(crate) fn lighter(self, share: f64) -> Self {
        self.towards(Self(255, 255, 255), share)
    }

    /// What has the place of the colour on a dark page: greys change ends, other colours get as light
    /// as it takes to be seen.
    pub(crate) fn on_dark(self) -> Self {
        if self.0 == self.1 && self.1 == self.2 {
            let share = f64::from(255 - self.0) / 255.0;
            return DARK_PAGE.towards(DARK_INK, share);
        }
        let steps = (0..=20).map(|step| self.lighter(f64::from(step) / 20.0));
        let mut seen = steps.filter(|colour| colour.contrast(DARK_PAGE) >= READABLE);
        seen.next().unwrap_or(DARK_INK)
    }

    /// Contrast of two colours, 1 to 21 (Web Content Accessibility Guidelines 2.2).
    fn contrast(self, other: Self) -> f64 {
        let [one, other] = [self, other].map(Self::luminance);
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    /// Relative luminance, 0 to 1, of the same guidelines.
    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }

    fn towards(self, other: Self, share: f64) -> Self {
        let mix = |from: u8, to: u8| {
            (f64::from(from) + (f64::from(to) - f64::from(from)) * share.clamp(0.0, 1.0)).round()
                as u8
        };
        Self(mix(self.0, other.0), mix(self.1, other.1), mix(self.2, other.2))
    }
}

/// The page and its text in the dark theme of `page.css`.
const DARK_PAGE: Rgb = Rgb(0x14, 0x17, 0x1b);
const DARK_INK: Rgb = Rgb(0xe4, 0xe7, 0xeb);
/// The contrast that the same guidelines ask of text.
const READABLE: f64 = 4.5;

pub(crate) const WHITE: Rgb = Rgb(0xff, 0xff, 0xff);
pub(crate) const INK: Rgb = Rgb(0x22, 0x22, 0x22);
pub(crate) const GREY: Rgb = Rgb(0x55, 0x55, 0x55);
pub(crate) const GRID: Rgb = Rgb(0xe4, 0xe4, 0xe4);
/// The band of the margin, and cells without a significant effect.
pub(crate) const BAND: Rgb = Rgb(0xe6, 0xe6, 0xe6);

pub(crate) const BLUE: Rgb = Rgb(0x00, 0x72, 0xb2);
pub(crate) const GREEN: Rgb = Rgb(0x00, 0x9e, 0x73);
pub(crate) const VERMILLION: Rgb = Rgb(0xd5, 0x5e, 0x00);
pub(crate) const PURPLE: Rgb = Rgb(0xcc, 0x79, 0xa7);
pub(crate) const ORANGE: Rgb = Rgb(0xe6, 0x9f, 0x00);
pub(crate) const SKY: Rgb = Rgb(0x56, 0xb4, 0xe9);
pub(crate) const BLACK: Rgb = Rgb(0x00, 0x00, 0x00);
pub(crate) const OLIVE: Rgb = Rgb(0x8c, 0x7a, 0x00);
pub(crate) const BROWN: Rgb = Rgb(0x7a, 0x3b, 0x00);
pub(crate) const INDIGO: Rgb = Rgb(0x4b, 0x00, 0x82);

/// Light to dark for few to many: the viridis map without its palest end.
pub(crate) fn sequential(position: usize, of: usize) -> Rgb {
    const STOPS: [Rgb; 5] = [
        Rgb(0xb8, 0xd4, 0x2c),
        Rgb(0x35, 0xb7, 0x79),
        Rgb(0x21, 0x90, 0x8c),
        Rgb(0x31, 0x68, 0x8e),
        Rgb(0x44, 0x01, 0x54),
    ];
    let share = if of > 1 { position as f64 / (of - 1) as f64 } else { 1.0 };
    let scaled = share.clamp(0.0, 1.0) * (STOPS.len() - 1) as f64;
    let stop = (scaled.floor() as usize).min(STOPS.len() - 2);
    STOPS[stop].towards(STOPS[stop + 1], scaled - stop as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_of_a_line_is_seen_on_a_dark_page() {
        let black_on_white = BLACK.contrast(WHITE);
        assert!((black_on_white - 21.0).abs() < 1e-9, "{black_on_white}");
        let lines = [BLUE, GREEN, VERMILLION, PURPLE, ORANGE, SKY, BLACK, OLIVE, BROWN, INDIGO];
        for colour in lines.into_iter().chain([INK, GREY, sequential(4, 5)]) {
            let contrast = colour.on_dark().contrast(DARK_PAGE);
            assert!(contrast >= READABLE, "{colour:?}: {contrast}");
        }
        assert_eq!(WHITE.on_dark(), DARK_PAGE, "paper stays paper");
        assert_eq!(ORANGE.on_dark(), ORANGE, "what is light enough stays");
    }
}
