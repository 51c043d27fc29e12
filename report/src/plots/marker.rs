//! The markers of points: they tell series apart without colour.

/// Shape of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Disc,
    Square,
    Up,
    Down,
    Diamond,
    Cross,
    Star,
}

/// What is inside the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fill {
    /// The colour.
    Full,
    /// White.
    Open,
    /// White, with a smaller form of the colour inside.
    Dotted,
}

/// A point of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Marker {
    pub(crate) form: Form,
    pub(crate) fill: Fill,
}

impl Form {
    /// Corners of the form, or none for a disc.
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
