"""The two kinds of data frames. Neither library is imported before it is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

from .errors import ResultsError
from .files import need_columns

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

F = TypeVar("F")
Backend = Literal["polars", "pandas"]
# What a column holds: text, whole numbers of 32 or 64 bits, or numbers in double precision.
Kind = Literal["text", "u32", "u64", "f64"]
# The columns of a table, each with its kind and its values; None is a missing value.
Columns = Mapping[str, tuple[Kind, Sequence[Any]]]
# The same with one value for all rows.
Names = Mapping[str, tuple[Kind, Any]]
# Columns of a run's ranks; `ties` may be missing.
_RANKS = ("step", "split", "protocol", "user", "rank")


class Frames(Protocol[F]):
    """What is done with frames, whichever they are."""

    def read(self, path: Path, columns: Sequence[str]) -> F:
        """A Parquet file that has these columns at least."""

    def make(self, columns: Columns) -> F:
        """A frame of these columns."""

    def stack(self, frames: Sequence[F]) -> F:
        """The rows of all frames, which have the same columns."""

    def last_test_ranks(self, path: Path) -> F:
        """`protocol, user, rank, ties` on the test split at the last evaluation, by protocol and user."""

    def named(self, frame: F, names: Names) -> F:
        """The frame with further columns in front, each with one value in all rows."""

    def rows(self, frame: F, columns: Sequence[str]) -> list[dict[str, Any]]:
        """Some columns, row by row; None is a missing value."""


def frames(backend: Backend | None) -> Frames[Any]:
    """The given kind; without one polars where it is installed, otherwise pandas."""
    if backend not in (None, "polars", "pandas"):
        raise ResultsError(f"backend: found {backend!r}, allowed 'polars', 'pandas'")
    if backend is None:
        backend = "polars" if find_spec("polars") else "pandas"
        if not find_spec(backend):
            raise ImportError(
                "results are read with polars or with pandas, and neither is installed: "
                "pip install 'prefsweep[polars]' or pip install 'prefsweep[pandas]'"
            )
    for package in ["polars"] if backend == "polars" else ["pandas", "pyarrow"]:
        if not find_spec(package):
            raise ImportError(f"{package} is not installed: pip install 'prefsweep[{backend}]'")
    return _Polars() if backend == "polars" else _Pandas()


class _Polars:
    def __init__(self) -> None:
        import polars

        self.pl = polars
        self.kinds = {"text": polars.String, "u32": polars.UInt32, "u64": polars.UInt64, "f64": polars.Float64}

    def read(self, path: Path, columns: Sequence[str]) -> pl.DataFrame:
        failures = self.pl.exceptions
        try:
            frame = self.pl.read_parquet(path)
        except (OSError, failures.PolarsError, failures.PanicException) as error:
            raise _unreadable(path, error) from error
        need_columns(path, frame.columns, columns)
        return frame

    def make(self, columns: Columns) -> pl.DataFrame:
        return self.pl.DataFrame(
            {name: values for name, (_, values) in columns.items()},
            schema={name: self.kinds[kind] for name, (kind, _) in columns.items()},
        )

    def stack(self, frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
        return self.pl.concat(frames)

    def last_test_ranks(self, path: Path) -> pl.DataFrame:
        col = self.pl.col
        ranks = self.read(path, _RANKS)
        if "ties" not in ranks.columns:
            ranks = ranks.with_columns(ties=self.pl.lit(None, dtype=self.pl.UInt32))
        test = ranks.filter(col("split") == "test")
        last = test.filter(col("step") == col("step").max().over("protocol"))
        return last.select("protocol", "user", "rank", "ties").sort("protocol", "user")

    def named(self, frame: pl.DataFrame, names: Names) -> pl.DataFrame:
        columns = [self.pl.lit(one, dtype=self.kinds[kind]).alias(name) for name, (kind, one) in names.items()]
        return frame.select(*columns, self.pl.all())

    def rows(self, frame: pl.DataFrame, columns: Sequence[str]) -> list[dict[str, Any]]:
        return frame.select(columns).to_dicts()


class _Pandas:
    kinds: Mapping[Kind, str] = {"text": "string", "u32": "UInt32", "u64": "UInt64", "f64": "float64"}

    def __init__(self) -> None:
        import pandas

        self.pd = pandas

    def read(self, path: Path, columns: Sequence[str]) -> pd.DataFrame:
        # Whole numbers with missing values stay whole; other numbers are numpy's.
        try:
            frame = self.pd.read_parquet(path, engine="pyarrow", dtype_backend="numpy_nullable")
        # What pyarrow says of damaged files is of these kinds.
        except (OSError, ValueError) as error:
            raise _unreadable(path, error) from error
        need_columns(path, list(map(str, frame.columns)), columns)
        floats = {"Float32": "float32", "Float64": "float64"}
        kinds = {name: floats.get(str(dtype)) for name, dtype in frame.dtypes.items()}
        return frame.astype({name: kind for name, kind in kinds.items() if kind})

    def make(self, columns: Columns) -> pd.DataFrame:
        return self.pd.DataFrame(
            {name: self.pd.Series(list(values), dtype=self.kinds[kind]) for name, (kind, values) in columns.items()}
        )

    def stack(self, frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
        return self.pd.concat(frames, ignore_index=True)

    def last_test_ranks(self, path: Path) -> pd.DataFrame:
        ranks = self.read(path, _RANKS)
        if "ties" not in ranks.columns:
            ranks["ties"] = self.pd.Series(self.pd.NA, index=ranks.index, dtype="UInt32")
        test = ranks[ranks["split"] == "test"]
        last = test[test["step"] == test.groupby("protocol")["step"].transform("max")]
        return last[["protocol", "user", "rank", "ties"]].sort_values(["protocol", "user"], ignore_index=True)

    def named(self, frame: pd.DataFrame, names: Names) -> pd.DataFrame:
        columns = self.make({name: (kind, [one] * len(frame)) for name, (kind, one) in names.items()})
        return self.pd.concat([columns, frame], axis=1)

    def rows(self, frame: pd.DataFrame, columns: Sequence[str]) -> list[dict[str, Any]]:
        values = frame[list(columns)].astype(object)
        return [
            {str(name): value for name, value in row.items()}
            for row in values.where(values.notna(), None).to_dict("records")
        ]


def _unreadable(path: Path, error: BaseException) -> ResultsError:
    # The rest of what the libraries say is about their own inside.
    said = (str(error).splitlines() or ["it is cut off or damaged"])[0]
    return ResultsError(f"{path}: cannot be read as a Parquet file: {said}")
