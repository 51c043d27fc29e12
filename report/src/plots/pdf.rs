//! Writing a scene as PDF, one unit to the point, with the letters used of the embedded font.

use std::collections::BTreeMap;

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str, TextStr};
use subsetter::GlyphRemapper;

use super::palette::Rgb;
use super::scene::{Point, Scene, Shape, Words};
use super::typeface::{BBOX, CAPITAL, advance, file, glyph};

/// Of a quarter circle drawn as a Bézier curve: the distance of the handles per radius.
const HANDLE: f64 = 0.552_284_75;

const SYSTEM: SystemInfo<'_> =
    SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// A file of one page.
pub(crate) fn file_of(scene: &Scene, title: &str) -> Result<Vec<u8>, String> {
    let mut pdf = Pdf::new();
    let mut next = Ref::new(1);
    let [catalog, pages, page, content, info] = [(); 5].map(|()| next.bump());
    let mut fonts = [Face::new(false), Face::new(true)];
    let drawn = draw(scene, &mut fonts);
    pdf.catalog(catalog).pages(pages);
    pdf.pages(pages).kids([page]).count(1);
    let used: Vec<(&Face, Ref)> = fonts
        .iter()
        .filter(|face| !face.letters.is_empty())
        .map(|face| (face, next.bump()))
        .collect();
    let mut on_page = pdf.page(page);
    on_page.parent(pages).contents(content);
    on_page.media_box(Rect::new(0.0, 0.0, scene.width as f32, scene.height as f32));
    let mut resources = on_page.resources();
    let mut dictionary = resources.fonts();
    for (face, id) in &used {
        dictionary.pair(Name(face.resource()), *id);
    }
    dictionary.finish();
    resources.finish();
    on_page.finish();
    pdf.stream(content, &drawn);
    for (face, id) in used {
        face.write(&mut pdf, id, &mut next)?;
    }
    pdf.document_info(info).title(TextStr(title)).creator(TextStr("prefsweep"));
    Ok(pdf.finish())
}

/// The letters of one weight, in the order in which they are first used.
struct Face {
    bold: bool,
    remapper: GlyphRemapper,
    /// By glyph of the subset.
    letters: BTreeMap<u16, char>,
}

impl Face {
    fn new(bold: bool) -> Self {
        Self { bold, remapper: GlyphRemapper::new(), letters: BTreeMap::new() }
    }

    fn resource(&self) -> &'static [u8] {
        if self.bold { b"F2" } else { b"F1" }
    }

    fn base(&self) -> &'static [u8] {
        if self.bold { b"PREFSW+DejaVuSans-Bold" } else { b"PREFSW+DejaVuSans" }
    }

    /// A text as glyphs of the subset, two bytes each.
    fn encode(&mut self, text: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        for character in text.chars() {
            let new = self.remapper.remap(glyph(character, self.bold));
            self.letters.insert(new, character);
            bytes.extend(new.to_be_bytes());
        }
        bytes
    }

    fn write(&self, pdf: &mut Pdf, id: Ref, next: &mut Ref) -> Result<(), String> {
        let [inner, descriptor, letters, data] = [(); 4].map(|()| next.bump());
        let base = Name(self.base());
        let mut font = pdf.type0_font(id);
        font.base_font(base).encoding_predefined(Name(b"Identity-H"));
        font.descendant_font(inner).to_unicode(letters);
        font.finish();

        let mut font = pdf.cid_font(inner);
        font.subtype(CidFontType::Type2).base_font(base).system_info(SYSTEM);
        font.font_descriptor(descriptor).default_width(0.0);
        font.cid_to_gid_map_predefined(Name(b"Identity"));
        let widths = self.letters.iter().map(|(new, letter)| (*new, advance(*letter, self.bold)));
        let mut written = font.widths();
        for (new, advance) in widths {
            written.consecutive(new, [1000.0 * advance as f32]);
        }
        written.finish();
        font.finish();

        let [left, bottom, right, top] = BBOX.map(|value| 1000.0 * value as f32);
        let mut described = pdf.font_descriptor(descriptor);
        described.name(base).flags(FontFlags::SYMBOLIC).bbox(Rect::new(left, bottom, right, top));
        described.italic_angle(0.0).ascent(top).descent(bottom);
        described.cap_height(1000.0 * CAPITAL as f32);
        described.stem_v(if self.bold { 140.0 } else { 80.0 }).font_file2(data);
        described.finish();

        let mut map = UnicodeCmap::new(base, SYSTEM);
        for (new, letter) in &self.letters {
            map.pair(*new, *letter);
        }
        pdf.cmap(letters, &map.finish());
        let subset = subsetter::subset(file(self.bold), 0, &self.remapper)
            .map_err(|error| format!("the embedded font cannot be cut: {error}"))?;
        pdf.stream(data, &subset).pair(Name(b"Length1"), subset.len() as i32);
        Ok(())
    }
}

fn draw(scene: &Scene, fonts: &mut [Face; 2]) -> Vec<u8> {
    let mut content = Content::new();
    // Downwards in a scene is upwards on a page.
    let at = |(x, y): Point| (x as f32, (scene.height - y) as f32);
    for shape in &scene.shapes {
        match shape {
            Shape::Area { points, colour, opacity } => {
                fill(&mut content, colour.lighter(1.0 - opacity));
                path(&mut content, points.iter().map(|point| at(*point)));
                content.close_path().fill_nonzero();
            }
            Shape::Line { points, colour, width, dash } => {
                let [red, green, blue] = parts(*colour);
                content.set_stroke_rgb(red, green, blue).set_line_width(*width as f32);
                let dash = dash.map(|(on, off)| [on as f32, off as f32]);
                content.set_dash_pattern(dash.into_iter().flatten(), 0.0);
                path(&mut content, points.iter().map(|point| at(*point)));
                content.stroke();
            }
            Shape::Disc { centre, radius, colour } => {
                fill(&mut content, *colour);
                disc(&mut content, at(*centre), *radius as f32);
                content.fill_nonzero();
            }
            Shape::Words(line) => words(&mut content, line, at, fonts),
            Shape::Hint { .. } | Shape::Open(_) | Shape::Close => {}
        }
    }
    content.finish().into_vec()
}

fn parts(Rgb(red, green, blue): Rgb) -> [f32; 3] {
    [red, green, blue].map(|part| f32::from(part) / 255.0)
}

fn fill(content: &mut Content, colour: Rgb) {
    let [red, green, blue] = parts(colour);
    content.set_fill_rgb(red, green, blue);
}

fn path(content: &mut Content, points: impl Iterator<Item = (f32, f32)>) {
    for (place, (x, y)) in points.enumerate() {
        if place == 0 {
            content.move_to(x, y);
        } else {
            content.line_to(x, y);
        }
    }
}

fn disc(content: &mut Content, (x, y): (f32, f32), radius: f32) {
    let handle = HANDLE as f32 * radius;
    content.move_to(x + radius, y);
    let quarters = [(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0), (1.0_f32, 0.0_f32)];
    for ends in quarters.windows(2) {
        // The curve leaves the first end towards the second, and arrives from the first.
        let [(ax, ay), (bx, by)] = [ends[0], ends[1]];
        content.cubic_to(
            x + ax * radius + bx * handle,
            y + ay * radius + by * handle,
            x + bx * radius + ax * handle,
            y + by * radius + ay * handle,
            x + bx * radius,
            y + by * radius,
        );
    }
    content.close_path();
}

fn words(
    content: &mut Content,
    words: &Words,
    at: impl Fn(Point) -> (f32, f32),
    fonts: &mut [Face; 2],
) {
    let (x, y) = words.at;
    let matrix = if words.upwards {
        let (x, y) = at((x + words.baseline(), y - words.start()));
        [0.0, 1.0, -1.0, 0.0, x, y]
    } else {
        let (x, y) = at((x + words.start(), y + words.baseline()));
        [1.0, 0.0, 0.0, 1.0, x, y]
    };
    let face = &mut fonts[usize::from(words.bold)];
    let text = face.encode(&words.text);
    fill(content, words.colour);
    content.begin_text().set_font(Name(face.resource()), words.em as f32);
    content.set_text_matrix(matrix).show(Str(&text));
    content.end_text();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_its_size_its_text_and_its_fonts_inside() {
        let mut scene = Scene::new(240.0);
        scene.height = 100.0;
        scene.words(Words::new("S-DPO: −2.8 %", (20.0, 20.0), 8.0));
        scene.words(Words::new("K* → 20", (20.0, 50.0), 8.0).bold().upwards());
        scene.line(vec![(0.0, 0.0), (240.0, 100.0)], Rgb(0, 0, 0), 1.0);
        let file = file_of(&scene, "forest").unwrap();
        let text = String::from_utf8_lossy(&file);
        assert!(text.starts_with("%PDF-") && text.trim_end().ends_with("%%EOF"));
        assert!(text.contains("/MediaBox [0 0 240 100]"), "{text}");
        assert_eq!(text.matches("/FontFile2").count(), 2, "both weights are inside");
        // A reader finds the letters again: the minus sign, the arrow.
        assert!(text.contains("<2212>") && text.contains("<2192>"), "{text}");
        assert!(file.len() < 40_000, "{} bytes: the fonts are cut", file.len());
    }
}
