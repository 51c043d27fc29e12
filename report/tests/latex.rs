//! The body in LaTeX is well-formed and in plain characters.

use std::collections::BTreeSet;
use std::fs;

use crate::support::{World, write_index};

/// What stands in the braces after a command, in order of appearance.
fn arguments<'a>(text: &'a str, command: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
    let starts = text.match_indices(command).map(move |(at, _)| at + command.len());
    starts.filter_map(move |at| Some((at, text[at..].split_once('}')?.0)))
}

fn latex(world: &World) -> String {
    let dir = tempfile::tempdir().unwrap();
    let mut index = world.write(dir.path());
    index.dataset.name = "50 % of a_b & #c {d} ~ ^ \\".to_owned();
    write_index(dir.path(), &index);
    let files = prefsweep_report::write_report(dir.path(), &dir.path().join("out")).unwrap();
    fs::read_to_string(files.latex).unwrap()
}

#[test]
fn environments_and_braces_close_and_labels_are_used_once() {
    let text = latex(&World { betas: vec![0.5, 1.0], ..World::small() });
    let mut marks: Vec<(usize, bool, &str)> = Vec::new();
    marks.extend(arguments(&text, "\\begin{").map(|(at, name)| (at, true, name)));
    marks.extend(arguments(&text, "\\end{").map(|(at, name)| (at, false, name)));
    marks.sort_unstable();
    let mut open = Vec::new();
    for (_, begins, name) in marks {
        if begins {
            open.push(name);
        } else {
            assert_eq!(open.pop(), Some(name), "an end without its beginning, inside {open:?}");
        }
    }
    assert!(open.is_empty(), "not closed: {open:?}");

    let plain = text.replace("\\{", "").replace("\\}", "");
    assert_eq!(plain.matches('{').count(), plain.matches('}').count());
    let labels: Vec<&str> = arguments(&text, "\\label{").map(|(_, name)| name).collect();
    assert_eq!(labels.len(), labels.iter().collect::<BTreeSet<_>>().len(), "{labels:?}");
    for label in ["sec:tests", "tab:verdict", "tab:headline", "fig:forest"] {
        assert!(labels.contains(&label), "no {label}");
    }
}

#[test]
fn characters_are_those_that_every_engine_sets() {
    let text = latex(&World::standard());
    let odd: BTreeSet<char> = text.chars().filter(|character| !character.is_ascii()).collect();
    assert!(odd.is_empty(), "{odd:?}");
    let title = "\\section{Do more negatives hurt on 50 \\% of a\\_b \\& \\#c \\{d\\} \\textasciitilde{} \\textasciicircum{} \\textbackslash{}?}";
    assert!(text.contains(title), "{text}");
}
