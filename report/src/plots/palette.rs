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

    fn towards(self, other: Self, share: f64) -> Self {
        let mix = |from: u8, to: u8| {
            (f64::from(from) + (f64::from(to) - f64::from(from)) * share.clamp(0.0, 1.0)).round()
                as u8
        };
        Self(mix(self.0, other.0), mix(self.1, other.1), mix(self.2, other.2))
    }
}

pub(crate) const GREY: Rgb = Rgb(0x55, 0x55, 0x55);
pub(crate) const GRID: Rgb = Rgb(0xe4, 0xe4, 0xe4);

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
