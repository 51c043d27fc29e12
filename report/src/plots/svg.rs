//! Writing a scene as SVG: as a file, or as an element of a page whose colours follow its theme.

use std::fmt::Write;

use super::palette::Rgb;
use super::scene::{Point, Scene, Shape, Side, Words};
use super::typeface::FAMILY;
use crate::escape::html_escape;

/// A whole file, on white.
pub(crate) fn file(scene: &Scene) -> String {
    let (width, height) = (number(scene.width), number(scene.height));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"{FAMILY}\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{}</svg>\n",
        shapes(scene, Theme::Light)
    )
}

/// An element without a size of its own, which the style sheet gives.
pub(crate) fn element(scene: &Scene, label: &str) -> String {
    let (width, height) = (number(scene.width), number(scene.height));
    format!(
        "<svg role=\"img\" aria-label=\"{}\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"{FAMILY}\">\n{}</svg>",
        html_escape(label),
        shapes(scene, Theme::Page)
    )
}

/// Which colours are written.
#[derive(Clone, Copy, PartialEq)]
enum Theme {
    /// Those of the scene.
    Light,
    /// Both those of the scene and their counterparts on a dark page.
    Page,
}

fn shapes(scene: &Scene, theme: Theme) -> String {
    let mut text = String::new();
    for shape in &scene.shapes {
        // Writing to a string does not fail.
        let _ = write(&mut text, shape, theme);
    }
    text
}

fn write(text: &mut String, shape: &Shape, theme: Theme) -> std::fmt::Result {
    match shape {
        Shape::Area { points, colour, opacity } => {
            let fill = paint("fill", *colour, theme);
            write!(text, "<polygon points=\"{}\" {fill}", list(points))?;
            if *opacity < 1.0 {
                write!(text, " fill-opacity=\"{}\"", number(*opacity))?;
            }
            text.push_str("/>\n");
        }
        Shape::Line { points, colour, width, dash } => {
            let stroke = paint("stroke", *colour, theme);
            write!(
                text,
                "<polyline points=\"{}\" fill=\"none\" {stroke} stroke-width=\"{}\"",
                list(points),
                number(*width)
            )?;
            if let Some((on, off)) = dash {
                write!(text, " stroke-dasharray=\"{} {}\"", number(*on), number(*off))?;
            }
            text.push_str("/>\n");
        }
        Shape::Disc { centre: (x, y), radius, colour } => {
            let fill = paint("fill", *colour, theme);
            let (x, y, radius) = (number(*x), number(*y), number(*radius));
            writeln!(text, "<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\" {fill}/>")?;
        }
        Shape::Words(line) => words(text, line, theme)?,
        Shape::Hint { corners: [(left, top), (right, bottom)], text: hint } => {
            writeln!(
                text,
                "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill-opacity=\"0\">\
                 <title>{}</title></rect>",
                number(*left),
                number(*top),
                number(right - left),
                number(bottom - top),
                html_escape(hint)
            )?;
        }
        // A file has nothing that could be clicked.
        Shape::Open(_) | Shape::Close if theme == Theme::Light => {}
        Shape::Open(part) => {
            let kind = if part.is_entry { "entry" } else { "part" };
            writeln!(text, "<g data-{kind}=\"{}\">", html_escape(&part.name))?;
        }
        Shape::Close => text.push_str("</g>\n"),
    }
    Ok(())
}

fn words(text: &mut String, words: &Words, theme: Theme) -> std::fmt::Result {
    let anchor = match words.side {
        Side::Left => "",
        Side::Centre => " text-anchor=\"middle\"",
        Side::Right => " text-anchor=\"end\"",
    };
    let (x, y) = words.at;
    let down = words.baseline();
    let ((x, y), turn) = if words.upwards {
        let at = (x + down, y);
        (at, format!(" transform=\"rotate(-90 {} {})\"", number(at.0), number(at.1)))
    } else {
        ((x, y + down), String::new())
    };
    let weight = if words.bold { " font-weight=\"bold\"" } else { "" };
    writeln!(
        text,
        "<text x=\"{}\" y=\"{}\" font-size=\"{}\"{anchor}{weight}{turn} {}>{}</text>",
        number(x),
        number(y),
        number(words.em),
        paint("fill", words.colour, theme),
        html_escape(&words.text)
    )
}

/// The attribute for old readers, and the style for those that know both themes.
fn paint(what: &str, colour: Rgb, theme: Theme) -> String {
    let light = hex(colour);
    let plain = format!("{what}=\"{light}\"");
    match (theme, colour.on_dark()) {
        (Theme::Page, dark) if dark != colour => {
            format!("{plain} style=\"{what}:light-dark({light},{})\"", hex(dark))
        }
        _ => plain,
    }
}

fn hex(Rgb(red, green, blue): Rgb) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

fn list(points: &[Point]) -> String {
    let points = points.iter().map(|(x, y)| format!("{},{}", number(*x), number(*y)));
    points.collect::<Vec<_>>().join(" ")
}

/// Two decimals at most.
fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::scene::Height;
    use super::*;

    #[test]
    fn every_shape_is_written() {
        let mut scene = Scene::new(100.0);
        scene.height = 50.5;
        let red = Rgb(0xff, 0, 0);
        scene.area(vec![(0.0, 0.0), (1.0, 0.0), (1.0, 2.345)], red, 0.5);
        scene.dashed(vec![(0.0, 1.0), (9.0, 1.0)], red, 1.5, Some((4.0, 2.0)));
        scene.words(Words::new("a < b", (10.0, 20.0), 10.0).side(Side::Right).height(Height::Top));
        scene.words(Words::new("up", (10.0, 20.0), 10.0).upwards().bold());
        scene.hint([(1.0, 2.0), (3.0, 5.0)], "3 & 4");
        scene.part("a & b", |scene| scene.line(vec![(0.0, 0.0), (1.0, 1.0)], red, 1.0));
        scene.entry("a & b", |scene| scene.words(Words::new("a & b", (5.0, 5.0), 10.0)));
        let text = file(&scene);
        for part in [
            "width=\"100\" height=\"50.5\"",
            "<polygon points=\"0,0 1,0 1,2.35\" fill=\"#ff0000\" fill-opacity=\"0.5\"/>",
            "<polyline points=\"0,1 9,1\" fill=\"none\" stroke=\"#ff0000\" stroke-width=\"1.5\" \
             stroke-dasharray=\"4 2\"/>",
            // Capitals are 0.729 em high.
            "<text x=\"10\" y=\"27.29\" font-size=\"10\" text-anchor=\"end\" fill=\"#222222\">a &lt; b</text>",
            "transform=\"rotate(-90 13.64 20)\"",
            "<rect x=\"1\" y=\"2\" width=\"2\" height=\"3\" fill-opacity=\"0\"><title>3 &amp; 4</title>",
        ] {
            assert!(text.contains(part), "no {part} in {text}");
        }
        assert!(!text.contains("light-dark"), "a file has one theme");
        assert!(!text.contains("<g"), "a file has no script");
        let inside = element(&scene, "\"x\"");
        assert!(inside.starts_with("<svg role=\"img\" aria-label=\"&quot;x&quot;\""), "{inside}");
        assert!(inside.contains("fill:light-dark(#222222,"), "{inside}");
        assert!(!inside.contains("xmlns"), "{inside}");
        for kind in ["part", "entry"] {
            assert!(inside.contains(&format!("<g data-{kind}=\"a &amp; b\">")), "{inside}");
        }
        assert_eq!(inside.matches("</g>").count(), 2, "{inside}");
    }
}
