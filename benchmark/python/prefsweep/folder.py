"""A results folder: `index.json`, and the runs in the store that it names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from .errors import ResultsError
from .files import need, number, read_json, read_table, whole
from .frames import Columns, Frames, Kind, Names
from .keys import Key, axis_columns, label, loss_name, text, value_name

F = TypeVar("F")

INDEX = "index.json"
# Columns that name a run.
_NAMES = ("dataset", "loss", "label", "K", "seed", "key", "id")
_MEASURES = ("step", "split", "protocol", "metric", "cutoff", "value")
_RANKS = ("id", "loss", "K", "seed", "key", "protocol", "user", "rank", "ties")
_CELL = ("status", "reason", "reference", "dir")


@dataclass(frozen=True)
class _Run:
    """A cell, a reference, or a baseline, which has no key."""

    loss: str
    entry: Mapping[str, Any]
    key: Key | None

    @property
    def id(self) -> Any:
        return self.entry.get("id")

    @property
    def axes(self) -> Key:
        return self.key.get("axes", {}) if self.key else {}

    @property
    def is_complete(self) -> bool:
        return bool(self.entry.get("status", "complete") == "complete")

    def names(self) -> dict[str, tuple[Kind, Any]]:
        """The columns that name the run, without its dataset and axes."""
        key = self.key or {}
        return {
            "loss": ("text", self.loss),
            "label": ("text", label(self.loss, self.axes)),
            "K": ("u32", key.get("negatives")),
            "seed": ("u64", key.get("seed")),
            "key": ("text", None if self.key is None else text(self.key)),
            "id": ("text", self.id),
        }


class Folder(Generic[F]):
    """Reads what `prefsweep run` wrote."""

    def __init__(self, path: Path, frames: Frames[F]) -> None:
        self.path = path
        self.frames = frames
        self.facts = read_json(path / INDEX, (2,))
        index = self.facts
        _check(path / INDEX, index)
        self._cells = [_Run(loss_name(cell["key"]["loss"]), cell, cell["key"]) for cell in index["cells"]]
        self._references = [_Run("reference", one, _reference_key(one)) for one in index["references"]]
        self._baselines = [_Run(one["name"], one, None) for one in index.get("baselines", [])]

    def metrics(self) -> F:
        return self._metrics(lambda step, last: step == last, ())

    def curves(self) -> F:
        return self._metrics(lambda step, last: True, ("step",))

    def trajectories(self) -> F:
        rows = []
        for cell in _complete(self._cells):
            path = self._file(cell, "trajectory.csv")
            rows += [(cell, path, row) for row in read_table(path, ["step"])]
        names = list(dict.fromkeys(name for _, _, row in rows for name in row)) or ["step", "loss"]
        # `loss` is the name of the loss.
        columns: dict[str, tuple[Kind, list[Any]]] = {
            "training_loss" if name == "loss" else name: (
                "u32" if name == "step" else "f64",
                [whole(path, row, name) if name == "step" else number(path, row, name) for _, path, row in rows],
            )
            for name in names
        }
        return self._frame([cell for cell, _, _ in rows], names, columns)

    def ranks(self) -> F:
        runs = [*_complete(self._references), *_complete(self._cells)]
        axes = axis_columns((run.axes for run in runs), _RANKS)
        # Cells that are the same function share a folder.
        read: dict[Path, F] = {}
        found = []
        for run in runs:
            path = self._file(run, "ranks.parquet")
            if path not in read:
                read[path] = self.frames.last_test_ranks(path)
            names = run.names()
            columns: Names = {
                **{name: names[name] for name in ("id", "loss", "K", "seed")},
                **{column: ("text", _value(run, axis)) for axis, column in axes.items()},
                "key": names["key"],
            }
            found.append(self.frames.named(read[path], columns))
        if not found:
            raise ResultsError(f"{self.path}: no run is complete")
        return self.frames.stack(found)

    def cells(self) -> F:
        def of(word: Callable[[Any], Any]) -> tuple[Kind, list[Any]]:
            return ("text", [word(cell.entry) for cell in self._cells])

        status: Columns = {
            "status": of(lambda cell: cell["status"] if isinstance(cell["status"], str) else "failed"),
            "reason": of(lambda cell: None if isinstance(cell["status"], str) else cell["status"]["failed"]["reason"]),
            "reference": of(lambda cell: cell["reference"]),
            "dir": of(lambda cell: cell["dir"]),
        }
        return self._frame(self._cells, _CELL, status)

    def _metrics(self, keep: Callable[[int, int], bool], more: tuple[str, ...]) -> F:
        runs: list[_Run] = []
        values: list[tuple[Any, ...]] = []
        for run in _complete([*self._baselines, *self._references, *self._cells]):
            path = self._file(run, "metrics.csv")
            rows = [
                (whole(path, row, "step"), row, value)
                for row in read_table(path, _MEASURES)
                if (value := number(path, row, "value")) is not None
            ]
            last = max((step for step, _, _ in rows), default=0)
            for step, row, value in rows:
                if keep(step, last):
                    runs.append(run)
                    # Metrics of whole rankings have no cut-off.
                    cutoff = whole(path, row, "cutoff") or None
                    values.append((step, row["split"], row["protocol"], row["metric"], cutoff, value))
        kinds: tuple[Kind, ...] = ("u32", "text", "text", "text", "u32", "f64")
        by_column = list(zip(*values)) or [()] * len(_MEASURES)
        columns = {name: (kind, column) for name, kind, column in zip(_MEASURES, kinds, by_column)}
        shown = [*more, *_MEASURES[1:]]
        return self._frame(runs, shown, {name: columns[name] for name in shown})

    def _frame(self, runs: list[_Run], others: tuple[str, ...] | list[str], columns: Columns) -> F:
        """Around the columns, one row per run given: those that name the run."""
        names = {id(run): run.names() for run in runs}

        def named(name: str) -> tuple[Kind, list[Any]]:
            kind: Kind = "u32" if name == "K" else "u64" if name == "seed" else "text"
            return (kind, [names[id(run)][name][1] for run in runs])

        axes = axis_columns((run.axes for run in runs), (*_NAMES, *others))
        return self.frames.make(
            {
                "dataset": ("text", [self.facts["dataset"]["name"]] * len(runs)),
                **{name: named(name) for name in ("loss", "label", "K", "seed")},
                **{column: ("text", [_value(run, axis) for run in runs]) for axis, column in axes.items()},
                **columns,
                **{name: named(name) for name in ("key", "id")},
            }
        )

    def _file(self, run: _Run, name: str) -> Path:
        path = self.path / str(run.entry["dir"]) / name
        if not path.is_file():
            raise ResultsError(f"{path}: is missing, although {self.path / INDEX} has the run as complete")
        return path


def _complete(runs: list[_Run]) -> Iterator[_Run]:
    return (run for run in runs if run.is_complete)


def _reference_key(entry: Mapping[str, Any]) -> Key:
    axes = {"axes": entry["axes"]} if entry.get("axes") else {}
    return {"seed": entry["seed"], **axes}


def _value(run: _Run, axis: str) -> str | None:
    return value_name(run.axes[axis]) if axis in run.axes else None


def _check(path: Path, index: dict[str, Any]) -> None:
    """Raises where the index lacks what is read of it."""
    lists = {"cells": list, "references": list}
    need(path, "", index, {"experiment": str, "dataset": dict, "cutoffs": list, **lists})
    need(path, "dataset", index["dataset"], {"name": str, "fingerprint": str})
    for at, cell in enumerate(index["cells"]):
        need(path, f"cells[{at}]", cell, {"id": str, "key": dict, "reference": str, "dir": str})
        key, place = cell["key"], f"cells[{at}].key"
        need(path, place, key, {"loss": dict, "negatives": int, "seed": int})
        _check_axes(path, place, key)
        _check_loss(path, f"{place}.loss", key["loss"])
        if not isinstance(cell.get("status"), str):
            need(path, f"cells[{at}]", cell, {"status": dict})
            need(path, f"cells[{at}].status", cell["status"], {"failed": dict})
            need(path, f"cells[{at}].status.failed", cell["status"]["failed"], {"reason": str})
    for at, reference in enumerate(index["references"]):
        need(path, f"references[{at}]", reference, {"id": str, "seed": int, "dir": str})
        _check_axes(path, f"references[{at}]", reference)
    if "baselines" in index:
        need(path, "", index, {"baselines": list})
    for at, baseline in enumerate(index.get("baselines", [])):
        need(path, f"baselines[{at}]", baseline, {"name": str, "dir": str})


def _check_axes(path: Path, place: str, key: Key) -> None:
    if "axes" in key:
        need(path, place, key, {"axes": dict})


def _check_loss(path: Path, place: str, loss: Key) -> None:
    need(path, place, loss, {"name": str})
    if "settings" in loss:
        need(path, place, loss, {"settings": dict})
    if "base" in loss:
        need(path, place, loss, {"base": dict})
        _check_loss(path, f"{place}.base", loss["base"])
