//! Results that are read: index, tables and pages, exports, claims, comparisons.

use super::case::{Case, call};
use super::store::entry;
use crate::place::Workplace;

pub(super) fn cases() -> Vec<Case> {
    [absent(), index(), entries(), choices(), verdicts(), compared(), outputs()]
        .into_iter()
        .flatten()
        .collect()
}

fn absent() -> Vec<Case> {
    vec![
        call("no results of an experiment", "report e.yaml").file("e.yaml", ""),
        call("no results folder", "verify nowhere"),
        call("a published report", "table published").file("published/verdict.json", "{}"),
        call("no results to compare", "compare nowhere nowhere"),
        call("no results to test claims on", "claims nowhere --out page"),
        call("no verdicts in the folder", "leaderboard empty --out page").folder("empty"),
    ]
}

/// Puts another text into a file.
fn change(place: &Workplace, file: &str, from: &str, to: &str) {
    let text = std::fs::read_to_string(place.path(file)).unwrap();
    assert!(text.contains(from), "no {from} in {text}");
    std::fs::write(place.path(file), text.replacen(from, to, 1)).unwrap();
}

/// Damaged indexes.
fn index() -> Vec<Case> {
    const INDEX: &str = "results/e/index.json";
    let damaged = |what, content: &'static str| call(what, "report results/e").file(INDEX, content);
    let changed = |what, from: &'static str, to: &'static str| {
        call(what, "report results/e")
            .after_a_run()
            .step(move |place| change(place, INDEX, from, to))
    };
    vec![
        damaged("an empty index", ""),
        damaged("an index that is cut off", "{\"format\": 2, \"experiment\": \"Te"),
        damaged("an index that is no JSON", "format: 2\n"),
        damaged("an index that is a list", "[]"),
        damaged("an index without anything", "{}"),
        damaged("an index that lacks a key", "{\"format\": 2}"),
        damaged("an index of a newer version", "{\"format\": 99}"),
        damaged("an index of an older version", "{\"format\": 1}"),
        damaged("an index of no version", "{\"format\": \"two\"}"),
        call("an index that is not UTF-8", "report results/e")
            .file(INDEX, b"{\"\xe9\": 1}".as_slice()),
        changed("a value of another type in the index", "\"items\": 90", "\"items\": \"many\""),
        changed("a value out of range in the index", "\"items\": 90", "\"items\": -90"),
        changed("an unknown status in the index", "\"complete\"", "\"completed\""),
        changed("a cell whose reference is not listed", "\"reference\": \"", "\"reference\": \"x"),
        call("a damaged index for `verify`", "verify results/e").file(INDEX, "{\"format\": 2}"),
        call("a damaged index for `table`", "table results/e").file(INDEX, "{"),
        call("a damaged index for `export`", "export results/e --to x").file(INDEX, "{"),
        call("a damaged index for `compare`", "compare results/e results/e").file(INDEX, "{"),
    ]
}

/// Damaged files of runs.
fn entries() -> Vec<Case> {
    let damaged = |what, kind: &'static str, file: &'static str, content: &'static [u8]| {
        call(what, "report results/e").after_a_run().step(move |place| {
            let entry = entry(&place.path("results"), kind);
            // Without a marker nothing says that the file was damaged.
            std::fs::remove_file(entry.join("complete.json")).unwrap();
            std::fs::write(entry.join(file), content).unwrap();
        })
    };
    vec![
        damaged(
            "metrics without rows",
            "cells",
            "metrics.csv",
            b"step,split,protocol,metric,cutoff,value\n",
        ),
        damaged("empty metrics", "cells", "metrics.csv", b""),
        damaged("metrics without a column", "cells", "metrics.csv", b"step,split\n1,test\n"),
        damaged(
            "metrics with a value that is no number",
            "cells",
            "metrics.csv",
            b"step,split,protocol,metric,cutoff,value\n1,test,full,ndcg,10,good\n",
        ),
        damaged(
            "metrics with a word that is none",
            "cells",
            "metrics.csv",
            b"step,split,protocol,metric,cutoff,value\n1,exam,full,ndcg,10,0.5\n",
        ),
        damaged(
            "metrics with a row that is too long",
            "cells",
            "metrics.csv",
            b"step,split,protocol,metric,cutoff,value\n1,test,full,ndcg,10,0.5,3\n",
        ),
        damaged(
            "metrics that are not UTF-8",
            "cells",
            "metrics.csv",
            b"step,split,protocol,metric,cutoff,value\n1,\xe9,full,ndcg,10,0.5\n",
        ),
        damaged(
            "a trajectory that is damaged",
            "cells",
            "trajectory.csv",
            b"step,loss\nfirst,0.5\n",
        ),
        damaged("ranks that are damaged", "cells", "ranks.parquet", b"PAR1 and no more"),
        damaged("a provenance that is cut off", "references", "provenance.json", b"{\"a\""),
        damaged("a provenance that lacks a key", "references", "provenance.json", b"{}"),
    ]
}

fn choices() -> Vec<Case> {
    let table = |what, more: &str| {
        call(what, &format!("table results/e --format latex {more}")).after_a_run()
    };
    vec![
        table("an unknown metric", "--metrics ndcgg@10"),
        table("a cut-off that was not measured", "--metrics ndcg@7"),
        table("a metric without a cut-off", "--metrics ndcg"),
        table("a K that was not run", "--k 7"),
        table("a K that is no number", "--k most"),
        table("a loss that was not run", "--losses dpo"),
    ]
}

fn verdicts() -> Vec<Case> {
    let claims = |what, content: &'static str| {
        call(what, "claims v --out page").file("v/verdict.json", content)
    };
    vec![
        claims("verdicts that are cut off", "{\"format\": 5, \"exp"),
        claims("verdicts that lack a key", "{\"format\": 5}"),
        claims("verdicts of no version", "{}"),
        claims("verdicts of a version that is a text", "{\"format\": \"five\"}"),
        claims("verdicts of a newer version", "{\"format\": 99}"),
        claims("verdicts of an older version", "{\"format\": 1}"),
        call("a file that holds no verdicts", "leaderboard v.json --out page").file("v.json", "[]"),
        call("a leaderboard of no experiment with the control", "leaderboard results/e --out page")
            .after_a_run(),
        call("an experiment twice", "claims results/e results/e --out page").after_a_run(),
        call("results of different measures", "claims results/e x --out page").after_a_run().step(
            |place| {
                std::fs::create_dir(place.path("x")).unwrap();
                let from = place.path("results/e/report/verdict.json");
                std::fs::copy(from, place.path("x/verdict.json")).unwrap();
                change(place, "x/verdict.json", "\"experiment\": \"e\"", "\"experiment\": \"f\"");
                change(place, "x/verdict.json", "\"measure\": \"", "\"measure\": \"other ");
            },
        ),
        call("verdicts of a value of another type", "claims results/e --out page")
            .after_a_run()
            .step(|place| {
                let file = "results/e/report/verdict.json";
                change(place, file, "\"experiment\": \"e\"", "\"experiment\": 3");
            }),
    ]
}

/// A folder with an export.
fn export(place: &Workplace) {
    let ended = place.run(&["export", "results/e", "--to", "x"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}

fn compared() -> Vec<Case> {
    let damaged = |what, file: &'static str, content: &'static str| {
        call(what, "compare results/e x").after_a_run().step(export).file(file, content)
    };
    vec![
        damaged("an export that is cut off", "x/export.json", "{\"format\""),
        damaged("an export that lacks a key", "x/export.json", "{\"format\": 2}"),
        damaged("an export of a newer version", "x/export.json", "{\"format\": 99}"),
        damaged("an export with damaged ranks", "x/ranks.parquet", "PAR1 and no more"),
        call("results of other cut-offs", "compare results/e x").after_a_run().step(export).step(
            |place| {
                change(place, "x/export.json", "\"cutoffs\": [", "\"cutoffs\": [7], \"were\": [")
            },
        ),
        call("an export without its ranks", "compare results/e x")
            .after_a_run()
            .step(export)
            .step(|place| std::fs::remove_file(place.path("x/ranks.parquet")).unwrap()),
        call("an export whose ranks lack a column", "compare results/e x")
            .after_a_run()
            .step(export)
            .step(|place| changed_ranks(place, |frame| frame.drop("rank").unwrap())),
        call("an export whose ranks have a column of another type", "compare results/e x")
            .after_a_run()
            .step(export)
            .step(|place| {
                changed_ranks(place, |mut frame| {
                    let user =
                        frame.column("user").unwrap().cast(&polars::prelude::DataType::String);
                    frame.with_column(user.unwrap()).unwrap();
                    frame
                });
            }),
        call("an export whose runs have no key", "compare results/e x")
            .after_a_run()
            .step(export)
            .step(|place| {
                changed_ranks(place, |mut frame| {
                    let height = frame.height();
                    let key = polars::prelude::Column::new("key".into(), vec!["{}"; height]);
                    frame.with_column(key).unwrap();
                    frame
                });
            }),
    ]
}

fn changed_ranks(
    place: &Workplace,
    change: impl Fn(polars::prelude::DataFrame) -> polars::prelude::DataFrame,
) {
    use polars::prelude::*;

    let path = place.path("x/ranks.parquet");
    let frame = ParquetReader::new(std::fs::File::open(&path).unwrap()).finish().unwrap();
    let mut frame = change(frame);
    ParquetWriter::new(std::fs::File::create(&path).unwrap()).finish(&mut frame).unwrap();
}

/// Places that cannot be written.
fn outputs() -> Vec<Case> {
    let taken = |what, arguments: &str| call(what, arguments).after_a_run().file("taken", "");
    vec![
        taken("a file in place of the export's folder", "export results/e --to taken"),
        taken("a file in place of the report's folder", "report results/e --out taken"),
        taken("a file in place of the claims' folder", "claims results/e --out taken"),
        taken("a file in place of the figures' folder", "plot results/e --pdf --out taken"),
        call("a full disk", "report results/e --out full").after_a_run().code(1).step(|place| {
            std::fs::create_dir(place.path("full")).unwrap();
            std::os::unix::fs::symlink("/dev/full", place.path("full/report.md")).unwrap();
        }),
    ]
}
