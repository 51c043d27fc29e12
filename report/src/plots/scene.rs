//! A picture as a list of shapes, before it is written in any format.
//!
//! Coordinates are pixels from the top left corner at the figure's nominal size. Keeping the
//! picture as data lets one drawing serve both formats, and lets tests check that no two texts
//! overlap and none leaves the page.

use super::marker::{Fill, Marker};
use super::palette::Rgb;
use super::typeface::{CAPITAL, set};

/// Position in pixels.
pub(crate) type Point = (f64, f64);

/// Width of a text in pixels.
pub(crate) fn text_width(text: &str, em: f64, bold: bool) -> f64 {
    set(text, bold).1 * em
}

/// Breaks a text into lines that fit a width, at spaces that may break.
pub(crate) fn wrap(text: &str, em: f64, bold: bool, width: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split([' ', '\n']).filter(|word| !word.is_empty()) {
        let longer = lines.last().map(|line| format!("{line} {word}"));
        match longer {
            Some(longer) if text_width(&longer, em, bold) <= width => {
                lines.pop();
                lines.push(longer);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A text whose statements about K are not broken.
pub(crate) fn with_whole_k(text: &str) -> String {
    text.replace("K = ", "K\u{a0}=\u{a0}").replace(" → ", "\u{a0}→\u{a0}")
}

/// Which point of a text's width is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Centre,
    Right,
}

/// Which point of a text's height is given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Height {
    /// The top of the capital letters.
    Top,
    /// Half-way up the capital letters.
    Middle,
}

/// A line of text.
#[derive(Debug, Clone)]
pub(crate) struct Words {
    pub(crate) text: String,
    pub(crate) at: Point,
    pub(crate) side: Side,
    pub(crate) height: Height,
    /// Pixels per em.
    pub(crate) em: f64,
    pub(crate) bold: bool,
    pub(crate) colour: Rgb,
    /// Turned to read from bottom to top, around `at`.
    pub(crate) upwards: bool,
}

impl Words {
    pub(crate) fn new(text: impl Into<String>, at: Point, em: f64) -> Self {
        Self {
            text: text.into(),
            at,
            side: Side::Left,
            height: Height::Middle,
            em,
            bold: false,
            colour: Rgb(0x22, 0x22, 0x22),
            upwards: false,
        }
    }

    pub(crate) fn side(mut self, side: Side) -> Self {
        self.side = side;
        self
    }

    pub(crate) fn height(mut self, height: Height) -> Self {
        self.height = height;
        self
    }

    pub(crate) fn bold(mut self) -> Self {
        self.bold = true;
        self
    }

    pub(crate) fn colour(mut self, colour: Rgb) -> Self {
        self.colour = colour;
        self
    }

    pub(crate) fn upwards(mut self) -> Self {
        self.upwards = true;
        self
    }

    /// Distance from `at` down to the baseline, before turning.
    pub(crate) fn baseline(&self) -> f64 {
        let capital = CAPITAL * self.em;
        match self.height {
            Height::Top => capital,
            Height::Middle => capital / 2.0,
        }
    }

    /// Distance from `at` to the left end of the text, before turning.
    pub(crate) fn start(&self) -> f64 {
        let width = text_width(&self.text, self.em, self.bold);
        match self.side {
            Side::Left => 0.0,
            Side::Centre => -width / 2.0,
            Side::Right => -width,
        }
    }

    /// Left, top, right and bottom of the letters.
    #[cfg(test)]
    pub(crate) fn bounds(&self) -> (f64, f64, f64, f64) {
        let width = text_width(&self.text, self.em, self.bold);
        let (left, right) = (self.start(), self.start() + width);
        let (top, bottom) = (self.baseline() - CAPITAL * self.em, self.baseline() + 0.2 * self.em);
        let (x, y) = self.at;
        if self.upwards {
            (x + top, y - right, x + bottom, y - left)
        } else {
            (x + left, y + top, x + right, y + bottom)
        }
    }
}

/// Anything that can be drawn.
#[derive(Debug, Clone)]
pub(crate) enum Shape {
    /// A filled polygon; `opacity` below 1 lets what lies below shine through.
    Area { points: Vec<Point>, colour: Rgb, opacity: f64 },
    /// An open polygon; `dash` gives the lengths of stroke and gap.
    Line { points: Vec<Point>, colour: Rgb, width: f64, dash: Option<(f64, f64)> },
    /// A disc.
    Disc { centre: Point, radius: f64, colour: Rgb },
    /// A line of text.
    Words(Words),
    /// Nothing to see: what a page says where the pointer is, between two corners.
    Hint { corners: [Point; 2], text: String },
    /// From here to its end: a part of the picture that a reader of the page may hide.
    Open(Part),
    /// The end of what was opened last.
    Close,
}

/// What shapes belong to.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    /// As the legend calls it.
    pub(crate) name: String,
    /// Whether this is the entry of the legend, on which a reader clicks.
    pub(crate) is_entry: bool,
}

/// A picture.
#[derive(Debug, Clone)]
pub(crate) struct Scene {
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) shapes: Vec<Shape>,
}

impl Scene {
    pub(crate) fn new(width: f64) -> Self {
        Self { width, height: 0.0, shapes: Vec::new() }
    }

    pub(crate) fn words(&mut self, words: Words) {
        if !words.text.is_empty() {
            self.shapes.push(Shape::Words(words));
        }
    }

    pub(crate) fn line(&mut self, points: Vec<Point>, colour: Rgb, width: f64) {
        self.shapes.push(Shape::Line { points, colour, width, dash: None });
    }

    pub(crate) fn dashed(
        &mut self,
        points: Vec<Point>,
        colour: Rgb,
        width: f64,
        dash: Option<(f64, f64)>,
    ) {
        self.shapes.push(Shape::Line { points, colour, width, dash });
    }

    pub(crate) fn area(&mut self, points: Vec<Point>, colour: Rgb, opacity: f64) {
        self.shapes.push(Shape::Area { points, colour, opacity });
    }

    /// A marker with a white rim, so that markers that overlap stay apart.
    pub(crate) fn marker(&mut self, marker: Marker, at: Point, radius: f64, colour: Rgb) {
        let white = Rgb(255, 255, 255);
        let rim = [(1.3 * radius, white), (radius, colour)];
        let inside: &[(f64, Rgb)] = match marker.fill {
            Fill::Full => &[],
            Fill::Open => &[(0.55 * radius, white)],
            Fill::Dotted => &[(0.7 * radius, white), (0.4 * radius, colour)],
        };
        for (radius, colour) in rim.iter().chain(inside) {
            match marker.form.outline(at, *radius) {
                Some(points) => self.area(points, *colour, 1.0),
                None => {
                    let (radius, colour) = (*radius, *colour);
                    self.shapes.push(Shape::Disc { centre: at, radius, colour });
                }
            }
        }
    }

    /// What a page says where the pointer is, between the left top and the right bottom.
    pub(crate) fn hint(&mut self, corners: [Point; 2], text: impl Into<String>) {
        self.shapes.push(Shape::Hint { corners, text: text.into() });
    }

    /// What a click on the entry `name` of the legend hides.
    pub(crate) fn part(&mut self, name: &str, draw: impl FnOnce(&mut Self)) {
        self.group(name, false, draw);
    }

    /// The entry `name` of the legend.
    pub(crate) fn entry(&mut self, name: &str, draw: impl FnOnce(&mut Self)) {
        self.group(name, true, draw);
    }

    fn group(&mut self, name: &str, is_entry: bool, draw: impl FnOnce(&mut Self)) {
        self.shapes.push(Shape::Open(Part { name: name.to_owned(), is_entry }));
        draw(self);
        self.shapes.push(Shape::Close);
    }

    /// A ring: where a curve starts.
    pub(crate) fn ring(&mut self, at: Point, radius: f64, colour: Rgb) {
        let white = Rgb(255, 255, 255);
        self.shapes.push(Shape::Disc { centre: at, radius, colour });
        self.shapes.push(Shape::Disc { centre: at, radius: radius - 3.0, colour: white });
    }
}
