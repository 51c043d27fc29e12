//! Runs that were trained elsewhere.

use polars::prelude::*;

use super::case::{Case, call};
use crate::place::EXPERIMENT;

const HEADER: &str = "loss,K,seed,step,split,protocol,user,rank,competitors,ties,training_loss\n";

/// Columns of many types.
const TYPES: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../datasets/parquet/tests/fixtures/types.parquet");

pub(super) fn cases() -> Vec<Case> {
    [files(), values(), evaluations(), parquet(), mappings(), folders()]
        .into_iter()
        .flatten()
        .collect()
}

fn import(what: &'static str, content: impl Into<Vec<u8>>) -> Case {
    call(what, "import runs.csv --out mine").file("runs.csv", content)
}

fn rows(what: &'static str, rows: &str) -> Case {
    import(what, format!("{HEADER}{rows}\n"))
}

fn files() -> Vec<Case> {
    vec![
        call("a table of runs that is not there", "import runs.csv --out mine"),
        call("a folder without its mapping", "import mine --out mine").folder("mine"),
        import("an empty table of runs", ""),
        import("a table of runs without rows", HEADER),
        import("no column K", "loss,seed,split,protocol,user,rank\n"),
        import("no ranks and no scores", "loss,K,seed,split,protocol,user,score\n"),
        import("one column twice", "loss,K,seed,split,protocol,user,rank,rank\n"),
        import("a row of another length", format!("{HEADER}dmpo,1\n")),
        import("a table of runs that is not UTF-8", b"loss,\xe9\n".as_slice()),
        import(
            "a table of runs whose row is not UTF-8",
            [HEADER.as_bytes(), b"\xe9,1,1,1,test,full,0,1,9,0,\n"].concat(),
        ),
        call("imported runs in the place of the store", "import runs.csv --out results/store")
            .file("runs.csv", HEADER),
        call("imported runs in place of others", "import runs.csv --out mine")
            .file("runs.csv", format!("{HEADER}dmpo,1,1,1,test,full,0,1,9,0,\n"))
            .file(
                "mine/index.json",
                "{\"imported\": {\"files\": [{\"file\": \"other.csv\", \"hash\": \"\"}]}}",
            ),
        call("imported runs where the index is a list", "import runs.csv --out mine")
            .file("runs.csv", HEADER)
            .file("mine/index.json", "[]"),
        call("an experiment in place of imported runs", "run e.yaml --device flex --name mine")
            .file("e.yaml", EXPERIMENT)
            .file("results/mine/index.json", "{\"imported\": {\"files\": []}}"),
        call("imported runs in place of an experiment", "import runs.csv --out results/e")
            .after_a_run()
            .file("runs.csv", HEADER),
    ]
}

fn values() -> Vec<Case> {
    vec![
        rows("a rank of 0", "dmpo,1,1,1,test,full,0,0,9,0,"),
        rows("a rank that is no number", "dmpo,1,1,1,test,full,0,first,9,0,"),
        rows("a rank beyond the competitors", "dmpo,1,1,1,test,full,0,11,9,0,"),
        rows("a rank between two places", "dmpo,1,1,1,test,full,0,2.5,9,,"),
        rows("a rank that is not amid its ties", "dmpo,1,1,1,test,full,0,2,9,3,"),
        rows("no competitors", "dmpo,1,1,1,test,full,0,1,0,0,"),
        rows("an unknown split", "dmpo,1,1,1,exam,full,0,1,9,0,"),
        rows("an unknown protocol", "dmpo,1,1,1,test,all,0,1,9,0,"),
        rows("no K", "dmpo,,1,1,test,full,0,1,9,0,"),
        rows("a K of 0", "dmpo,0,1,1,test,full,0,1,9,0,"),
        rows("a seed below 0", "dmpo,1,-1,1,test,full,0,1,9,0,"),
        rows("a step with a fraction", "dmpo,1,1,0.5,test,full,0,1,9,0,"),
        rows("a rank beyond every catalogue", "dmpo,1,1,1,test,full,0,1e39,,,"),
        rows("ties beyond every catalogue", "dmpo,1,1,1,test,full,0,1,,4294967295,"),
        rows("competitors beyond every catalogue", "dmpo,1,1,1,test,full,0,1,4294967295,0,"),
        rows("a rank that would be rounded", "dmpo,1,1,1,test,full,0,8388609.5,,1,"),
        rows("a K that is too large", "dmpo,4294967296,1,1,test,full,0,1,9,0,"),
        rows("a step that is too large", "dmpo,1,1,4294967296,test,full,0,1,9,0,"),
        import(
            "a rank that is no number behind blank lines",
            format!("{HEADER}\n\ndmpo,1,1,1,test,full,0,x,9,0,\n"),
        ),
        rows("no loss", ",1,1,1,test,full,0,1,9,0,"),
        rows("no user", "dmpo,1,1,1,test,full,,1,9,0,"),
        import(
            "a rank that is no number, lines ending as on Windows",
            format!("{HEADER}dmpo,1,1,1,test,full,0,1,9,0,\ndmpo,1,1,1,test,full,1,x,9,0,\n")
                .replace('\n', "\r\n"),
        ),
        rows("a training loss that is a text", "dmpo,1,1,1,test,full,0,1,9,0,low"),
        import(
            "a key that is none",
            "loss,K,seed,split,protocol,user,rank,key\ndmpo,1,1,test,full,0,1,{}\n",
        ),
        import(
            "a key with a K of 0",
            "loss,K,seed,split,protocol,user,rank,key\n\
             dmpo,1,1,test,full,0,1,\"{\"\"loss\"\":{\"\"name\"\":\"\"dmpo\"\"},\"\"negatives\"\":0,\"\"seed\"\":1}\"\n",
        ),
        import(
            "a score that is too large",
            "loss,K,seed,split,protocol,user,score,scores\ndmpo,1,1,test,full,0,1e39,[1]\n",
        ),
        import(
            "scores that are none",
            "loss,K,seed,split,protocol,user,score,scores\ndmpo,1,1,test,full,0,1,high\n",
        ),
    ]
}

fn evaluations() -> Vec<Case> {
    vec![
        rows(
            "two training losses of one evaluation",
            "dmpo,1,1,1,test,full,0,1,9,0,0.5\ndmpo,1,1,1,test,full,1,1,9,0,0.25",
        ),
        rows(
            "two ranks of one user",
            "dmpo,1,1,1,test,full,7,1,9,0,\ndmpo,1,1,1,test,full,7,2,9,0,",
        ),
        rows(
            "other users in another run",
            "dmpo,1,1,1,test,full,0,1,9,0,\ndmpo,1,1,1,test,full,1,1,9,0,\ndmpo,3,1,1,test,full,0,1,9,0,",
        ),
        rows(
            "runs of a seed that start from other ranks",
            "dmpo,1,1,0,test,full,0,2,9,0,\ndmpo,3,1,0,test,full,0,3,9,0,",
        ),
        rows(
            "the control without K and with one",
            "sft,,1,1,test,full,0,1,9,0,\nsft,3,1,1,test,full,0,1,9,0,",
        ),
        rows("no ranks of the test split", "dmpo,1,1,1,val,full,0,1,9,0,"),
        rows(
            "a run that ends without a split that others have",
            "dmpo,1,1,1,val,full,0,1,9,0,\ndmpo,1,1,1,test,full,0,1,9,0,\ndmpo,3,1,1,test,full,0,1,9,0,",
        ),
        rows(
            "a run that ends without a split that it had before",
            "dmpo,1,1,1,test,full,0,1,9,0,\ndmpo,1,1,2,val,full,0,1,9,0,",
        ),
    ]
}

fn parquet() -> Vec<Case> {
    let table = |what, columns: fn() -> Vec<Column>| {
        call(what, "import runs.parquet --out mine").step(move |place| {
            let mut frame = DataFrame::new(1, columns()).unwrap();
            let file = std::fs::File::create(place.path("runs.parquet")).unwrap();
            ParquetWriter::new(file).finish(&mut frame).unwrap();
        })
    };
    fn texts(names: &[&str]) -> Vec<Column> {
        names.iter().map(|name| Column::new((*name).into(), ["1"])).collect()
    }
    vec![
        call("a Parquet table of runs that is cut off", "import runs.parquet --out mine")
            .file("runs.parquet", "PAR1 and no more"),
        table("a Parquet table without a column", || texts(&["loss", "K"])),
        table("a Parquet table with a column of another type", || {
            let mut columns = texts(&["loss", "K", "seed", "split", "protocol", "user"]);
            columns.push(Column::new("rank".into(), [true]));
            columns
        }),
        call(
            "a Parquet table with a type that is not read",
            "import runs.parquet --out mine --mapping m.yaml",
        )
        .step(|place| {
            std::fs::copy(TYPES, place.path("runs.parquet")).unwrap();
        })
        .file("m.yaml", "columns: {K: decimal}\n"),
        table("a Parquet table with a value that cannot be", || {
            let mut columns = texts(&["loss", "K", "seed", "user"]);
            columns.push(Column::new("split".into(), ["test"]));
            columns.push(Column::new("protocol".into(), ["full"]));
            columns.push(Column::new("rank".into(), [-2.0]));
            columns
        }),
    ]
}

fn mappings() -> Vec<Case> {
    let mapped = |what, mapping: &'static str| {
        call(what, "import runs.csv --out mine --mapping m.yaml")
            .file("runs.csv", format!("{HEADER}dmpo,1,1,1,test,full,0,1,89,0,\n"))
            .file("m.yaml", mapping)
    };
    vec![
        call("a mapping that is not there", "import runs.csv --out mine --mapping m.yaml"),
        mapped("a mapping with an unknown key", "colums: {loss: algorithm}\n"),
        mapped("a mapping of an unknown column", "columns: {los: algorithm}\n"),
        mapped("a mapping with a value of another type", "cutoffs: ten\n"),
        mapped("a mapping with a cut-off of 0", "cutoffs: [0, 10]\n"),
        mapped("a mapping with a margin of nothing", "margin: 0\n"),
        mapped("a mapping to a column that is not there", "columns: {loss: algorithm}\n"),
        mapped("a mapping to an optional column that is not there", "columns: {kl: divergence}\n"),
        mapped("an axis in a column that is not there", "axes: {preference.beta: beta}\n"),
        mapped("a loss of the mapping that is in no file", "losses: {DPMO: {name: dmpo}}\n"),
        mapped("a loss without a name", "losses: {dmpo: {name: ''}}\n"),
        mapped("a seed to tune on that is in no file", "tuning_seeds: [7]\n"),
        mapped("no seed that is not tuned on", "tuning_seeds: [1]\n"),
        mapped("a split of the mapping that is none", "values: {split: exam}\n"),
        mapped("a K of the mapping that is no number", "values: {K: many}\n"),
        mapped("fewer items than competitors", "dataset: {items: 50}\n"),
        mapped("more items than any catalogue has", "dataset: {items: 4294967296}\n"),
        mapped("trained on a domain without a name", "dataset: {trained_on: ''}\n"),
        mapped("rows with candidates and no texts", "candidates: {test: test.json}\n"),
        mapped("files of a folder in place of a table", "runs: [{file: a.csv}]\n"),
    ]
}

fn folders() -> Vec<Case> {
    let folder = |what, mapping: &'static str| {
        call(what, "import f --out mine --mapping m.yaml").folder("f").file("m.yaml", mapping)
    };
    let texts = |what, more: &str, of_run: &str| {
        call(what, "import f --out mine --mapping m.yaml").folder("f").file(
            "m.yaml",
            format!(
                "candidates: {{test: test.json}}\n{more}runs:\n  \
                 - {{test: a.json, loss: DMPO, K: 3, seed: 1{of_run}}}\n"
            ),
        )
    };
    const CANDIDATES: &str =
        "candidates: {test: test.json}\nruns: [{test: a.json, loss: DMPO, K: 3, seed: 1}]\n";
    const ROW: &str = "[{\"itemList\": [\"a\", \"b\"], \"trueSelection\": \"b\"}]";
    let asked = |what, rows: &'static str, answers: &'static str| {
        folder(what, CANDIDATES).file("f/test.json", rows).file("f/a.json", answers)
    };
    vec![
        folder(
            "a run whose file is not there",
            "runs: [{file: a.csv, loss: DMPO, K: 1, seed: 1}]\n",
        ),
        folder("a run without a file", "runs: [{loss: DMPO, K: 1, seed: 1}]\n"),
        folder(
            "a run of a table with a K of 0",
            "runs: [{file: a.csv, loss: DMPO, K: 0, seed: 1}]\n",
        )
        .file("f/a.csv", "split,protocol,user,rank\ntest,full,0,1\n"),
        folder(
            "generated texts without those for the test rows",
            "candidates: {test: test.json}\nruns: [{loss: DMPO, K: 3, seed: 1}]\n",
        ),
        folder(
            "generated texts with a K of 0",
            "candidates: {test: test.json}\nruns: [{test: a.json, loss: DMPO, K: 0, seed: 1}]\n",
        ),
        folder(
            "texts for validation rows of one run alone",
            "candidates: {validation: val.json, test: test.json}\nruns:\n  \
             - {validation: v.json, test: a.json, loss: DMPO, K: 3, seed: 1}\n  \
             - {test: b.json, loss: DMPO, K: 9, seed: 1}\n",
        ),
        folder(
            "generated texts of no loss",
            "candidates: {test: test.json}\nruns: [{test: a.json, K: 3, seed: 1}]\n",
        )
        .file("f/test.json", ROW)
        .file("f/a.json", "[\"b\"]"),
        folder(
            "a cut-off beyond the item that a text names",
            "cutoffs: [1, 10]\ncandidates: {test: test.json}\n",
        ),
        texts("an axis of generated texts", "axes: {preference.beta: beta}\n", ""),
        texts("a value for all rows of generated texts", "values: {step: 100}\n", ""),
        texts("a column of generated texts", "columns: {loss: algorithm}\n", ""),
        texts("a table of ranks beside candidates", "", ", file: a.csv"),
        texts("texts for validation rows that are not named", "", ", validation: v.json"),
        texts("a step of the mapping that is too large", "", ", step: 4294967296"),
        folder(
            "texts of a seed that start from other shares of valid ones",
            "candidates: {test: test.json}\nruns:\n  \
             - {test: a.json, loss: DMPO, K: 3, seed: 1, step: 0}\n  \
             - {test: b.json, loss: DMPO, K: 9, seed: 1, step: 0}\n",
        )
        .file("f/test.json", ROW)
        .file("f/a.json", "[\"a\"]")
        .file("f/b.json", "[\"?\"]"),
        folder(
            "generated texts without rows with candidates",
            "runs:\n  - {file: a.csv, loss: DMPO, K: 3, seed: 1}\n  - {test: b.json, loss: DMPO, K: 9, seed: 1}\n",
        ),
        asked("rows with candidates that are cut off", "[{\"itemList\"", "[\"b\"]"),
        asked("a row without candidates", "[{\"trueSelection\": \"b\"}]", "[\"b\"]"),
        asked(
            "a truth that is no candidate",
            "[{\"itemList\": [\"a\", \"b\"], \"trueSelection\": \"c\"}]",
            "[\"b\"]",
        ),
        asked(
            "a row with one candidate",
            "[{\"itemList\": [\"a\"], \"trueSelection\": \"a\"}]",
            "[\"a\"]",
        ),
        asked(
            "a candidate twice",
            "[{\"itemList\": [\"a\", \"b\", \"a\"], \"trueSelection\": \"b\"}]",
            "[\"b\"]",
        ),
        asked(
            "a candidate without a title",
            "[{\"itemList\": [\"a\", \" \"], \"trueSelection\": \"a\"}]",
            "[\"a\"]",
        ),
        asked("fewer generated texts than rows", ROW, "[]"),
        asked("more generated texts than rows", ROW, "[\"b\", \"a\"]"),
        asked("a generated text that is none", ROW, "[{\"text\": \"b\"}]"),
        asked("generated texts that are no JSON", ROW, "b\n"),
    ]
}
