"""What the trackers' own libraries read back is what the program stored."""

from __future__ import annotations

import csv
import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import REFERENCE, Sweep
from wandb_file import records

import prefsweep

CELLS = 3 * 2 * 2 * 4


def stored(results: Path, cell: dict[str, Any]) -> dict[tuple[str, int], float]:
    """The values of a cell by name and step, from its files."""
    folder = results / cell["dir"]
    found: dict[tuple[str, int], float] = {}
    with (folder / "trajectory.csv").open() as file:
        for row in csv.DictReader(file):
            for name, value in row.items():
                if name != "step" and value:
                    name = "training_loss" if name == "loss" else name
                    found[f"training/{name}", int(row["step"])] = float(value)
    with (folder / "metrics.csv").open() as file:
        for row in csv.DictReader(file):
            cutoff = f"_{row['cutoff']}" if row["cutoff"] != "0" else ""
            name = f"{row['split']}_{row['protocol']}/{row['metric']}{cutoff}"
            found[name, int(row["step"])] = float(row["value"])
    return {at: value for at, value in found.items() if math.isfinite(value)}


def cells_by_name(results: Path) -> dict[str, dict[str, Any]]:
    index = json.loads((results / "index.json").read_text())
    names = {}
    for cell in index["cells"]:
        key = cell["key"]
        sampler = key["axes"]["preference.sampler"]
        sampler = {"uniform": "uniform", "popularity": "popularity(0.75)"}[next(iter(sampler))]
        rate = {1e-5: "0.00001", 0.001: "0.001"}[key["axes"]["preference.learning_rate"]]
        loss = "dynamic_po(dmpo, c=0.5, selection=all)" if "base" in key["loss"] else key["loss"]["name"]
        name = f"{loss}, learning_rate={rate}, sampler={sampler}, K = {key['negatives']}, seed {key['seed']}"
        names[name] = cell
    assert len(names) == CELLS
    return names


def test_mlflow_reads_what_was_stored(sweep: Sweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    from mlflow import MlflowClient

    ids = prefsweep.to_mlflow(prefsweep.load(sweep.results), tmp_path)
    client = MlflowClient(tracking_uri=f"sqlite:///{tmp_path / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("small")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id])
    cells = cells_by_name(sweep.results)
    assert {run.info.run_id for run in runs} == set(ids) and {run.info.run_name for run in runs} == set(cells)
    for run in runs[::6]:
        cell = cells[run.info.run_name]
        found = {
            (name, point.step): point.value
            for name in run.data.metrics
            for point in client.get_metric_history(run.info.run_id, name)
        }
        assert found == stored(sweep.results, cell)
        assert int(run.data.params["K"]) == cell["key"]["negatives"]
        assert json.loads(run.data.params["key"]) == cell["key"]
        assert run.info.status == "FINISHED"


def test_wandb_reads_what_was_stored(sweep: Sweep, tmp_path: Path) -> None:
    folders = prefsweep.to_wandb(prefsweep.load(sweep.results), tmp_path, project="mine")
    cells = cells_by_name(sweep.results)
    names = set()
    for folder in folders:
        (file,) = folder.glob("run-*.wandb")
        found: dict[tuple[str, int], float] = {}
        runs = []
        for record in records(file):
            if record.WhichOneof("record_type") == "run":
                runs.append(record.run)
            elif record.WhichOneof("record_type") == "history":
                for item in record.history.item:
                    name = item.key or "/".join(item.nested_key)
                    if not name.startswith("_"):
                        found[name, record.history.step.num] = json.loads(item.value_json)
        (run,) = runs
        cell = cells[run.display_name]
        assert run.project == "mine" and found == stored(sweep.results, cell)
        config = {item.key: json.loads(item.value_json) for item in run.config.update}
        assert config["K"] == cell["key"]["negatives"] and config["seed"] == cell["key"]["seed"]
        names.add(run.display_name)
    assert names == set(cells)
    # What uploads them would take them all.
    command = [sys.executable, "-m", "wandb", "sync", "--dry-run", *map(str, folders)]
    listed = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"Would sync {CELLS} run(s)" in listed.stdout + listed.stderr


def test_an_export_gives_its_end_metrics_at_the_last_step(sweep: Sweep) -> None:
    from prefsweep.trackers import _runs

    of_folder = {run.name: run for run in _runs(prefsweep.load(sweep.results))}
    of_export = {run.name: run for run in _runs(prefsweep.load(sweep.export))}
    assert of_folder.keys() == of_export.keys() and len(of_export) == CELLS
    for name, run in of_export.items():
        folder = of_folder[name]
        assert run.id == folder.id and run.history[4] == folder.history[4]
        assert run.history[0] == {at: value for at, value in folder.history[0].items() if at.startswith("training/")}


def test_committed_cells_all_have_runs_of_their_own() -> None:
    from prefsweep.trackers import _runs

    runs = list(_runs(prefsweep.load(REFERENCE / "synthetic", "pandas")))
    assert len({run.id for run in runs}) == len(runs) == 240
    assert all(max(run.history) == 120 for run in runs)
