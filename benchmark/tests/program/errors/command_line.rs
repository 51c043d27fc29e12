//! Commands and options.

use super::case::{Case, call, run};
use crate::place::EXPERIMENT;

pub(super) fn cases() -> Vec<Case> {
    let option = |what, option: &str| {
        call(what, &format!("run e.yaml --device flex {option}")).file("e.yaml", EXPERIMENT)
    };
    vec![
        call("an unknown command", "rnu e.yaml"),
        call("no experiment", "run"),
        call("an unknown option", "run e.yaml --worker 2"),
        call("an option without its value", "run e.yaml --workers"),
        call("one argument too many", "schema e.yaml"),
        option("no workers", "--workers 0"),
        option("workers that are no number", "--workers two"),
        option("more threads than a process may have", "--threads 9999"),
        option("too many runs at once", "--at-once 500"),
        option("a time that is no number", "--checkpoint-every often"),
        option("a time below 0", "--checkpoint-every -1"),
        option("results in the place of the store", "--name store"),
        option("results outside the folder for results", "--name ../elsewhere"),
        option("results too deep for `store gc`", "--name a/b/c/d/e"),
        option("an unknown form of progress", "--progress fancy"),
        option("two options that exclude one another", "--quiet --progress json"),
        option("a loss to retrain that is not in the experiment", "--retrain dmppo"),
        call("a time limit of nothing", "devices --time-limit 0"),
        call("an unknown format", "table results/e --format pdf"),
        call("an option that needs another", "compare a b --exact"),
        call("no results to test claims on", "claims --out page"),
        call("no folder to write to", "export results/e"),
        call("an unknown dataset", "data describe ml-1k"),
        option("a share that is none", "--shard 4/3"),
        call("a new experiment in place of another", "init e.yaml").file("e.yaml", ""),
        call("a new experiment in no folder", "init new/e.yaml"),
        call(
            "a known dataset in the template for own data",
            "init e.yaml --template own-data --dataset ml-1m",
        ),
        call("tuning on a file of one's own", "init e.yaml --template tune --dataset file"),
        call("cells of an element without a plan to write", "plan e.yaml --cells-per-element 9")
            .file("e.yaml", EXPERIMENT),
        call("workers of a plan file", "plan e.yaml --write plan.json --workers 4")
            .file("e.yaml", EXPERIMENT),
        call("a plan in place of an experiment", "plan e.yaml --device flex --write e.yaml")
            .file("e.yaml", EXPERIMENT),
        call(
            "exported runs whose mapping is an experiment",
            "export results/e --to x --runs e.csv",
        )
        .after_a_run(),
        call(
            "exported runs in place of an exported table",
            "export results/e --to x --runs x/metrics.csv",
        )
        .folder("x")
        .after_a_run(),
        call("exported runs of no form", "export results/e --to x --runs runs.txt").after_a_run(),
        call("a partition of two words", "slurm submit e.yaml --dry-run --partition")
            .argument("a b")
            .file("e.yaml", EXPERIMENT),
        call(
            "an option for sbatch that is none",
            "slurm submit e.yaml --dry-run --sbatch account=lab",
        )
        .file("e.yaml", EXPERIMENT),
        call("a run that is not there", "show zzz").after_a_run(),
        call("a plan file that is not there", "run-element plan.json --element 0"),
        call("a plan file that is none", "run-element e.yaml --element 0")
            .file("e.yaml", EXPERIMENT),
        call("the state of what was never submitted", "slurm status e.yaml"),
        run("a variable of the program's earlier name", EXPERIMENT)
            .variable("RECPO_DATA_DIR", "data"),
    ]
}
