//! One colour and one marker per loss, the same in every figure.
//!
//! The colours are those of Okabe and Ito, "Color Universal Design" (2008), which stay apart for
//! the common kinds of colour blindness; the markers repeat the distinction without colour.

use crate::sweep::without_settings;

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
const GREEN: Rgb = Rgb(0x00, 0x9e, 0x73);
const VERMILLION: Rgb = Rgb(0xd5, 0x5e, 0x00);
const PURPLE: Rgb = Rgb(0xcc, 0x79, 0xa7);
const ORANGE: Rgb = Rgb(0xe6, 0x9f, 0x00);
const SKY: Rgb = Rgb(0x56, 0xb4, 0xe9);
const BLACK: Rgb = Rgb(0x00, 0x00, 0x00);

/// Shape of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Marker {
    Disc,
    Square,
    Up,
    Down,
    Diamond,
    Cross,
    Star,
}

impl Marker {
    /// Corners of the marker, or none for a disc.
    pub(crate) fn outline(self, (x, y): (f64, f64), radius: f64) -> Option<Vec<(f64, f64)>> {
        let polygon = |corners: usize, turn: f64, size: f64| {
            let step = std::f64::consts::TAU / corners as f64;
            (0..corners)
                .map(|corner| {
                    let angle = turn.to_radians() + step * corner as f64;
                    (x + radius * size * angle.cos(), y + radius * size * angle.sin())
                })
                .collect()
        };
        match self {
            Self::Disc => None,
            Self::Square => Some(polygon(4, 45.0, 1.25)),
            Self::Up => Some(polygon(3, -90.0, 1.3)),
            Self::Down => Some(polygon(3, 90.0, 1.3)),
            Self::Diamond => Some(polygon(4, 0.0, 1.3)),
            Self::Cross => {
                let (long, short) = (radius * 1.15, radius * 0.42);
                let corners = [
                    (-short, -long),
                    (short, -long),
                    (short, -short),
                    (long, -short),
                    (long, short),
                    (short, short),
                    (short, long),
                    (-short, long),
                    (-short, short),
                    (-long, short),
                    (-long, -short),
                    (-short, -short),
                ];
                Some(corners.iter().map(|(dx, dy)| (x + dx, y + dy)).collect())
            }
            Self::Star => {
                let points = 5;
                let step = std::f64::consts::PI / f64::from(points);
                Some(
                    (0..2 * points)
                        .map(|corner| {
                            let size = if corner % 2 == 0 { 1.35 } else { 0.6 };
                            let angle = -std::f64::consts::FRAC_PI_2 + step * f64::from(corner);
                            (x + radius * size * angle.cos(), y + radius * size * angle.sin())
                        })
                        .collect(),
                )
            }
        }
    }
}

/// How one series looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Look {
    pub(crate) colour: Rgb,
    pub(crate) marker: Marker,
    /// Lengths of stroke and gap; none for a solid line.
    pub(crate) dash: Option<(f64, f64)>,
}

/// The look of a loss. Variants of one loss share colour and marker and differ in the dashes, those
/// with settings of their own, as `dynamic_po(dmpo, c=1)`, also in colour and marker.
pub(crate) fn look(loss: &str, variant: usize) -> Look {
    let plain = without_settings(loss);
    let (colour, marker) = match plain.as_str() {
        _ if plain != loss && variant > 0 => {
            let place = variant - 1;
            (OTHERS[place % OTHERS.len()], MARKERS[place % MARKERS.len()])
        }
        "dpo" => (BLUE, Marker::Disc),
        "s_dpo" => (GREEN, Marker::Square),
        "dmpo" => (VERMILLION, Marker::Up),
        "ro_dpo" => (PURPLE, Marker::Diamond),
        "dynamic_po(dmpo)" => (ORANGE, Marker::Down),
        "dynamic_po(s_dpo)" => (SKY, Marker::Cross),
        other => unlisted(other),
    };
    let dash = match variant % 6 {
        0 => None,
        1 => Some((14.0, 7.0)),
        2 => Some((4.0, 6.0)),
        3 => Some((22.0, 5.0)),
        4 => Some((3.0, 14.0)),
        _ => Some((8.0, 16.0)),
    };
    Look { colour, marker, dash }
}

/// Colours and markers of what has none of its own.
const OTHERS: [Rgb; 4] =
    [BLACK, Rgb(0x8c, 0x7a, 0x00), Rgb(0x7a, 0x3b, 0x00), Rgb(0x4b, 0x00, 0x82)];
const MARKERS: [Marker; 5] =
    [Marker::Star, Marker::Diamond, Marker::Square, Marker::Disc, Marker::Cross];

/// A look that depends on nothing but the name, for losses added later.
fn unlisted(loss: &str) -> (Rgb, Marker) {
    let hash = loss
        .bytes()
        .fold(7usize, |hash, byte| hash.wrapping_mul(31).wrapping_add(usize::from(byte)));
    (OTHERS[hash % OTHERS.len()], MARKERS[hash / 7 % MARKERS.len()])
}

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
    fn variants_with_settings_of_their_own_look_apart() {
        let losses = ["dynamic_po(dmpo)", "dynamic_po(dmpo, c=1)", "dynamic_po(dmpo, c=4)"];
        let more = ["dynamic_po(dmpo, all negatives)", "dynamic_po(dmpo, fixed margin)"];
        let all = losses.into_iter().chain(more).enumerate();
        let looks: Vec<Look> = all.map(|(variant, loss)| look(loss, variant)).collect();
        for (place, one) in looks.iter().enumerate() {
            let apart = |other: &Look| (one.colour, one.marker) != (other.colour, other.marker);
            assert!(looks[..place].iter().all(|other| apart(other) && one.colour != other.colour));
        }
        assert_eq!(look("dynamic_po(dmpo, c=1)", 0).colour, ORANGE);
    }
}
