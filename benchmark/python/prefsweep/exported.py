"""What `prefsweep export` wrote, such as the folders of `results/reference`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Generic, TypeVar

from .errors import ResultsError
from .files import need, read_json
from .frames import Columns, Frames, Kind

F = TypeVar("F")

EXPORT = "export.json"
# Columns that every table has, and those that a table has besides, as far as they are used here.
_NAMES = ("loss", "K", "seed", "key", "id")
_TABLES = {
    "metrics": ("dataset", "label", "split", "protocol", "metric", "cutoff", "value"),
    "trajectories": ("dataset", "label", "step"),
    "ranks": ("protocol", "user", "rank"),
}


class Exported(Generic[F]):
    """Reads the tables of an export as they are."""

    def __init__(self, path: Path, frames: Frames[F]) -> None:
        self.path = path
        self.frames = frames
        self.facts = read_json(path / EXPORT, (2,))
        need(path / EXPORT, "", self.facts, {"experiment": str, "dataset": dict, "cutoffs": list})
        need(path / EXPORT, "dataset", self.facts["dataset"], {"name": str, "fingerprint": str})

    def metrics(self) -> F:
        return self._table("metrics")

    def curves(self) -> F:
        raise ResultsError(
            f"{self.path}: an export has metrics at the end of training alone; "
            "found no curves, load the results folder itself"
        )

    def trajectories(self) -> F:
        return self._table("trajectories")

    def ranks(self) -> F:
        return self._table("ranks")

    def cells(self) -> F:
        metrics = self.metrics()
        measures = ("split", "protocol", "metric", "cutoff", "value")
        names = [name for name in _columns(metrics) if name not in measures]
        found: dict[tuple[Any, ...], dict[str, Any]] = {}
        for row in self.frames.rows(metrics, names):
            # References and baselines have no K.
            if row["K"] is not None:
                found.setdefault((row["key"], row["id"]), row)
        rows = list(found.values())

        def column(name: str) -> tuple[Kind, list[Any]]:
            kind: Kind = "u32" if name == "K" else "u64" if name == "seed" else "text"
            return (kind, [row[name] for row in rows])

        # Only complete cells are exported.
        status: Columns = {
            "status": ("text", ["complete"] * len(rows)),
            **{name: ("text", [None] * len(rows)) for name in ("reason", "reference", "dir")},
        }
        last = ("key", "id")
        return self.frames.make(
            {
                **{name: column(name) for name in names if name not in last},
                **status,
                **{name: column(name) for name in last},
            }
        )

    def _table(self, name: str) -> F:
        path = self.path / f"{name}.parquet"
        if not path.is_file():
            raise ResultsError(f"{path}: is missing; make the export again with `prefsweep export`")
        return self.frames.read(path, [*_NAMES, *_TABLES[name]])


def _columns(frame: Any) -> list[str]:
    return [str(name) for name in frame.columns]
