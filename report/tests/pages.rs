//! The tables of README and `docs/findings.md` are made of the committed results: here, with code that shares nothing with
//! the report's. `PREFSWEEP_WRITE_DOCS=1` writes them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// What a data set is called, and its folder.
type Column = (&'static str, &'static str);

const COLUMNS: [Column; 8] = [
    ("synthetic", "synthetic"),
    ("world 11", "world-11"),
    ("world 12", "world-12"),
    ("MovieLens 1M", "ml-1m"),
    ("Beauty", "beauty"),
    ("MovieLens 100K", "ml-100k"),
    ("LastFM", "lastfm"),
    ("S-DPO's LastFM", "lastfm-s-dpo"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A file of committed results.
fn json(folder: &str, file: &str) -> Value {
    let path = root().join("results/reference").join(folder).join(file);
    let text =
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// A comparison at the end of training.
struct Compared {
    before_k: u64,
    found: Value,
}

impl Compared {
    /// Of a loss, by the name of the question.
    fn of(folder: &str, question: &str, loss: &str) -> Option<Self> {
        let verdict = json(folder, "verdict.json");
        let claims = verdict["claims"].as_array().unwrap().iter();
        let mut all = claims.chain(verdict["contrasts"]["tested"].as_array().unwrap());
        let found = all.find(|one| one["question"] == question && one["after"]["label"] == loss)?;
        let before_k = found["before"]["negatives"].as_u64().unwrap();
        Some(Self { before_k, found: found["at_end"].clone() })
    }

    fn number(&self, key: &str) -> f64 {
        self.found[key].as_f64().unwrap()
    }

    /// `−2.3 [−3.1, −1.5]`, bold where it is significant.
    fn text(&self) -> String {
        let ends = [0, 1].map(|end| self.found["interval"][end].as_f64().unwrap());
        let [low, high] = ends.map(|end| signed(100.0 * end / self.number("before")));
        let text = format!("{} [{low}, {high}]", signed(self.number("percent")));
        let one_side = ends[0] > 0.0 || ends[1] < 0.0;
        if one_side && self.number("p_holm") < 0.05 { format!("**{text}**") } else { text }
    }
}

/// One decimal, with a sign unless it is zero.
fn signed(value: f64) -> String {
    let text = format!("{value:+.1}").replace('-', "−");
    if text.ends_with("0.0") && text.chars().count() == 4 { "0.0".to_owned() } else { text }
}

fn cell(folder: &str, question: &str, loss: &str) -> String {
    Compared::of(folder, question, loss).map_or("–".to_owned(), |found| found.text())
}

/// From one negative, or from what it says.
fn dmpo(folder: &str) -> String {
    let found = Compared::of(folder, "more_negatives", "dmpo").unwrap();
    match found.before_k {
        1 => found.text(),
        k => format!("{} (K = {k} → 20)", found.text()),
    }
}

/// Over how many seeds it asks, behind a name: five where nothing is said.
fn seeds(folder: &str, question: &str) -> String {
    let found = Compared::of(folder, question, "dmpo").unwrap().found;
    match found["seeds"].as_u64().unwrap() {
        5 => String::new(),
        seeds => format!(" ({seeds} seeds)"),
    }
}

fn title((name, folder): Column) -> String {
    format!("{name}{}", seeds(folder, "more_negatives"))
}

fn rows(header: &[String], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |", cells.join(" | ")).replace("|  |", "| |");
    let rule = format!("|{}", "---|".repeat(header.len()));
    let body = rows.into_iter().map(|row| line(&row));
    [line(header), rule].into_iter().chain(body).collect::<Vec<_>>().join("\n")
}

/// README's: the two worlds share a column.
fn found() -> String {
    let of = |cell: &dyn Fn(&str) -> String| -> Vec<String> {
        let one = |folder: &str| cell(folder);
        let worlds = format!("{}; {}", one("world-11"), one("world-12"));
        let others = COLUMNS[3..].iter().map(|(_, folder)| one(folder));
        [one("synthetic"), worlds].into_iter().chain(others).collect()
    };
    let row = |name: &str, cell: &dyn Fn(&str) -> String| -> Vec<String> {
        std::iter::once(name.to_owned()).chain(of(cell)).collect()
    };
    let names = COLUMNS[3..].iter().map(|column| title(*column));
    let header = ["", "synthetic", "two more worlds"].map(str::to_owned).into_iter().chain(names);
    rows(
        &header.collect::<Vec<_>>(),
        [
            row("DMPO, K = 1 → 20", &dmpo),
            row("DynamicPO − DMPO", &|folder| cell(folder, "dynamic_po", "dynamic_po(dmpo)")),
            row("RoDPO − SFT", &|folder| cell(folder, "above_control", "ro_dpo")),
        ],
    )
}

fn users(folder: &str) -> String {
    let found = Compared::of(folder, "more_negatives", "dmpo").unwrap();
    let users = found.found["users"].as_u64().unwrap();
    let text = match users {
        0..1000 => users.to_string(),
        _ => format!("{},{:03}", users / 1000, users % 1000),
    };
    match json(folder, "export.json")["dataset"]["people"].as_array() {
        Some(people) => format!("{} ({text} tests)", people.len()),
        None => text,
    }
}

/// The claims of the papers.
fn claims() -> String {
    let row = |name: &str, cell: &dyn Fn(&str) -> String| -> Vec<String> {
        let cells = COLUMNS.iter().map(|(_, folder)| cell(folder));
        std::iter::once(name.to_owned()).chain(cells).collect()
    };
    let header = std::iter::once(String::new()).chain(COLUMNS.map(title));
    let asked = |question: &'static str, loss: &'static str| {
        move |folder: &str| cell(folder, question, loss)
    };
    rows(
        &header.collect::<Vec<_>>(),
        [
            row("users ranked for", &users),
            row("DMPO, K = 1 → 20", &dmpo),
            row("S-DPO, K\\* → 20", &asked("more_negatives", "s_dpo")),
            row("DPO, K\\* → 20", &asked("more_negatives", "dpo")),
            row("DynamicPO − DMPO", &asked("dynamic_po", "dynamic_po(dmpo)")),
            row("DynamicPO − S-DPO", &asked("dynamic_po", "dynamic_po(s_dpo)")),
            row("RoDPO − DPO", &asked("pool_minus_uniform", "ro_dpo")),
            row("RoDPO − SFT", &asked("above_control", "ro_dpo")),
            row("softmax CE − SFT", &asked("above_control", "softmax_ce")),
        ],
    )
}

/// Means over seeds by loss and K, of the losses without settings, whose names have no comma.
fn headline(folder: &str) -> BTreeMap<(String, String), BTreeMap<String, f64>> {
    let path = root().join("results/reference").join(folder).join("tables/headline.csv");
    let text = fs::read_to_string(&path).unwrap();
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let plain = lines.filter(|row| row.len() == header.len() && !row[0].starts_with('"'));
    let row = |row: Vec<&str>| {
        let numbers = header
            .iter()
            .zip(&row)
            .filter_map(|(name, text)| Some(((*name).to_owned(), text.parse().ok()?)));
        ((row[0].to_owned(), row[1].to_owned()), numbers.collect())
    };
    plain.map(row).collect()
}

/// Among all items and among the candidates.
fn candidates() -> String {
    let row = |(name, folder): &Column| -> Vec<String> {
        let means = headline(folder);
        let dmpo = Compared::of(folder, "more_negatives", "dmpo").unwrap().before_k.to_string();
        let at = |loss: &str, k: &str| &means[&(loss.to_owned(), k.to_owned())];
        let control = means.iter().find(|((loss, _), _)| loss == "sft").unwrap().1;
        let pairs = [
            (at("dynamic_po(dmpo)", "20"), at("dmpo", "20")),
            (at("ro_dpo", "20"), at("dpo", "20")),
            (at("ro_dpo", "20"), control),
            (at("dmpo", "20"), at("dmpo", &dmpo)),
        ];
        let mut cells = pairs.map(|(after, before)| {
            let measures = ["full_ndcg@10_mean", "candidates_ndcg@10_mean", "candidates_hr@1_mean"];
            let changes =
                measures.map(|measure| signed(100.0 * (after[measure] / before[measure] - 1.0)));
            changes.join(" / ")
        });
        if dmpo != "1" {
            cells[3].push_str(&format!(" (K = {dmpo} → 20)"));
        }
        std::iter::once((*name).to_owned()).chain(cells).collect()
    };
    let header = ["", "DynamicPO − DMPO", "RoDPO − DPO", "RoDPO − SFT", "DMPO, K = 1 → 20"];
    let shown = COLUMNS.iter().filter(|(name, _)| !name.starts_with("world"));
    rows(&header.map(str::to_owned), shown.map(row))
}

/// The arms of the mechanism.
fn arms() -> String {
    const FOLDERS: [Column; 3] = [
        ("synthetic", "mechanism"),
        ("MovieLens 1M", "mechanism-ml-1m"),
        ("MovieLens 100K", "mechanism-ml-100k"),
    ];
    let columns =
        || ["dmpo", "s_dpo"].into_iter().flat_map(|base| FOLDERS.map(|(_, folder)| (base, folder)));
    let names = ["over DMPO", "over S-DPO"].into_iter().flat_map(|over| {
        FOLDERS.into_iter().enumerate().map(move |(place, (name, folder))| match place {
            0 => format!("{over}: {name}"),
            _ => format!("{name}{}", seeds(folder, "above_control")),
        })
    });
    let header: Vec<String> = std::iter::once(String::new()).chain(names).collect();
    let row = |(name, question, arm): (&str, &str, &str)| -> Vec<String> {
        let cells = columns()
            .map(|(base, folder)| cell(folder, question, &format!("dynamic_po({base}, {arm})")));
        std::iter::once(name.to_owned()).chain(cells).collect()
    };
    const FLOOR: &str = "floor=true, margin=fixed, selection=all";
    rows(
        &header,
        [
            ("boundary set", "dynamic_po", "margin=fixed"),
            ("all, with the floor", "dynamic_po", FLOOR),
            ("as many at random", "dynamic_po", "margin=fixed, selection=random"),
            ("as many of the easiest", "dynamic_po", "margin=fixed, selection=easiest"),
            ("boundary set − random", "minus_random", "margin=fixed"),
            ("floor − random", "minus_random", FLOOR),
        ]
        .map(row),
    )
}

/// Puts a table behind its mark, as far in as the mark is.
fn put(page: &str, name: &str, table: &str) -> String {
    let mark = format!("<!-- made of results: {name} -->\n");
    let at = page.find(&mark).unwrap_or_else(|| panic!("no mark of {name}"));
    let line = page[..at].rfind('\n').map_or(0, |end| end + 1);
    let indent = &page[line..at];
    let start = at + mark.len();
    let end = start + page[start..].find("\n\n").unwrap();
    let table: Vec<String> = table.lines().map(|row| format!("{indent}{row}")).collect();
    format!("{}{}{}", &page[..start], table.join("\n"), &page[end..])
}

#[test]
fn tables_of_readme_and_findings_are_those_of_the_results() {
    for (file, tables) in [
        ("README.md", vec![("found", found())]),
        (
            "docs/findings.md",
            vec![("claims", claims()), ("candidates", candidates()), ("arms", arms())],
        ),
    ] {
        let path = root().join(file);
        let page = fs::read_to_string(&path).unwrap();
        let made = tables.iter().fold(page.clone(), |page, (name, table)| put(&page, name, table));
        if std::env::var_os("PREFSWEEP_WRITE_DOCS").is_some() {
            fs::write(&path, &made).unwrap();
        } else {
            let other = made.lines().filter(|line| !page.contains(line)).collect::<Vec<_>>();
            assert!(
                made == page,
                "{file} is not what the results say: run `just findings`; {other:#?}"
            );
        }
    }
}
