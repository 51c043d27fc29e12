"""Loading results."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar, overload

from .errors import ResultsError
from .exported import EXPORT, Exported
from .files import read_json
from .folder import INDEX, Folder
from .frames import Backend, Frames, frames

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

F = TypeVar("F")
S = TypeVar("S", covariant=True)


class _Source(Protocol[S]):
    path: Path
    facts: dict[str, Any]

    def metrics(self) -> S: ...
    def curves(self) -> S: ...
    def trajectories(self) -> S: ...
    def ranks(self) -> S: ...
    def cells(self) -> S: ...


class Results(Generic[F]):
    """The results of one experiment. Each table is read when it is first asked for.

    `docs/results.md` describes the columns; they are those of `prefsweep export`. Values on axes are text, and K and
    seed are missing where a run has none.
    """

    def __init__(self, source: _Source[F], frames: Frames[F]) -> None:
        self._source = source
        self._frames = frames

    @property
    def path(self) -> Path:
        """The folder that was loaded."""
        return self._source.path

    @property
    def experiment(self) -> str:
        """The name of the experiment."""
        return str(self._source.facts["experiment"])

    @property
    def dataset(self) -> dict[str, Any]:
        """Name, size, source and fingerprints of the data."""
        return dict(self._source.facts["dataset"])

    @property
    def cutoffs(self) -> list[int]:
        """The cut-offs k of HR@k and NDCG@k."""
        return list(self._source.facts["cutoffs"])

    @property
    def has_curves(self) -> bool:
        """Whether metrics of every evaluation are there; an export has only those at the end of training."""
        return isinstance(self._source, Folder)

    @cached_property
    def cells(self) -> F:
        """One row per cell of the experiment: what it is, `status` (`complete`, `missing`, `failed`) and `reason`."""
        return self._source.cells()

    @cached_property
    def metrics(self) -> F:
        """One row per run (baselines, references and cells) and metric, at the end of training."""
        return self._source.metrics()

    @cached_property
    def curves(self) -> F:
        """As `metrics`, at every evaluation (`step`)."""
        return self._source.curves()

    @cached_property
    def trajectories(self) -> F:
        """One row per cell and evaluation: training loss, KL, gradient weights and what else was recorded."""
        return self._source.trajectories()

    @cached_property
    def ranks(self) -> F:
        """One row per reference or cell, protocol and user: the rank of the test item at the end of training."""
        return self._source.ranks()

    @cached_property
    def verdict(self) -> dict[str, Any]:
        """The tests of the report, `verdict.json`."""
        places = [self.path / "report" / "verdict.json", self.path / "verdict.json"]
        for path in places:
            if path.is_file():
                return read_json(path, (5,))
        raise ResultsError(f"{self.path}: no verdict.json; `prefsweep report` writes it")

    def rows(self, frame: F, *columns: str) -> list[dict[str, Any]]:
        """Some columns of a frame, row by row; None is a missing value."""
        return self._frames.rows(frame, columns)

    def __repr__(self) -> str:
        return f"<prefsweep results of {self.experiment} in {self.path}>"


@overload
def load(path: str | os.PathLike[str], backend: Literal["polars"]) -> Results[pl.DataFrame]: ...
@overload
def load(path: str | os.PathLike[str], backend: Literal["pandas"]) -> Results[pd.DataFrame]: ...
@overload
def load(path: str | os.PathLike[str], backend: None = None) -> Results[Any]: ...
def load(path: str | os.PathLike[str], backend: Backend | None = None) -> Results[Any]:
    """The results in a folder: `results/<experiment>`, or what `prefsweep export` wrote.

    `backend` is `"polars"` or `"pandas"`; without it polars, where it is installed.

    Raises `ResultsError` where the folder holds no results or those of another version, and `ImportError` where the
    library for data frames is not installed.
    """
    folder = Path(path)
    kind = frames(backend)
    if (folder / INDEX).is_file():
        return Results(Folder(folder, kind), kind)
    if (folder / EXPORT).is_file():
        return Results(Exported(folder, kind), kind)
    raise ResultsError(f"{folder}: found neither {INDEX} nor {EXPORT}; allowed is a results folder or an export")
