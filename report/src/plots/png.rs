//! Writing a scene as PNG through plotters.
//!
//! It is drawn at three times its size and averaged down: plotters' rasteriser smooths straight
//! lines only.

use std::fs;
use std::path::Path;

use plotters::backend::{BitMapBackend, DrawingBackend};
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, Polygon};
use plotters::style::{Color, RGBAColor, RGBColor, WHITE};

use super::palette::Rgb;
use super::scene::{Point, Scene, Shape, Words};
use super::typeface::{LINE_BOX, font, register_fonts, set};
use crate::error::ReportError;

/// How many times larger the PNG is drawn before it is averaged down.
const SAMPLES: usize = 3;

/// Pixels across that a picture has at least, so that it stays sharp on fine screens.
const WIDTH: f64 = 1600.0;

/// Writes the scene as PNG.
pub(crate) fn png(scene: &Scene, path: &Path) -> Result<(), ReportError> {
    let zoom = (WIDTH / scene.width.max(1.0)).ceil().clamp(1.0, 8.0) as usize;
    let small = size(scene, zoom);
    let large = (small.0 * SAMPLES as u32, small.1 * SAMPLES as u32);
    let mut pixels = vec![255; 3 * large.0 as usize * large.1 as usize];
    {
        let area = BitMapBackend::with_buffer(&mut pixels, large).into_drawing_area();
        draw(&area, scene, zoom * SAMPLES).map_err(|message| fail(path, message))?;
    }
    let pixels = average(&pixels, small);
    // Creating the file first tells a folder that cannot be written from a failure to draw.
    fs::write(path, []).map_err(ReportError::write(path))?;
    let mut file = BitMapBackend::new(path, small);
    file.blit_bitmap((0, 0), small, &pixels)
        .and_then(|()| file.present())
        .map_err(|error| fail(path, error.to_string()))
}

fn fail(path: &Path, message: String) -> ReportError {
    ReportError::Plot { path: path.to_owned(), message }
}

fn size(scene: &Scene, scale: usize) -> (u32, u32) {
    let scaled = |length: f64| length.ceil().clamp(1.0, 20_000.0) as u32 * scale as u32;
    (scaled(scene.width), scaled(scene.height))
}

fn average(pixels: &[u8], (width, height): (u32, u32)) -> Vec<u8> {
    let (width, height) = (width as usize, height as usize);
    let row = 3 * width * SAMPLES;
    let samples = (SAMPLES * SAMPLES) as u32;
    let mut small = Vec::with_capacity(3 * width * height);
    for y in 0..height {
        for x in 0..width {
            for channel in 0..3 {
                let mut sum = 0;
                for dy in 0..SAMPLES {
                    let start = (y * SAMPLES + dy) * row + x * SAMPLES * 3 + channel;
                    sum += (0..SAMPLES).map(|dx| u32::from(pixels[start + 3 * dx])).sum::<u32>();
                }
                small.push(((sum + samples / 2) / samples) as u8);
            }
        }
    }
    small
}

type Area<DB> = DrawingArea<DB, Shift>;

fn draw<DB: DrawingBackend>(area: &Area<DB>, scene: &Scene, scale: usize) -> Result<(), String> {
    if !register_fonts() {
        return Err("the embedded font cannot be read".to_owned());
    }
    let factor = scale as f64;
    area.fill(&WHITE).map_err(|error| error.to_string())?;
    for shape in &scene.shapes {
        match shape {
            Shape::Area { points, colour, opacity } => {
                let points: Vec<(i32, i32)> =
                    points.iter().map(|point| pixel(*point, factor)).collect();
                if points.len() > 2 {
                    area.draw(&Polygon::new(points, rgb(*colour).mix(*opacity).filled()))
                        .map_err(|error| error.to_string())?;
                }
            }
            Shape::Disc { centre, radius, colour } => {
                let radius = (radius * factor).round() as u32;
                area.draw(&Circle::new(pixel(*centre, factor), radius, rgb(*colour).filled()))
                    .map_err(|error| error.to_string())?;
            }
            Shape::Line { points, colour, width, dash } => {
                for stroke in strokes(points, *dash) {
                    thick(area, &stroke, *colour, *width, factor)?;
                }
            }
            Shape::Words(line) => raster_words(area, line, factor)?,
            Shape::Hint { .. } | Shape::Open(_) | Shape::Close => {}
        }
    }
    area.present().map_err(|error| error.to_string())
}

fn rgb(colour: Rgb) -> RGBColor {
    RGBColor(colour.0, colour.1, colour.2)
}

fn pixel((x, y): Point, factor: f64) -> (i32, i32) {
    ((x * factor).round() as i32, (y * factor).round() as i32)
}

/// Each segment as a rectangle, with a disc at every inner corner.
fn thick<DB: DrawingBackend>(
    area: &Area<DB>,
    points: &[Point],
    colour: Rgb,
    width: f64,
    factor: f64,
) -> Result<(), String> {
    let half = width * factor / 2.0;
    let style = rgb(colour).filled();
    for (segment, ends) in points.windows(2).enumerate() {
        let [(x0, y0), (x1, y1)] = [ends[0], ends[1]].map(|(x, y)| (x * factor, y * factor));
        let length = (x1 - x0).hypot(y1 - y0);
        if length < 1e-9 {
            continue;
        }
        let (nx, ny) = (-(y1 - y0) / length * half, (x1 - x0) / length * half);
        let corners =
            [(x0 + nx, y0 + ny), (x1 + nx, y1 + ny), (x1 - nx, y1 - ny), (x0 - nx, y0 - ny)];
        let corners: Vec<(i32, i32)> = corners.iter().map(|corner| pixel(*corner, 1.0)).collect();
        area.draw(&Polygon::new(corners, style)).map_err(|error| error.to_string())?;
        if segment > 0 && half >= 2.0 {
            area.draw(&Circle::new(pixel((x0, y0), 1.0), half.round() as u32, style))
                .map_err(|error| error.to_string())?;
        }
    }
    Ok(())
}

/// The drawn pieces of a dashed line, or the line itself.
fn strokes(points: &[Point], dash: Option<(f64, f64)>) -> Vec<Vec<Point>> {
    let Some((on, off)) = dash else {
        return vec![points.to_vec()];
    };
    let mut pieces = Vec::new();
    let mut current: Vec<Point> = points.first().copied().into_iter().collect();
    let (mut drawing, mut left) = (true, on);
    for ends in points.windows(2) {
        let ((mut x, mut y), (x1, y1)) = (ends[0], ends[1]);
        loop {
            let length = (x1 - x).hypot(y1 - y);
            if length <= left || !length.is_finite() {
                left -= length;
                if drawing {
                    current.push((x1, y1));
                }
                break;
            }
            x += (x1 - x) * left / length;
            y += (y1 - y) * left / length;
            if drawing {
                current.push((x, y));
                pieces.push(std::mem::take(&mut current));
            } else {
                current = vec![(x, y)];
            }
            drawing = !drawing;
            left = if drawing { on } else { off };
        }
    }
    if drawing && current.len() > 1 {
        pieces.push(current);
    }
    pieces
}

/// Text as pixels of the embedded font's glyphs.
fn raster_words<DB: DrawingBackend>(
    area: &Area<DB>,
    words: &Words,
    factor: f64,
) -> Result<(), String> {
    let font = font(words.em * factor, words.bold);
    // plotters' glyph rasteriser puts the baseline half the font size below the given point.
    let above = (words.em * factor * LINE_BOX / 2.0) as i32;
    let right = (words.start() * factor).round() as i32;
    let down = (words.baseline() * factor).round() as i32 - above;
    let (x, y) = pixel(words.at, factor);
    let (width, height) = area.dim_in_pixel();
    let RGBColor(red, green, blue) = rgb(words.colour);
    let em = words.em * factor;
    let mut buffer = [0; 4];
    for letter in set(&words.text, words.bold).0 {
        // The rasteriser cuts a glyph at whole pixels, rounding its left edge down.
        let pen = right + (letter.pen * em).round() as i32;
        let start = (pen + (letter.bearing * em).floor() as i32, down);
        let character = letter.character.encode_utf8(&mut buffer);
        let drawn = font.draw(character, start, |dx, dy, cover| {
            let at = if words.upwards { (x + dy, y - dx) } else { (x + dx, y + dy) };
            if at.0 < 0 || at.1 < 0 || at.0 >= width as i32 || at.1 >= height as i32 {
                return Ok(());
            }
            let colour = RGBAColor(red, green, blue, f64::from(cover.clamp(0.0, 1.0)));
            area.draw_pixel(at, &colour).map_err(|error| error.to_string())
        });
        drawn.map_err(|error| error.to_string())??;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_cover_the_right_length() {
        let pieces = strokes(&[(0.0, 0.0), (10.0, 0.0), (10.0, 10.0)], Some((4.0, 2.0)));
        let length: f64 = pieces
            .iter()
            .flat_map(|piece| piece.windows(2))
            .map(|ends| (ends[1].0 - ends[0].0).hypot(ends[1].1 - ends[0].1))
            .sum();
        assert!((length - 14.0).abs() < 1e-9, "{length}");
        assert_eq!(strokes(&[(0.0, 0.0), (1.0, 1.0)], None).len(), 1);
        assert!(strokes(&[], Some((1.0, 1.0))).is_empty());
    }
}
