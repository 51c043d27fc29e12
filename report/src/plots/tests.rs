//! Figures of whole sweeps: what is drawn, and whether it can be read.

use std::fs;
use std::path::Path;

use prefsweep_store::{CellStatus, Index, LossKey, RANKS_FILE};

use super::paper::Paper;
use super::scene::{Scene, Shape};
use super::*;
use crate::analysis::Analysis;
use crate::effects::effects;
use crate::support::{World, write_index};
use crate::written_titles::write_titles;

fn figures(world: &World, change: impl Fn(&mut Index)) -> Vec<Drawn> {
    let dir = tempfile::tempdir().unwrap();
    let mut index = world.write(dir.path());
    change(&mut index);
    write_index(dir.path(), &index);
    with_reference_ranks(dir.path(), &index);
    let Analysis { findings, frontier, verdicts, .. } = Analysis::of(dir.path()).unwrap();
    let effects = effects(&verdicts, &findings);
    let tested = Tested { findings: &findings, verdicts: &verdicts, effects: &effects };
    all(tested, &frontier)
}

/// Gives every reference the ranks of a cell, so that cells are compared with it.
fn with_reference_ranks(dir: &Path, index: &Index) {
    let Some(cell) = index.cells.first() else { return };
    for reference in &index.references {
        fs::copy(dir.join(&cell.dir).join(RANKS_FILE), dir.join(&reference.dir).join(RANKS_FILE))
            .unwrap();
    }
}

/// No text leaves the page, and no two texts overlap, on wide screens and on narrow ones.
pub(super) fn assert_legible(figure: &Figure) {
    for scene in std::iter::once(&figure.scene).chain(&figure.narrow) {
        assert_scene_legible(figure.name, scene);
    }
}

fn assert_scene_legible(name: &str, scene: &Scene) {
    let shapes = scene.shapes.iter();
    let words: Vec<_> = shapes
        .filter_map(|shape| match shape {
            Shape::Words(words) => Some((words, words.bounds())),
            _ => None,
        })
        .collect();
    for (position, (first, one)) in words.iter().enumerate() {
        let inside = one.0 >= 0.0 && one.1 >= 0.0 && one.2 <= scene.width && one.3 <= scene.height;
        assert!(inside, "{name}, {} wide: `{}` leaves the page: {one:?}", scene.width, first.text);
        for (second, other) in &words[position + 1..] {
            let apart =
                one.2 <= other.0 || other.2 <= one.0 || one.3 <= other.1 || other.3 <= one.1;
            assert!(
                apart,
                "{name}, {} wide: `{}` overlaps `{}`",
                scene.width, first.text, second.text
            );
        }
    }
}

/// The figures for a paper have its width and letters of 8 pt or more, and no title burnt in.
#[test]
fn figures_for_papers_can_be_read_in_a_column() {
    let worlds = [
        World::standard(),
        World { betas: vec![0.5, 1.0, 2.0], ..World::small() },
        World { seeds: vec![5], ..World::standard() },
    ];
    for world in worlds {
        let dir = tempfile::tempdir().unwrap();
        with_reference_ranks(dir.path(), &world.write(dir.path()));
        let Analysis { findings, verdicts, .. } = Analysis::of(dir.path()).unwrap();
        let effects = effects(&verdicts, &findings);
        let tested = Tested { findings: &findings, verdicts: &verdicts, effects: &effects };
        for (paper, millimetres) in [(Paper::COLUMN, 85.0), (Paper::PAGE, 178.0)] {
            for (name, draw) in first_page::ALL {
                let scene = draw(tested, paper).unwrap();
                assert!(scene.width * 25.4 / 72.0 <= millimetres + 1e-9, "{name}: {}", scene.width);
                assert_scene_legible(name, &scene);
                let texts = scene.shapes.iter().filter_map(|shape| match shape {
                    Shape::Words(words) => Some(words),
                    _ => None,
                });
                for words in texts {
                    assert!(words.em >= 8.0, "{name}: `{}` has {} pt", words.text, words.em);
                    assert!(!words.text.contains("synthetic-small"), "{name}: a title is burnt in");
                }
            }
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
fn lengths_of_titles_are_drawn_with_the_reference() {
    let dir = tempfile::tempdir().unwrap();
    let index = World::standard().write(dir.path());
    let drawn = || {
        let findings = Analysis::of(dir.path()).unwrap().findings;
        title_length::draw(&findings).map(Result::unwrap)
    };
    assert!(drawn().is_none(), "a policy that writes no titles");
    write_titles(dir.path(), &index, |k, step| {
        let length = 8.25 - 0.1 * k as f64 * f64::from(step) / 1000.0;
        [length, length + 0.5, 3.0, 0.5, 0.75]
    });
    let figure = drawn().unwrap();
    assert_legible(&figure);
    let words = figure.scene.shapes.iter().filter_map(|shape| match shape {
        Shape::Words(words) => Some(words.text.as_str()),
        _ => None,
    });
    let words: Vec<&str> = words.collect();
    assert!(words.contains(&"reference"), "{words:?}");
}

#[test]
fn one_seed_and_one_k_still_draw() {
    let world = World { negatives: vec![3], seeds: vec![5], ..World::standard() };
    for drawn in figures(&world, |_| {}) {
        match drawn {
            Ok(figure) => assert_legible(&figure),
            Err((name, reason)) => assert_eq!(name, "paired", "not drawn: {reason}"),
        }
    }
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
    assert_eq!(drawn.len(), 9);
    assert!(drawn.iter().all(|drawn| drawn.as_ref().is_err_and(|(_, why)| !why.is_empty())));
}

/// A click on an entry must not do nothing.
#[test]
fn every_entry_of_a_legend_hides_something() {
    let mut entries = 0;
    for figure in figures(&World::standard(), |_| {}).into_iter().flatten() {
        let named = |of_legend: bool| -> Vec<&str> {
            let parts = figure.scene.shapes.iter().filter_map(|shape| match shape {
                Shape::Open(part) if part.is_entry == of_legend => Some(part.name.as_str()),
                _ => None,
            });
            parts.collect()
        };
        let parts = named(false);
        for entry in named(true) {
            assert!(parts.contains(&entry), "{}: `{entry}` hides nothing", figure.name);
            entries += 1;
        }
        let closed = figure.scene.shapes.iter().filter(|shape| matches!(shape, Shape::Close));
        assert_eq!(closed.count(), parts.len() + named(true).len(), "{}", figure.name);
    }
    assert!(entries > 10, "{entries}");
}
