"""Cells as runs of experiment trackers, written to files without a server or an account."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .results import Results

# Columns of `trajectories` and `cells` that hold no value of training and no setting.
_NAMES = {"dataset", "loss", "label", "K", "seed", "step", "key", "id"}
_STATUS = {"status", "reason", "reference", "dir"}


@dataclass(frozen=True)
class _Run:
    """One complete cell."""

    id: str
    name: str
    group: str
    settings: dict[str, Any]
    # Values by step, in order of steps.
    history: dict[int, dict[str, float]]


def to_wandb(results: Results[Any], directory: str | os.PathLike[str], project: str | None = None) -> list[Path]:
    """Writes every complete cell as an offline run of Weights & Biases into `directory/wandb`.

    `wandb sync DIRECTORY/wandb/offline-run-*` uploads them, to the project named here (the experiment, if none). Cells
    of one loss and setting share a group. Gives back the folders of the runs. Needs `pip install 'prefsweep[wandb]'`.
    """
    import wandb

    folders = []
    quiet = wandb.Settings(
        silent=True,
        console="off",
        disable_git=True,
        disable_code=True,
        x_disable_stats=True,
        x_disable_meta=True,
        x_disable_machine_info=True,
    )
    Path(directory).mkdir(parents=True, exist_ok=True)
    for one in _runs(results):
        run = wandb.init(
            mode="offline",
            dir=str(directory),
            project=project or results.experiment,
            id=one.id,
            name=one.name,
            group=one.group,
            config=one.settings,
            settings=quiet,
        )
        for step, values in one.history.items():
            run.log(values, step=step)
        folders.append(Path(run.dir).parent)
        run.finish()
    return folders


def to_mlflow(results: Results[Any], directory: str | os.PathLike[str], experiment: str | None = None) -> list[str]:
    """Writes every complete cell as a run of MLflow into the database `directory/mlflow.db`.

    `mlflow ui --backend-store-uri sqlite:///DIRECTORY/mlflow.db` shows them. Gives back the ids of the runs. Needs
    `pip install 'prefsweep[mlflow]'`.
    """
    from mlflow import MlflowClient
    from mlflow.entities import Metric, Param, RunTag

    Path(directory).mkdir(parents=True, exist_ok=True)
    place = Path(directory).resolve()
    client = MlflowClient(tracking_uri=f"sqlite:///{place / 'mlflow.db'}")
    name = experiment or results.experiment
    found = client.get_experiment_by_name(name)
    to = found.experiment_id if found else client.create_experiment(name, (place / "artifacts").as_uri())
    ids = []
    for one in _runs(results):
        run = client.create_run(to, run_name=one.name, tags={"group": one.group, "prefsweep_id": one.id})
        run_id = run.info.run_id
        params = [Param(key, str(value)) for key, value in one.settings.items()]
        time = run.info.start_time
        metrics = [
            Metric(key, value, time, step) for step, values in one.history.items() for key, value in values.items()
        ]
        client.log_batch(run_id, params=params)
        # A batch may hold 1,000 metrics.
        for start in range(0, len(metrics), 1000):
            client.log_batch(run_id, metrics=metrics[start : start + 1000])
        client.set_terminated(run_id)
        ids.append(run_id)
    return ids


def _runs(results: Results[Any]) -> Iterator[_Run]:
    values = _values(results)
    columns = [str(column) for column in results.cells.columns]
    for cell in results.rows(results.cells, *columns):
        if cell["status"] != "complete":
            continue
        settings = {
            name: value
            for name, value in cell.items()
            if name not in _STATUS | {"label", "id"} and value is not None
        }
        history = values[cell["key"]]
        yield _Run(
            # Of the experiment and the key: cells that are the same function share their own id.
            id=_digest(results.experiment, results.dataset["fingerprint"], cell["key"]),
            name=f"{cell['label']}, K = {cell['K']}, seed {cell['seed']}",
            group=f"{cell['label']}, K = {cell['K']}",
            settings=settings,
            history={step: history[step] for step in sorted(history)},
        )


def _values(results: Results[Any]) -> dict[str, dict[int, dict[str, float]]]:
    """By cell and step: `training/kl`, `test_full/ndcg_10` and so on; of an export metrics of the last step alone."""
    found: dict[str, dict[int, dict[str, float]]] = {}
    trajectories = results.trajectories
    for row in results.rows(trajectories, *map(str, trajectories.columns)):
        at = found.setdefault(row["key"], {}).setdefault(row["step"], {})
        training = {f"training/{name}": value for name, value in row.items() if name not in _NAMES}
        at.update({name: value for name, value in training.items() if isinstance(value, float)})
    metrics = results.curves if results.has_curves else results.metrics
    step = ["step"] if results.has_curves else []
    for row in results.rows(metrics, "key", "split", "protocol", "metric", "cutoff", "value", *step):
        if row["key"] in found:
            of_cell = found[row["key"]]
            cutoff = "" if row["cutoff"] is None else f"_{row['cutoff']}"
            at = of_cell.setdefault(row.get("step", max(of_cell)), {})
            at[f"{row['split']}_{row['protocol']}/{row['metric']}{cutoff}"] = row["value"]
    return found


def _digest(experiment: str, data: str, key: str) -> str:
    canonical = json.dumps([experiment, data, json.loads(key)], sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]
