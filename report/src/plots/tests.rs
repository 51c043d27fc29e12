//! Figures of whole sweeps: what is drawn, and whether it can be read.

use prefsweep_store::{CellStatus, Index, LossKey};

use super::scene::Shape;
use super::*;
use crate::findings::Findings;
use crate::frontier::Frontier;
use crate::support::{World, write_index};
use crate::sweep::Sweep;

fn figures(world: &World, change: impl Fn(&mut Index)) -> Vec<Drawn> {
    let dir = tempfile::tempdir().unwrap();
    let mut index = world.write(dir.path());
    change(&mut index);
    write_index(dir.path(), &index);
    let findings = Findings::new(Sweep::load(dir.path()).unwrap()).unwrap();
    all(&findings, &Frontier::new(&findings).unwrap())
}

/// No text leaves the page, and no two texts overlap.
pub(super) fn assert_legible(figure: &Figure) {
    let words: Vec<_> = figure
        .scene
        .shapes
        .iter()
        .filter_map(|shape| match shape {
            Shape::Words(words) => Some((words, words.bounds())),
            _ => None,
        })
        .collect();
    for (position, (first, one)) in words.iter().enumerate() {
        assert!(
            one.0 >= 0.0
                && one.1 >= 0.0
                && one.2 <= figure.scene.width
                && one.3 <= figure.scene.height,
            "{}: `{}` leaves the page: {one:?}",
            figure.name,
            first.text
        );
        for (second, other) in &words[position + 1..] {
            let apart =
                one.2 <= other.0 || other.2 <= one.0 || one.3 <= other.1 || other.3 <= one.1;
            assert!(apart, "{}: `{}` overlaps `{}`", figure.name, first.text, second.text);
        }
    }
}

fn assert_all_legible(world: &World, change: impl Fn(&mut Index)) {
    for drawn in figures(world, change) {
        match drawn {
            Ok(figure) => assert_legible(&figure),
            Err((name, reason)) => panic!("{name} was not drawn: {reason}"),
        }
    }
}

#[test]
fn texts_of_a_whole_sweep_are_legible() {
    assert_all_legible(&World::standard(), |_| {});
}

#[test]
fn texts_with_variants_and_long_names_are_legible() {
    let world = World { betas: vec![0.5, 1.0, 2.0], ..World::standard() };
    assert_all_legible(&world, |index| {
        index.dataset.name =
            "a data set with a rather long name & <odd> characters, 2014–2018".into();
        for entry in &mut index.references {
            entry.axes.insert("model.blocks".into(), 2.into());
        }
    });
}

#[test]
fn one_seed_and_one_k_still_draw() {
    let world = World { negatives: vec![3], seeds: vec![5], ..World::standard() };
    assert_all_legible(&world, |_| {});
}

#[test]
fn many_values_of_k_keep_their_labels_apart() {
    let world = World {
        negatives: (1..=40).collect(),
        losses: vec![LossKey::new("dmpo")],
        ..World::small()
    };
    assert_all_legible(&world, |_| {});
}

#[test]
fn figures_without_data_say_why() {
    let drawn = figures(&World::small(), |index| {
        for cell in &mut index.cells {
            cell.status = CellStatus::Missing;
        }
    });
    assert_eq!(drawn.len(), 7);
    assert!(drawn.iter().all(|drawn| drawn.as_ref().is_err_and(|(_, why)| !why.is_empty())));
}
