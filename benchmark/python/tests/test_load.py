"""A results folder gives the tables that the program exports, in polars and in pandas."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, get_args

import pandas as pd
import polars as pl
import pytest
from conftest import REFERENCE, ROOT, Sweep, program
from polars.testing import assert_frame_equal

import prefsweep
from prefsweep.keys import label, loss_name, text

Backend = Literal["polars", "pandas"]
BACKENDS = get_args(Backend)
TABLES = ("metrics", "trajectories", "ranks")


def in_polars(frame: Any) -> pl.DataFrame:
    if isinstance(frame, pd.DataFrame):
        frame = pl.from_pandas(frame, nan_to_null=True)
    assert isinstance(frame, pl.DataFrame)
    return frame


def same(one: pl.DataFrame, other: pl.DataFrame) -> None:
    """The same rows, in any order."""
    assert_frame_equal(one.sort(pl.all()), other.sort(pl.all()), check_exact=True)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_results_folder_gives_the_tables_of_its_export(sweep: Sweep, backend: Backend, table: str) -> None:
    exported = pl.read_parquet(sweep.export / f"{table}.parquet")
    assert exported.height > 0 and {"learning_rate", "sampler"} <= set(exported.columns)
    for path in (sweep.results, sweep.export):
        same(in_polars(getattr(prefsweep.load(path, backend), table)), exported)


@pytest.mark.parametrize("backend", BACKENDS)
def test_frames_are_those_of_the_library(backend: Backend) -> None:
    results: Any = prefsweep.load(REFERENCE / "synthetic", backend)
    kind = {"polars": pl.DataFrame, "pandas": pd.DataFrame}[backend]
    for table in ("cells", *TABLES):
        assert isinstance(getattr(results, table), kind)
    kinds = {"polars": (pl.UInt32, pl.UInt64, pl.Float64), "pandas": ("UInt32", "UInt64", "float64")}[backend]
    types = dict(zip(results.metrics.columns, results.metrics.dtypes))
    assert (types["K"], types["seed"], types["value"]) == kinds
    types = dict(zip(results.cells.columns, results.cells.dtypes))
    assert (types["K"], types["seed"]) == kinds[:2]


@pytest.mark.parametrize("backend", BACKENDS)
def test_curves_hold_every_evaluation_and_end_with_the_metrics(sweep: Sweep, backend: Backend) -> None:
    results: Any = prefsweep.load(sweep.results, backend)
    curves = in_polars(results.curves)
    files = (sweep.results.parent / "store").glob("*/*/metrics.csv")
    values = {path.parent.name: pl.read_csv(path)["value"].is_finite().sum() for path in files}
    by_id = {name: rows.height for (name,), rows in curves.unique(["id", "key", *curves.columns]).group_by("id")}
    shared = {name: rows["key"].n_unique() or 1 for (name,), rows in curves.group_by("id")}
    assert by_id == {name: count * shared[name] for name, count in values.items()}
    last = curves.filter(pl.col("step") == pl.col("step").max().over("id")).drop("step")
    same(last, in_polars(results.metrics))
    with pytest.raises(prefsweep.ResultsError, match="end of training"):
        prefsweep.load(sweep.export, backend).curves


@pytest.mark.parametrize("backend", BACKENDS)
def test_ranks_give_the_metrics_of_the_committed_results(backend: Backend) -> None:
    results = prefsweep.load(REFERENCE / "synthetic", backend)
    ranks = in_polars(results.ranks).filter(pl.col("loss").is_not_null())
    rank = pl.col("rank").cast(pl.Float64)
    worth = {
        ("ndcg", 10): pl.when(rank <= 10).then(1 / (rank + 1).log(2)).otherwise(0),
        ("hr", 1): (rank <= 1).cast(pl.Float64),
        ("mrr", None): 1 / rank,
    }
    metrics = in_polars(results.metrics).filter(pl.col("split") == "test")
    for (metric, cutoff), value in worth.items():
        computed = ranks.group_by("key", "protocol").agg(value.mean().alias("value"))
        stored = metrics.filter(metric=metric).filter(pl.col("cutoff").eq_missing(pl.lit(cutoff)))
        pairs = stored.join(computed, on=["key", "protocol"])
        assert pairs.height == 2 * 245
        worst = (pairs["value"] - pairs["value_right"]).abs().max()
        # Tied scores, which are rare, are worth the mean over their places.
        assert isinstance(worst, float) and worst < 1e-4, (metric, worst)


def test_labels_are_those_of_all_committed_results() -> None:
    seen = 0
    for export in sorted(REFERENCE.glob("*/metrics.parquet")):
        frame = pl.read_parquet(export).filter(pl.col("K").is_not_null())
        for key, expected, loss in frame.select("key", "label", "loss").unique().iter_rows():
            parsed = json.loads(key)
            assert text(parsed) == key
            assert loss_name(parsed["loss"]) == loss
            assert label(loss, parsed.get("axes", {})) == expected
            seen += 1
    assert seen > 1000


def test_numbers_in_keys_are_those_of_the_program() -> None:
    key = '{"a":[0.00001,0.0000123,1e-6,1.5e-7,1e-10,0.0001,1.0,3,1e+16,1e+22,-0.00002,null,true],"b":"\u00e9\\n"}'
    assert text(json.loads(key)) == key


def test_cells_say_what_is_missing_or_failed(sweep: Sweep, tmp_path: Path) -> None:
    moved = tmp_path / "results"
    shutil.copytree(sweep.results.parent, moved)
    index = moved / "small" / "index.json"
    content = json.loads(index.read_text())
    content["cells"][0]["status"] = "missing"
    content["cells"][1]["status"] = {"failed": {"reason": "the loss is not finite"}}
    index.write_text(json.dumps(content))
    for backend in BACKENDS:
        results = prefsweep.load(moved / "small", backend)
        columns = ("status", "reason", "reference", "dir", "id")
        cells = results.rows(results.cells, *columns)
        assert len(cells) == 3 * 2 * 2 * 4
        assert [cell["status"] for cell in cells[:3]] == ["missing", "failed", "complete"]
        assert [cell["reason"] for cell in cells[:3]] == [None, "the loss is not finite", None]
        assert all((moved / "small" / cell["dir"] / "complete.json").is_file() for cell in cells)
        keys = {cell["key"] for cell in results.rows(results.metrics, "key")}
        complete = {cell["key"] for cell in results.rows(results.cells, "key")[2:]}
        assert complete <= keys and len(complete) == len(cells) - 2
        assert not {cell["key"] for cell in results.rows(results.cells, "key")[:2]} & keys


def test_what_is_no_result_is_said_with_what_is_allowed(sweep: Sweep, tmp_path: Path) -> None:
    with pytest.raises(prefsweep.ResultsError, match=r"neither index\.json nor export\.json"):
        prefsweep.load(tmp_path)
    (tmp_path / "index.json").write_text('{"format": 1}')
    with pytest.raises(prefsweep.ResultsError, match="found format 1, this version reads format 2"):
        prefsweep.load(tmp_path)
    (tmp_path / "index.json").write_text("{")
    with pytest.raises(prefsweep.ResultsError, match=r"index\.json: cannot be read"):
        prefsweep.load(tmp_path)
    shutil.copytree(sweep.results.parent, tmp_path / "results")
    files = tmp_path / "results" / "store" / "cells"
    (next(files.iterdir()) / "trajectory.csv").unlink()
    with pytest.raises(prefsweep.ResultsError, match=r"trajectory\.csv: is missing, although"):
        prefsweep.load(tmp_path / "results" / "small").trajectories
    (next(files.iterdir()) / "metrics.csv").write_text("step,split,protocol,metric,cutoff,value\nx,test,full,mrr,0,1\n")
    with pytest.raises(prefsweep.ResultsError, match="column step: found 'x', allowed is a whole number"):
        prefsweep.load(tmp_path / "results" / "small").metrics
    with pytest.raises(prefsweep.ResultsError, match="found 'arrow', allowed 'polars', 'pandas'"):
        prefsweep.load(sweep.results, "arrow")  # type: ignore[call-overload]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("metrics.csv", lambda file: file[:-1], r"metrics\.csv: the last line has no end"),
        ("metrics.csv", lambda file: file[:-30], r"metrics\.csv, line \d+: found \d values, allowed 6"),
        ("metrics.csv", lambda file: file.replace(b",value", b",worth", 1), "column value: is missing, found step"),
        ("metrics.csv", lambda file: file.replace(b"test", b"t\xff", 1), r"metrics\.csv: cannot be read: 'utf-8'"),
        ("metrics.csv", lambda file: b"", r"metrics\.csv: column step: is missing, found no columns"),
        ("metrics.csv", lambda file: file + b"-1,test,full,mrr,0,1\n", "column step: found '-1', allowed is a whole"),
        ("metrics.csv", lambda file: file + b'1,"test,full,mrr,0,1\n', r"metrics\.csv: cannot be read: "),
        ("trajectory.csv", lambda file: file.replace(b"step", b"stop", 1), "column step: is missing"),
        ("ranks.parquet", lambda file: file[:-5], r"ranks\.parquet: cannot be read as a Parquet file"),
        ("ranks.parquet", lambda file: b"", r"ranks\.parquet: cannot be read as a Parquet file"),
    ],
)
def test_a_damaged_file_of_a_run_is_named(
    sweep: Sweep, tmp_path: Path, backend: Backend, name: str, change: Callable[[bytes], bytes], message: str
) -> None:
    shutil.copytree(sweep.results.parent, tmp_path / "results")
    file = next((tmp_path / "results" / "store" / "cells").iterdir()) / name
    file.write_bytes(change(file.read_bytes()))
    results = prefsweep.load(tmp_path / "results" / "small", backend)
    table = {"trajectory.csv": "trajectories"}.get(name, name.split(".")[0])
    with pytest.raises(prefsweep.ResultsError, match=message):
        getattr(results, table)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_damaged_export_is_named(sweep: Sweep, tmp_path: Path, backend: Backend) -> None:
    shutil.copytree(sweep.export, tmp_path / "export")
    for table in TABLES:
        file = tmp_path / "export" / f"{table}.parquet"
        content = file.read_bytes()
        file.write_bytes(content[: len(content) // 2])
        with pytest.raises(prefsweep.ResultsError, match=rf"{table}\.parquet: cannot be read as a Parquet file"):
            getattr(prefsweep.load(tmp_path / "export", backend), table)
        pl.DataFrame({"id": ["a"]}).write_parquet(file)
        with pytest.raises(prefsweep.ResultsError, match=rf"{table}\.parquet: column loss: is missing, found id"):
            getattr(prefsweep.load(tmp_path / "export", backend), table)


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (["cells"], None, "key cells: found nothing, allowed is a list"),
        (["dataset"], "ml-100k", 'key dataset: found "ml-100k", allowed is an object'),
        (["cells", 1], 3, r"key cells\[1\]: found 3, allowed is an object"),
        (["cells", 0, "key", "loss", "name"], None, r"key cells\[0\]\.key\.loss\.name: found nothing, allowed is a t"),
        (["cells", 0, "key", "seed"], True, r"key cells\[0\]\.key\.seed: found true, allowed is a whole number"),
        (["cells", 0, "key", "axes"], [], r"key cells\[0\]\.key\.axes: found \[\], allowed is an object"),
        (["cells", 2, "status"], {"failed": {}}, r"key cells\[2\]\.status\.failed\.reason: found nothing"),
        (["references", 0, "dir"], None, r"key references\[0\]\.dir: found nothing, allowed is a text"),
    ],
)
def test_what_an_index_lacks_is_named(
    sweep: Sweep, tmp_path: Path, place: list[Any], value: Any, message: str
) -> None:
    content = json.loads((sweep.results / "index.json").read_text())
    part = content
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = value
    (tmp_path / "index.json").write_text(json.dumps(content))
    with pytest.raises(prefsweep.ResultsError, match=rf"index\.json: {message}"):
        prefsweep.load(tmp_path)
    for name in ("index.json", "export.json"):
        (tmp_path / "index.json").unlink(missing_ok=True)
        (tmp_path / name).write_text('{"format": 2}')
        with pytest.raises(prefsweep.ResultsError, match="key experiment: found nothing, allowed is a text"):
            prefsweep.load(tmp_path)


def test_the_verdict_is_that_of_the_report(sweep: Sweep) -> None:
    program("report", sweep.results)
    assert prefsweep.load(sweep.results).verdict["experiment"] == "small"
    committed = json.loads((REFERENCE / "synthetic" / "verdict.json").read_text())
    assert prefsweep.load(REFERENCE / "synthetic").verdict == committed


def test_no_library_is_imported_before_it_is_needed() -> None:
    code = "import prefsweep, sys; print({'polars', 'pandas', 'wandb', 'mlflow'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize(
    ("absent", "backend", "message"),
    [
        ({"polars", "pandas"}, None, "neither is installed"),
        ({"polars"}, "polars", "polars is not installed: pip install 'prefsweep[polars]'"),
        ({"pyarrow"}, "pandas", "pyarrow is not installed: pip install 'prefsweep[pandas]'"),
    ],
)
def test_a_missing_library_is_named(
    monkeypatch: pytest.MonkeyPatch, absent: set[str], backend: Any, message: str
) -> None:
    there = importlib.util.find_spec
    monkeypatch.setattr("prefsweep.frames.find_spec", lambda name: None if name in absent else there(name))
    with pytest.raises(ImportError) as error:
        prefsweep.load(REFERENCE / "synthetic", backend)
    assert message in str(error.value)


def test_pandas_serves_where_polars_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prefsweep.frames.find_spec", lambda name: None if name == "polars" else object())
    assert isinstance(prefsweep.load(REFERENCE / "synthetic").metrics, pd.DataFrame)


def test_the_installed_package_is_tested_and_has_the_programs_version() -> None:
    assert ROOT not in Path(prefsweep.__file__).resolve().parents
    assert program("-V").strip() == f"prefsweep {importlib.metadata.version('prefsweep')}"
