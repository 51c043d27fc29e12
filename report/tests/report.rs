//! Reports of synthetic sweeps: golden tables, partial results, broken files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use prefsweep_report::{ReportError, TableFormat, headline_table, write_report};
use prefsweep_store::{
    BaselineEntry, BaselineStatus, CellStatus, Cold, INDEX_FILE, Index, LossKey, PublishedFigure,
};

use crate::support::{World, write_index};

fn small() -> (tempfile::TempDir, Index) {
    let dir = tempfile::tempdir().unwrap();
    let index = World::small().write(dir.path());
    (dir, index)
}

fn report(dir: &Path) -> (String, prefsweep_report::ReportFiles) {
    let files = write_report(dir, &dir.join("out")).unwrap();
    (fs::read_to_string(&files.report).unwrap(), files)
}

/// The values follow from `World::small` by hand: NDCG@10 of dmpo is 0.052 at K = 1 and
/// 0.052 + 0.001 ln 10 − 0.0015 (ln 10)² = 0.04635 at K = 10; seeds differ by 0.001, so the
/// half-width is 4.30265 · 0.001 / √3 = 0.00248.
#[test]
fn headline_markdown_is_golden() {
    let (dir, _) = small();
    let found = headline_table(dir.path(), TableFormat::Markdown).unwrap();
    assert_eq!(found, include_str!("golden/headline.md"));
}

#[test]
fn headline_latex_is_golden() {
    let (dir, _) = small();
    let found = headline_table(dir.path(), TableFormat::Latex).unwrap();
    assert_eq!(found, include_str!("golden/headline.tex"));
}

#[test]
fn headline_csv_holds_plain_numbers() {
    let (dir, _) = small();
    let found = headline_table(dir.path(), TableFormat::Csv).unwrap();
    let mut lines = found.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let row: Vec<&str> =
        lines.find(|line| line.starts_with("dmpo,10,")).unwrap().split(',').collect();
    assert_eq!(row.len(), header.len());
    let value = |name: &str| -> f64 {
        row[header.iter().position(|column| *column == name).unwrap()].parse().unwrap()
    };
    assert!((value("full_ndcg@10_mean") - 0.046_349_738).abs() < 1e-8);
    assert!((value("full_ndcg@10_half_width") - 0.002_484_138).abs() < 1e-8);
    assert!((value("training_loss_normalised_mean") - 0.304_612_236).abs() < 1e-8);
    assert!(lines.all(|line| !line.contains('±')));
}

#[test]
fn a_whole_report_renders() {
    let dir = tempfile::tempdir().unwrap();
    World::standard().write(dir.path());
    let (text, files) = report(dir.path());
    assert!(files.missing.is_empty(), "{:?}", files.missing);
    assert_eq!(files.plots.len(), 18);
    let distinct: BTreeSet<_> = files.tables.iter().collect();
    assert_eq!(distinct.len(), files.tables.len(), "two tables of one name: {:?}", files.tables);
    for path in files.plots.iter().chain(&files.tables).chain([&files.provenance]) {
        assert!(fs::metadata(path).unwrap().len() > 0, "{}", path.display());
    }
    assert!(text.starts_with("# Do more negatives hurt on synthetic-small?\n"));
    assert!(text.contains("None: every planned run is complete."), "{text}");
    assert!(text.contains("prefsweep run experiments/collapse.yaml"), "{text}");
    assert!(text.contains("git checkout 0123abc"), "{text}");
    assert!(
        text.contains("prefsweep 0.1.0 · 2026-01-01 · commit 0123abc · Example CPU · 3 seeds"),
        "{text}"
    );
    let names = [
        "forest",
        "matrix",
        "paired",
        "ndcg_vs_loss",
        "frontier",
        "boundary_weight",
        "mechanism",
        "trajectory",
        "candidates",
    ];
    for name in names {
        assert!(text.contains(&format!("(plots/{name}.png)")), "{name}");
        assert!(text.contains(&format!("(plots/{name}.svg)")), "{name}");
        let png = fs::read(dir.path().join(format!("out/plots/{name}.png"))).unwrap();
        let width = u32::from_be_bytes(png[16..20].try_into().unwrap());
        assert!(width >= 1600, "{name} is {width} pixels wide");
    }
}

#[test]
fn the_cost_says_where_the_time_went() {
    let (dir, index) = small();
    let trained: BTreeMap<_, _> = index.cells.iter().map(|cell| (&cell.dir, cell)).collect();
    // The seconds of every cell, see `World::write_cell`; the references recorded nothing.
    let sampling: f64 = trained.values().map(|cell| 0.5 + cell.key.negatives as f64).sum();
    let cells = trained.len() as f64;
    let total = cells * 9.5 + sampling;
    let share = |part: f64| format!("{:.1} %", 100.0 * part / total);
    let row = format!(
        " | {} | {} | {} | {} |\n",
        share(8.0 * cells),
        share(sampling),
        share(cells),
        share(0.5 * cells)
    );
    let (text, _) = report(dir.path());
    assert!(text.contains(&row), "{row}\n{text}");

    // An entry of an earlier version.
    let path = dir.path().join(&index.cells[0].dir).join("provenance.json");
    let mut record: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    record.as_object_mut().unwrap().remove("seconds").unwrap();
    fs::write(&path, record.to_string()).unwrap();
    let (text, _) = report(dir.path());
    assert!(text.contains("Time breakdown not recorded by 1 training run. "), "{text}");
}

/// The commands are those that somebody else needs, and say when they are not enough.
#[test]
fn how_to_reproduce_names_command_and_revision() {
    let (dir, mut index) = small();
    index.command =
        Some("cargo prefsweep run experiments/my.yaml --set preference.beta=2".to_owned());
    write_index(dir.path(), &index);
    for cell in &index.cells {
        let path = dir.path().join(&cell.dir).join("provenance.json");
        let changed = fs::read_to_string(&path).unwrap().replace("0123abc\"", "0123abc-dirty\"");
        fs::write(&path, changed).unwrap();
    }
    let (text, _) = report(dir.path());
    let commands = "```sh\n# reproduce\ngit checkout 0123abc && cargo prefsweep run \
                    experiments/my.yaml --set preference.beta=2\n# verify\ncargo prefsweep verify \
                    results/collapse\n```\n";
    assert!(text.contains(commands), "{text}");
    assert!(text.contains("had changes that were not committed"), "{text}");
    assert!(text.contains("K = 1 and 10; only loss, K and seed varied"), "{text}");
}

/// Best and largest K with what is measured there; without jitter every seed has the same differences.
#[test]
fn levels_stand_beside_the_verdict() {
    let (dir, _) = small();
    let (text, files) = report(dir.path());
    let row = "| DMPO | 1 | 0.0520 | 0.0463 | ";
    assert!(text.contains(row), "{text}");
    let row = "| DMPO | 1 | 0.6500 ± 0.0248 | 10 | 0.3046 ± 0.0248 | −0.3454 | – |";
    assert!(text.contains(row), "{text}");
    // Validation picks the largest K of s_dpo.
    let row = text.lines().find(|line| line.starts_with("| S-DPO | 10 | 0.0548 | 0.0548 | "));
    assert!(row.is_some_and(|row| row.contains("] from K = 1 | ")), "{text}");
    // Three of ten users down, two up.
    assert!(text.contains("| DMPO | 1 → 10 | 10 | 30.0 % ± 0.0 | 20.0 % ± 0.0 | 3 |"), "{text}");

    let path = files.tables.iter().find(|path| path.ends_with("verdict.csv")).unwrap();
    let csv = fs::read_to_string(path).unwrap();
    let mut lines = csv.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let row = lines.find(|row| row[0] == "dmpo").unwrap();
    let value = |name: &str| -> f64 {
        row[header.iter().position(|column| *column == name).unwrap()].parse().unwrap()
    };
    for (name, expected) in [
        ("measure_at_best_mean", 0.052),
        ("measure_at_best_half_width", 0.002_484_138),
        ("measure_at_largest_mean", 0.046_349_738),
        ("loss_normalised_at_best_mean", 0.65),
        ("loss_normalised_at_largest_mean", 0.304_612_236),
        ("loss_normalised_difference", 0.304_612_236 - 0.65),
    ] {
        assert!((value(name) - expected).abs() < 1e-8, "{name} is {}", value(name));
    }
}

/// Intervals over seeds describe means; differences have those of the verdict and no others.
#[test]
fn a_difference_has_one_interval_and_one_test() {
    let dir = tempfile::tempdir().unwrap();
    World { betas: vec![0.5, 1.0], ..World::standard() }.write(dir.path());
    let (text, files) = report(dir.path());
    for words in ["no clear change", "paired difference −", "falls for", "rises for", "[95 %]"] {
        assert!(!text.contains(words), "{words}\n{text}");
    }
    let lines: Vec<&str> = text.lines().collect();
    let headers = lines.windows(2).filter(|two| two[1].starts_with("| :--")).map(|two| two[0]);
    let compared: Vec<&str> = headers.flat_map(|line| line.split(" | ")).collect();
    let intervals = |name: &str| name.contains(" interval)") || name.contains(" CI]");
    assert!(compared.iter().any(|name| intervals(name)), "{text}");
    for (place, name) in compared.iter().enumerate().filter(|(_, name)| intervals(name)) {
        let next = compared.get(place + 1);
        assert!(next.is_some_and(|next| next.contains("p (Holm)")), "{name}, then {next:?}");
    }
    assert!(files.tables.iter().all(|path| !path.to_string_lossy().contains("comparison")));
}

#[test]
fn a_cell_shared_by_two_losses_is_paid_once() {
    let (dir, _) = small();
    let (text, files) = report(dir.path());
    // Three pairwise cells at K = 1, three per loss at K = 10.
    assert!(text.contains("In all, 9 training runs took "), "{text}");
    let json: serde_json::Value =
        serde_json::from_slice(&fs::read(&files.provenance).unwrap()).unwrap();
    assert_eq!(json["complete"], 9);
    assert_eq!(json["steps"], 9000);
    assert_eq!(json["wall_seconds"], 3.0 * 11.0 + 6.0 * 20.0);
}

#[test]
fn one_seed_shows_no_interval() {
    let dir = tempfile::tempdir().unwrap();
    World { seeds: vec![7], ..World::small() }.write(dir.path());
    let (text, _) = report(dir.path());
    assert!(!text.contains("0 ± ") && text.contains(" (one seed) |"), "{text}");
    assert!(text.contains("| DMPO | 1 | 0.0520 | 0.0463 | "), "{text}");
}

#[test]
fn use_of_experts_is_shown_where_there_are_some() {
    let dir = tempfile::tempdir().unwrap();
    let index = World::standard().write(dir.path());
    let (text, files) = report(dir.path());
    assert!(!text.contains("expert"), "{text}");
    let plots = files.plots.len();
    for entry in &index.references {
        let path = dir.path().join(&entry.dir).join("experts.csv");
        let rows = "3,0,0,0.1\n3,0,1,0.6\n3,0,2,0.3\n";
        fs::write(path, format!("step,block,expert,share\n{rows}")).unwrap();
    }
    let (text, files) = report(dir.path());
    assert_eq!(files.plots.len(), plots + 2);
    assert!(text.contains("(plots/expert_use.svg)") && text.contains("Sparse experts"), "{text}");
    let svg = fs::read_to_string(dir.path().join("out/plots/expert_use.svg")).unwrap();
    let places = ["60 %", "30 %", "10 %"].map(|share| svg.find(share).expect(share));
    assert!(places.is_sorted(), "the most used expert comes first");
}

/// The references of `World::small` have NDCG@10 0.0500 on the test split, popularity 0.0210.
#[test]
fn the_reference_stands_beside_baselines_and_published_figures() {
    let (dir, mut index) = small();
    let (old, files) = report(dir.path());
    assert!(old.contains("The reference is at or above every baseline in test NDCG@10."), "{old}");
    assert!(files.warnings.is_empty() && !old.contains("Published figures"), "{old}");

    let folder = dir.path().join("baselines/ease");
    fs::create_dir_all(&folder).unwrap();
    let metrics = fs::read_to_string(dir.path().join("popularity/metrics.csv")).unwrap();
    let row = metrics.lines().find(|row| row.starts_with("0,test,full,ndcg,10,")).unwrap();
    let metrics = metrics.replace(row, "0,test,full,ndcg,10,0.055");
    fs::write(folder.join("metrics.csv"), metrics).unwrap();
    let of = |name: &str, title: &str, dir: &str, status| BaselineEntry {
        id: None,
        name: name.to_owned(),
        title: title.to_owned(),
        dir: dir.into(),
        status,
    };
    let reason = "20033 items".to_owned();
    index.popularity = None;
    index.baselines = vec![
        of("popularity", "popularity", "popularity", BaselineStatus::Complete),
        of("ease", "EASE^R", "baselines/ease", BaselineStatus::Complete),
        of("item_knn", "ItemKNN", "baselines/knn", BaselineStatus::Missing),
        of("huge", "Huge", "baselines/huge", BaselineStatus::Skipped { reason }),
    ];
    let figure = |model: &str, value| PublishedFigure {
        model: model.to_owned(),
        metric: "ndcg@10".to_owned(),
        protocol: "full".to_owned(),
        value,
        settings: "some".to_owned(),
        source: "a paper".to_owned(),
    };
    index.model = Some("sasrec".to_owned());
    index.dataset.published =
        vec![figure("SASRec", 0.04), figure("SASRec", 0.052), figure("Other", 0.9)];
    write_index(dir.path(), &index);
    let (text, files) = report(dir.path());
    let numbers = "test NDCG@10 0.0500 against 0.0550, full-sort evaluation";
    assert_eq!(files.warnings, [format!("the reference is below EASE^R: {numbers}")]);
    for expected in [
        &format!("**The reference is below EASE^R**: {numbers}."),
        "| EASE^R | 0.0550 | 0.0368 | 0.3550 | 0.6212 |",
        "| reference | 0.0500 ± 0.0025 |",
        "Huge was left out: 20033 items.",
        "- ItemKNN: not run, or not finished",
        "**reproduced**: the reference has test NDCG@10 0.0500, −3.8 % from 0.0520, the best \
         published for SASRec",
        "| Other | some | NDCG@10 | full-sort | 0.9000 | 0.0500 ± 0.0025 | a paper |",
    ] {
        assert!(text.contains(expected), "no {expected} in {text}");
    }
    let table = fs::read_to_string(dir.path().join("out/tables/baselines.csv")).unwrap();
    assert!(table.contains("\nease,0.055,,"), "{table}");
    let main = headline_table(dir.path(), TableFormat::Markdown).unwrap();
    assert!(main.contains("| EASE^R | – | – |"), "{main}");
}

#[test]
fn partial_results_render_and_say_what_is_missing() {
    let (dir, mut index) = small();
    for cell in &mut index.cells {
        let (loss, at) = (cell.key.loss.to_string(), (cell.key.negatives, cell.key.seed));
        if loss == "dmpo" && at.0 == 10 {
            cell.status = if at.1 == 11 {
                CellStatus::Failed { reason: "loss is NaN at step 40".to_owned() }
            } else {
                CellStatus::Missing
            };
        }
        if loss == "s_dpo" && at == (10, 12) {
            cell.status = CellStatus::Missing;
        }
    }
    fs::remove_dir_all(dir.path().join("popularity")).unwrap();
    write_index(dir.path(), &index);
    let (text, files) = report(dir.path());
    assert!(text.contains("- DMPO, K = 10, seed 11: failed: loss is NaN at step 40"), "{text}");
    assert!(text.contains("- DMPO, K = 10, seed 12: not run, or not finished"), "{text}");
    assert!(text.contains("| DMPO | 10 | 0 of 3 | – |"), "{text}");
    assert!(text.contains("| S-DPO | 10 | 2 of 3 |"), "{text}");
    assert!(text.contains("The largest planned K has no results yet for DMPO."), "{text}");
    assert!(text.contains("- popularity: "), "{text}");
    assert_eq!(files.missing.len(), 5);
}

#[test]
fn a_sweep_without_any_result_renders() {
    let (dir, mut index) = small();
    for cell in &mut index.cells {
        cell.status = CellStatus::Missing;
    }
    for reference in &mut index.references {
        reference.status = CellStatus::Missing;
    }
    write_index(dir.path(), &index);
    let (text, files) = report(dir.path());
    assert!(text.contains("so there is no verdict."), "{text}");
    assert!(text.contains("No `forest` plot: "), "{text}");
    assert!(files.plots.is_empty());
    index.cells.clear();
    write_index(dir.path(), &index);
    report(dir.path());
}

#[test]
fn every_axis_has_a_column() {
    let dir = tempfile::tempdir().unwrap();
    World { betas: vec![0.5, 1.0], ..World::small() }.write(dir.path());
    let found = headline_table(dir.path(), TableFormat::Csv).unwrap();
    assert!(found.starts_with("loss,beta,negatives,seeds,"), "{found}");
    assert!(found.contains("dmpo,0.5,10,3,3,") && found.contains("reference,,,3,3,"), "{found}");
    let (text, _) = report(dir.path());
    assert!(text.contains("| DMPO | 0.5 | 10 | 3 |"), "{text}");
}

#[test]
fn files_that_may_be_absent_are_listed() {
    let (dir, index) = small();
    let cell = dir.path().join(&index.cells[0].dir);
    fs::remove_file(cell.join("ranks.parquet")).unwrap();
    fs::remove_file(cell.join("provenance.json")).unwrap();
    let (_, files) = report(dir.path());
    assert_eq!(files.missing.len(), 2, "{:?}", files.missing);
    assert!(files.missing.iter().any(|line| line.starts_with("ranks of DMPO, K = 1, seed 11")));
}

fn error(dir: &Path) -> String {
    let error = write_report(dir, &dir.join("out")).unwrap_err();
    let table = headline_table(dir, TableFormat::Markdown);
    if !matches!(error, ReportError::Table { .. } | ReportError::Write { .. }) {
        assert_eq!(table.unwrap_err().to_string(), error.to_string());
    }
    error.to_string()
}

fn assert_names(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "`{message}` lacks `{part}`");
    }
}

#[test]
fn a_missing_index_is_named() {
    let dir = tempfile::tempdir().unwrap();
    assert_names(&error(dir.path()), &["cannot read", INDEX_FILE]);
}

#[test]
fn a_corrupt_index_is_named_with_its_line() {
    let (dir, _) = small();
    let path = dir.path().join(INDEX_FILE);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, &text[..text.len() / 2]).unwrap();
    assert_names(&error(dir.path()), &[INDEX_FILE, "line", "ends too early", "prefsweep run"]);
    fs::write(&path, text.replace("\"title\"", "\"tile\"")).unwrap();
    assert_names(&error(dir.path()), &[INDEX_FILE, "line", "the key `title` is missing"]);
    fs::write(&path, text.replace("\"format\": 2", "\"format\": 7")).unwrap();
    assert_names(&error(dir.path()), &[INDEX_FILE, "format 7", "reads format 2", "newer version"]);
    fs::write(&path, text.replace("\"format\": 2", "\"format\": 1")).unwrap();
    let message = error(dir.path());
    assert_names(&message, &[INDEX_FILE, "format 1", "reads format 2"]);
    assert_names(&message, &["run the experiment again", "runs have other identities"]);
    fs::write(&path, [0xff, 0x00, 0x13]).unwrap();
    assert_names(&error(dir.path()), &[INDEX_FILE, "line 1"]);
}

#[test]
fn an_index_that_contradicts_itself_is_refused() {
    let (dir, mut index) = small();
    index.cells[0].reference = "nowhere".to_owned();
    write_index(dir.path(), &index);
    assert_names(&error(dir.path()), &[INDEX_FILE, "dmpo, K = 1, seed 11", "`nowhere`"]);
    index.cells[0] = index.cells[1].clone();
    write_index(dir.path(), &index);
    assert_names(&error(dir.path()), &[INDEX_FILE, "listed twice"]);
}

fn metrics_of_first_cell() -> (tempfile::TempDir, PathBuf, String) {
    let (dir, index) = small();
    let path = dir.path().join(&index.cells[0].dir).join("metrics.csv");
    let text = fs::read_to_string(&path).unwrap();
    (dir, path, text)
}

#[test]
fn broken_metrics_are_named_with_their_line() {
    let (dir, path, text) = metrics_of_first_cell();
    let name = path.to_str().unwrap();
    let line = |number: usize, with: &str| {
        let mut lines: Vec<&str> = text.lines().collect();
        lines[number - 1] = with;
        lines.join("\n") + "\n"
    };
    fs::write(&path, line(4, "0,test,full,hr,1,many")).unwrap();
    assert_names(&error(dir.path()), &[name, "line 4", "`many`", "`value`", "a number"]);
    fs::write(&path, line(5, "0,train,full,hr,1,0.1")).unwrap();
    assert_names(&error(dir.path()), &[name, "line 5", "`train`", "validation, test"]);
    fs::write(&path, line(6, "-3,test,full,hr,1,0.1")).unwrap();
    assert_names(&error(dir.path()), &[name, "line 6", "`-3`", "a whole number"]);
    fs::write(&path, line(7, "0,test,full,hr,1,0.1,0.2,0.3")).unwrap();
    assert_names(&error(dir.path()), &[name, "line 7"]);
    fs::write(&path, line(1, "step,split,protocol,metric,k,value")).unwrap();
    assert_names(&error(dir.path()), &[name, "no column `cutoff`", "`k`"]);
    fs::write(&path, "step,split,protocol,metric,cutoff,value\n").unwrap();
    assert_names(&error(dir.path()), &[name, "no rows"]);
    fs::write(&path, "").unwrap();
    assert_names(&error(dir.path()), &[name]);
    fs::write(&path, [0xff, 0xfe, 0x00, 0x80, b'\n', 0xc3, 0x28]).unwrap();
    assert_names(&error(dir.path()), &[name]);
    fs::remove_file(&path).unwrap();
    assert_names(&error(dir.path()), &[name, "cannot read"]);
}

#[test]
fn a_short_line_does_not_go_unnoticed() {
    let (dir, path, text) = metrics_of_first_cell();
    let cut = text.trim_end().rsplit_once(',').unwrap().0.rsplit_once(',').unwrap().0;
    fs::write(&path, cut).unwrap();
    assert_names(&error(dir.path()), &[path.to_str().unwrap(), "line"]);
}

#[test]
fn values_that_are_not_finite_count_as_absent() {
    let (dir, path, text) = metrics_of_first_cell();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for (row, value) in [(3, "NaN"), (9, "inf"), (12, "-inf"), (15, "")] {
        let (rest, _) = lines[row].rsplit_once(',').unwrap();
        lines[row] = format!("{rest},{value}");
    }
    fs::write(
        &path,
        lines.join(
            "
",
        ),
    )
    .unwrap();
    report(dir.path());
}

#[test]
fn corrupt_ranks_and_provenance_are_named() {
    let (dir, index) = small();
    let cell = dir.path().join(&index.cells[0].dir);
    let ranks = fs::read(cell.join("ranks.parquet")).unwrap();
    fs::write(cell.join("ranks.parquet"), b"PAR1 not really").unwrap();
    assert_names(&error(dir.path()), &["ranks.parquet"]);
    fs::write(cell.join("ranks.parquet"), ranks).unwrap();
    fs::write(cell.join("provenance.json"), "{").unwrap();
    assert_names(&error(dir.path()), &["provenance.json", "line 1"]);
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let (dir, _) = small();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let message = write_report(dir.path(), &file.join("out")).unwrap_err().to_string();
    assert_names(&message, &["cannot write", "file"]);
}

/// Pictures to look at: `cargo test --release --test reports -- --ignored preview`.
#[test]
#[ignore = "writes pictures to report-preview among the temporary files for people to look at"]
fn preview() {
    let out = std::env::temp_dir().join("report-preview");
    let worlds = [
        ("standard", World::standard()),
        ("variants", World { betas: vec![0.5, 1.0], ..World::standard() }),
        ("many-variants", World { betas: vec![0.1, 0.2, 0.5, 1.0, 2.0, 5.0], ..World::small() }),
        ("one-seed", World { seeds: vec![7], ..World::standard() }),
        ("one-k", World { negatives: vec![3], ..World::standard() }),
        ("small", World::small()),
    ];
    for (name, world) in worlds {
        let dir = tempfile::tempdir().unwrap();
        world.write(dir.path());
        write_report(dir.path(), &out.join(name)).unwrap();
    }
}

/// Each as soon as its numbers are there, and not before.
#[test]
fn numbers_that_mislead_are_warned_of() {
    let (dir, mut index) = small();
    assert!(report(dir.path()).1.warnings.is_empty());
    let cell = dir.path().join(&index.cells.last().unwrap().dir);
    let change = |name: &str, change: &dyn Fn(&str) -> String| {
        let text = fs::read_to_string(cell.join(name)).unwrap();
        assert_ne!(change(&text), text, "nothing was changed");
        fs::write(cell.join(name), change(&text)).unwrap();
    };
    change("metrics.csv", &|text| text.replace("ties,0,0.002", "ties,0,0.02"));
    change("trajectory.csv", &|text| {
        let (start, last) = text.trim_end().rsplit_once('\n').unwrap();
        let mut fields: Vec<&str> = last.split(',').collect();
        fields[7] = "50";
        format!("{start}\n{}\n", fields.join(","))
    });
    index.dataset.leaks = vec!["in 3 of 9 test rows the true item is known".to_owned()];
    write_index(dir.path(), &index);
    let (text, files) = report(dir.path());
    let starts = ["in 3 of 9 test rows", "many scores are tied", "the gradient exploded"];
    assert_eq!(files.warnings.len(), starts.len(), "{:?}", files.warnings);
    for (warning, start) in files.warnings.iter().zip(starts) {
        assert!(warning.starts_with(start), "{warning}");
    }
    assert!(text.contains("<summary>Warnings</summary>"), "{text}");

    // A reference that was best at its last epoch, one that was stopped, and one that was never evaluated.
    let (dir, index) = small();
    let epochs = ["1,8.1,0.02\n2,7.0,\n3,6.5,0.03", "1,8.1,0.03\n2,7.0,0.02", "1,8.1,\n2,7.0,"];
    for (entry, rows) in index.references.iter().zip(epochs) {
        let text = format!("epoch,loss,validation_ndcg_10\n{rows}\n");
        fs::write(dir.path().join(&entry.dir).join("training.csv"), text).unwrap();
    }
    let said = "the best validation of the reference is that of its last epoch in 1 of 2 runs";
    let (text, files) = report(dir.path());
    assert!(
        files.warnings.len() == 1 && files.warnings[0].starts_with(said),
        "{:?}",
        files.warnings
    );
    assert!(text.contains("3 seeds: intervals cover seeds and users, and only large"), "{text}");

    // Tuned at the edge of the grid, with a single seed.
    let dir = tempfile::tempdir().unwrap();
    World { betas: vec![0.5, 1.0], seeds: vec![7], ..World::small() }.write(dir.path());
    let text = report(dir.path()).0;
    assert!(text.contains("is the smallest or the largest that was tried"), "{text}");
    assert!(text.contains("1 seed: intervals and p cover other users"), "{text}");

    // Of s_dpo with many negatives validation rises to the end.
    let dir = tempfile::tempdir().unwrap();
    let losses = vec![LossKey::new("s_dpo")];
    World { losses, negatives: vec![8, 10], ..World::small() }.write(dir.path());
    let warnings = report(dir.path()).1.warnings;
    let said = "the best validation is that of the last evaluation in 6 of 6 runs";
    assert!(warnings.len() == 1 && warnings[0].starts_with(said), "{warnings:?}");
}

/// At K = 1 the ten users of a world have the ranks 6 to 15.
#[test]
fn cold_items_stand_apart_where_the_index_names_them() {
    let (dir, mut index) = small();
    assert!(!report(dir.path()).0.contains("Cold items"));
    index.dataset.cold = Some(Cold { at_most: 5, items: 90, users: vec![0] });
    write_index(dir.path(), &index);
    let (text, _) = report(dir.path());
    assert!(text.contains("Cold items") && text.contains("90 of 800 items are"), "{text}");
    let row = text.lines().find(|line| line.contains("0.3562")).expect("1 / log2(6 + 1)");
    // Ranks 7 to 10 of nine users.
    let others =
        [8.0, 9.0, 10.0, 11.0].map(|place: f64| place.log2().recip()).iter().sum::<f64>() / 9.0;
    assert!(row.contains(&format!("{others:.4}")), "{row}");
}
