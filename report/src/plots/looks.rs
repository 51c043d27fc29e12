//! One colour and one marker per loss, the same in every figure; variants of a loss share both and
//! differ in their dashes and in what is inside the marker.

use prefsweep_store::{LossKey, SeriesKey};

use super::marker::{Fill, Form, Marker};
use super::palette::{
    BLACK, BLUE, BROWN, GREEN, INDIGO, OLIVE, ORANGE, PURPLE, Rgb, SKY, VERMILLION,
};
use crate::findings::Findings;

/// How one series looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Look {
    pub(crate) colour: Rgb,
    pub(crate) marker: Marker,
    /// Lengths of stroke and gap; none for a solid line.
    pub(crate) dash: Option<(f64, f64)>,
}

/// The look of a series of the sweep.
pub(crate) fn look(findings: &Findings, series: usize) -> Look {
    let keys: Vec<&SeriesKey> = findings.sweep.series.iter().map(|series| &series.key).collect();
    looks(&keys)[series]
}

/// The looks of all series of a plot, no two of them alike in colour, marker and dash.
fn looks(keys: &[&SeriesKey]) -> Vec<Look> {
    let mut families: Vec<(LossKey, Basic)> = Vec::new();
    let mut looks: Vec<(Basic, Look)> = Vec::new();
    for key in keys {
        let family = key.loss.family();
        let known = families.iter().find(|(known, _)| *known == family).map(|(_, basic)| *basic);
        let basic = known.unwrap_or_else(|| {
            let basic = listed(&family).unwrap_or_else(|| unlisted(&family, &families));
            families.push((family, basic));
            basic
        });
        let variant = looks.iter().filter(|(of, _)| *of == basic).count();
        looks.push((basic, variant_of(basic, variant)));
    }
    looks.into_iter().map(|(_, look)| look).collect()
}

/// What all variants of a loss share.
type Basic = (Rgb, Form);

/// Losses with a look of their own.
fn listed(family: &LossKey) -> Option<Basic> {
    let base = family.base.as_deref();
    let base = base.map(|base| base.base.is_none().then_some(base.name.as_str()));
    match (family.name.as_str(), base) {
        ("dpo", None) => Some((BLUE, Form::Disc)),
        ("s_dpo", None) => Some((GREEN, Form::Square)),
        ("dmpo", None) => Some((VERMILLION, Form::Up)),
        ("ro_dpo", None) => Some((PURPLE, Form::Diamond)),
        ("dynamic_po", Some(Some("dmpo"))) => Some((ORANGE, Form::Down)),
        ("dynamic_po", Some(Some("s_dpo"))) => Some((SKY, Form::Cross)),
        _ => None,
    }
}

/// Colours and forms of what has none of its own.
const COLOURS: [Rgb; 4] = [BLACK, OLIVE, BROWN, INDIGO];
const FORMS: [Form; 5] = [Form::Star, Form::Diamond, Form::Square, Form::Disc, Form::Cross];

/// A look that depends on nothing but the name, unless another loss of the plot has it.
fn unlisted(family: &LossKey, taken: &[(LossKey, Basic)]) -> Basic {
    let name = family.to_string();
    let hash = name
        .bytes()
        .fold(7_usize, |hash, byte| hash.wrapping_mul(31).wrapping_add(usize::from(byte)));
    let count = COLOURS.len() * FORMS.len();
    let at =
        |place: usize| (COLOURS[place % COLOURS.len()], FORMS[place / COLOURS.len() % FORMS.len()]);
    let free = |basic: &Basic| taken.iter().all(|(_, other)| other != basic);
    (0..count).map(|more| at(hash % count + more)).find(free).unwrap_or(at(hash % count))
}

/// Strokes and gaps that are easy to tell apart.
const DASHES: [Option<(f64, f64)>; 8] = [
    None,
    Some((14.0, 7.0)),
    Some((4.0, 6.0)),
    Some((22.0, 5.0)),
    Some((3.0, 14.0)),
    Some((8.0, 16.0)),
    Some((34.0, 12.0)),
    Some((10.0, 3.0)),
];
const FILLS: [Fill; 3] = [Fill::Full, Fill::Open, Fill::Dotted];

/// The look of the first, second, … variant of a loss. So many as there are dashes have each their
/// own dash; three times as many their own pair of dash and fill.
fn variant_of((colour, form): Basic, variant: usize) -> Look {
    let dash = match variant / (DASHES.len() * FILLS.len()) {
        0 => DASHES[variant % DASHES.len()],
        // More than can be told apart, but still no two alike.
        _ => Some((5.0 + variant as f64, 9.0)),
    };
    let fill = FILLS[variant % FILLS.len()];
    Look { colour, marker: Marker { form, fill }, dash }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn variant(loss: &LossKey, settings: Value) -> SeriesKey {
        let settings = serde_json::from_value(settings).unwrap();
        LossKey { settings, ..loss.clone() }.into()
    }

    fn assert_apart(looks: &[Look]) {
        for (place, one) in looks.iter().enumerate() {
            let same = looks[..place].iter().position(|other| other == one);
            assert_eq!(same, None, "{place} looks like another: {one:?}");
        }
    }

    fn basic(look: &Look) -> Basic {
        (look.colour, look.marker.form)
    }

    #[test]
    fn variants_of_a_loss_share_colour_and_form_and_no_two_lines_look_alike() {
        let (ro, dmpo) = (LossKey::new("ro_dpo"), LossKey::new("dmpo"));
        let dynamic = LossKey::over("dynamic_po", dmpo.clone());
        let keys = [
            variant(&ro, json!({})),
            variant(&ro, json!({"pool": 20})),
            variant(&ro, json!({"pool": 20, "refresh": 2})),
            variant(&dynamic, json!({"c": 4.0})),
            variant(&dynamic, json!({"margin": "fixed"})),
            variant(&dmpo, json!({})),
        ];
        let looks = looks(&keys.iter().collect::<Vec<_>>());
        assert_apart(&looks);
        let basics: Vec<Basic> = looks.iter().map(basic).collect();
        let (purple, orange) = ((PURPLE, Form::Diamond), (ORANGE, Form::Down));
        let up = (VERMILLION, Form::Up);
        assert_eq!(basics, [purple, purple, purple, orange, orange, up]);
        assert_eq!(looks[0].dash, None);
    }

    #[test]
    fn eight_variants_differ_in_their_dashes_alone_and_many_more_in_the_marker_too() {
        let ro = LossKey::new("ro_dpo");
        let keys: Vec<SeriesKey> =
            (0..60).map(|pool| variant(&ro, json!({"pool": pool}))).collect();
        let looks = looks(&keys.iter().collect::<Vec<_>>());
        assert_apart(&looks);
        for (place, one) in looks[..8].iter().enumerate() {
            assert!(looks[..place].iter().all(|other| other.dash != one.dash));
            assert_eq!(basic(one), (PURPLE, Form::Diamond));
        }
    }

    #[test]
    fn axes_are_variants_too() {
        let of = |beta: f64| SeriesKey {
            loss: LossKey::new("dmpo"),
            axes: [("preference.beta".to_owned(), beta.into())].into(),
        };
        let keys = [of(0.5), of(1.0), of(2.0)];
        let looks = looks(&keys.iter().collect::<Vec<_>>());
        assert_apart(&looks);
        assert!(looks.iter().all(|look| basic(look) == (VERMILLION, Form::Up)));
    }

    #[test]
    fn losses_added_later_look_apart() {
        let keys: Vec<SeriesKey> =
            (0..30).map(|at| LossKey::new(&format!("loss_{at}")).into()).collect();
        let looks = looks(&keys.iter().collect::<Vec<_>>());
        assert_apart(&looks);
        let apart = |at: usize| looks[..at].iter().all(|other| basic(other) != basic(&looks[at]));
        assert!((0..20).all(apart), "twenty have a colour and form of their own");
        // The look of a loss is the same alone.
        let alone = super::looks(&[&keys[0]]);
        assert_eq!(alone[0], looks[0]);
    }
}
