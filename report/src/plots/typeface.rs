//! The embedded font: registering it with plotters, and the measures of its glyphs.
//!
//! plotters draws every glyph flush with its pen, without the glyph's own left bearing, which makes
//! the gaps between letters uneven. The bearings are therefore read from the font's tables
//! (`cmap`, `head`, `hhea` and `hmtx` of the OpenType format) and added when text is drawn.

use std::sync::OnceLock;

use plotters::style::{FontDesc, FontFamily, FontStyle, register_font};

/// The embedded font, followed by what a browser may use in its place.
pub(crate) const FAMILY: &str = "DejaVu Sans, Verdana, sans-serif";
/// Height of the font's line box in em: what the rasteriser calls the size.
pub(crate) const LINE_BOX: f64 = 1.164_062_5;
/// Height of a capital letter in em.
pub(crate) const CAPITAL: f64 = 0.729;
/// What every glyph lies in, in em: left, bottom, right, top (`head` and `hhea` of DejaVu Sans 2.37).
pub(crate) const BBOX: [f64; 4] = [-1.021, -0.236, 1.793, 0.928];
/// Advance in em assumed for a glyph whose measures cannot be read.
const TYPICAL_ADVANCE: f64 = 0.6;

static REGULAR: &[u8] = include_bytes!("../../fonts/DejaVuSans.ttf");
static BOLD: &[u8] = include_bytes!("../../fonts/DejaVuSans-Bold.ttf");

/// Makes the embedded font known to plotters; says whether it could be read.
pub(crate) fn register_fonts() -> bool {
    static REGISTERED: OnceLock<bool> = OnceLock::new();
    *REGISTERED.get_or_init(|| {
        register_font(FAMILY, FontStyle::Normal, REGULAR).is_ok()
            && register_font(FAMILY, FontStyle::Bold, BOLD).is_ok()
    })
}

/// The embedded font at a size in pixels per em.
pub(crate) fn font(em: f64, bold: bool) -> FontDesc<'static> {
    register_fonts();
    let style = if bold { FontStyle::Bold } else { FontStyle::Normal };
    FontDesc::new(FontFamily::Name(FAMILY), em * LINE_BOX, style)
}

/// Where one letter of a text goes, in em from the left end of the text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Letter {
    pub(crate) character: char,
    pub(crate) pen: f64,
    /// From the pen to the left edge of the glyph.
    pub(crate) bearing: f64,
}

/// The letters of a text and its whole width, in em.
pub(crate) fn set(text: &str, bold: bool) -> (Vec<Letter>, f64) {
    let tables = tables(bold);
    let mut pen = 0.0;
    let mut letters = Vec::new();
    for character in text.chars() {
        let measures = tables.and_then(|tables| tables.measures(character));
        let (advance, bearing) = measures.unwrap_or((TYPICAL_ADVANCE, 0.0));
        letters.push(Letter { character, pen, bearing });
        pen += advance;
    }
    (letters, pen)
}

/// The font's file.
pub(crate) fn file(bold: bool) -> &'static [u8] {
    if bold { BOLD } else { REGULAR }
}

/// The glyph of a character; 0 is the glyph for characters the font lacks.
pub(crate) fn glyph(character: char, bold: bool) -> u16 {
    let code = u16::try_from(u32::from(character)).ok();
    let glyph = code.and_then(|code| tables(bold)?.glyph(code));
    glyph.and_then(|glyph| u16::try_from(glyph).ok()).unwrap_or(0)
}

/// How far a character moves the pen, in em.
pub(crate) fn advance(character: char, bold: bool) -> f64 {
    let measures = tables(bold).and_then(|tables| tables.measures(character));
    measures.map_or(TYPICAL_ADVANCE, |(advance, _)| advance)
}

fn tables(bold: bool) -> Option<&'static Tables> {
    static READ: [OnceLock<Option<Tables>>; 2] = [OnceLock::new(), OnceLock::new()];
    READ[usize::from(bold)].get_or_init(|| Tables::read(file(bold))).as_ref()
}

/// Offsets into a font file.
struct Tables {
    bytes: &'static [u8],
    units_per_em: f64,
    /// The character map's subtable in format 4.
    characters: usize,
    metrics: usize,
    /// Glyphs from this one on share the last advance.
    long_metrics: usize,
}

impl Tables {
    fn read(bytes: &'static [u8]) -> Option<Self> {
        let table = |tag: &[u8; 4]| {
            let count = usize::from(word(bytes, 4)?);
            let records = (0..count).map(|record| 12 + 16 * record);
            let mut named = records.filter(|at| bytes.get(*at..at + 4) == Some(tag));
            double(bytes, named.next()? + 8)
        };
        let map = table(b"cmap")?;
        let subtables = usize::from(word(bytes, map + 2)?);
        let characters = (0..subtables).find_map(|record| {
            let subtable = map + double(bytes, map + 4 + 8 * record + 4)?;
            (word(bytes, subtable)? == 4).then_some(subtable)
        })?;
        Some(Self {
            bytes,
            units_per_em: f64::from(word(bytes, table(b"head")? + 18)?),
            characters,
            metrics: table(b"hmtx")?,
            long_metrics: usize::from(word(bytes, table(b"hhea")? + 34)?),
        })
    }

    /// Advance and left bearing of a character's glyph in em.
    fn measures(&self, character: char) -> Option<(f64, f64)> {
        let glyph = self.glyph(u16::try_from(u32::from(character)).ok()?)?;
        let last = self.long_metrics.checked_sub(1)?;
        let advance = word(self.bytes, self.metrics + 4 * glyph.min(last))?;
        let bearing = if glyph <= last {
            self.metrics + 4 * glyph + 2
        } else {
            self.metrics + 4 * self.long_metrics + 2 * (glyph - self.long_metrics)
        };
        let bearing = word(self.bytes, bearing)?.cast_signed();
        Some((f64::from(advance) / self.units_per_em, f64::from(bearing) / self.units_per_em))
    }

    /// The glyph of a character; 0 is the glyph for characters the font lacks.
    fn glyph(&self, character: u16) -> Option<usize> {
        let segments = usize::from(word(self.bytes, self.characters + 6)?) / 2;
        let ends = self.characters + 14;
        let starts = ends + 2 * segments + 2;
        let deltas = starts + 2 * segments;
        let offsets = deltas + 2 * segments;
        let segment = (0..segments).find(|segment| {
            word(self.bytes, ends + 2 * segment).is_some_and(|end| end >= character)
        })?;
        let start = word(self.bytes, starts + 2 * segment)?;
        if start > character {
            return Some(0);
        }
        let delta = word(self.bytes, deltas + 2 * segment)?;
        let offset = usize::from(word(self.bytes, offsets + 2 * segment)?);
        if offset == 0 {
            return Some(usize::from(character.wrapping_add(delta)));
        }
        let at = offsets + 2 * segment + offset + 2 * usize::from(character - start);
        Some(match word(self.bytes, at)? {
            0 => 0,
            glyph => usize::from(glyph.wrapping_add(delta)),
        })
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
}

fn double(bytes: &[u8], at: usize) -> Option<usize> {
    Some(usize::from(word(bytes, at)?) << 16 | usize::from(word(bytes, at + 2)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_are_those_of_the_font() {
        // From the hmtx tables of DejaVu Sans 2.37, in 1/2048 em.
        for (character, bold, advance, bearing) in [
            (' ', false, 651, 0),
            ('K', false, 1343, 201),
            ('K', true, 1587, 188),
            ('ρ', false, 1300, 186),
            ('t', true, 979, 27),
        ] {
            let found = tables(bold).unwrap().measures(character).unwrap();
            assert_eq!(
                found,
                (f64::from(advance) / 2048.0, f64::from(bearing) / 2048.0),
                "{character}"
            );
        }
    }

    #[test]
    fn every_sign_of_the_figures_is_in_the_font() {
        for character in "aZ09@=%.,:*[]()\u{a0}−–·ρ±°†⁻⁰¹²³⁴⁵⁶⁷⁸⁹…→&<>".chars()
        {
            for bold in [false, true] {
                let code = u16::try_from(u32::from(character)).unwrap();
                assert_ne!(tables(bold).unwrap().glyph(code), Some(0), "{character}");
            }
        }
    }

    #[test]
    fn plotters_agrees_on_advances() {
        let (_, width) = set("HHHH", false);
        let (plotters, _) = font(1000.0, false).box_size("HHHH").unwrap();
        assert!((f64::from(plotters) - 1000.0 * width).abs() < 2.0, "{plotters} {width}");
    }

    #[test]
    fn characters_beyond_the_font_do_not_fail() {
        assert_eq!(set("漢😀", true).0.len(), 2);
        assert!(Tables::read(b"not a font").is_none());
    }
}
