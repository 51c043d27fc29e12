"""Reading JSON and CSV, with messages that name the file."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .errors import ResultsError

# Kinds of values in JSON, in words.
_KINDS: dict[type, str] = {str: "a text", int: "a whole number", list: "a list", dict: "an object"}


def read_json(path: Path, formats: tuple[int, ...]) -> dict[str, Any]:
    """A JSON file whose `format` is one of those given."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ResultsError(f"{path}: cannot be read: {error}") from error
    found = content.get("format") if isinstance(content, dict) else None
    if found not in formats:
        allowed = ", ".join(map(str, formats))
        raise ResultsError(f"{path}: found format {found}, this version reads format {allowed}")
    return dict(content)


def need(path: Path, place: str, found: Any, kinds: Mapping[str, type]) -> None:
    """Raises where what is found at a place of a JSON file, if it is an object at all, lacks one of these keys."""
    values: dict[str, tuple[Any, type]] = {place: (found, dict)}
    if isinstance(found, dict):
        values = {f"{place}.{key}" if place else key: (found.get(key), kind) for key, kind in kinds.items()}
    for key, (value, kind) in values.items():
        # To Python true is a whole number.
        if not isinstance(value, kind) or isinstance(value, bool):
            shown = "nothing" if value is None else json.dumps(value, ensure_ascii=False)[:80]
            raise ResultsError(f"{path}: key {key}: found {shown}, allowed is {_KINDS[kind]}")


def need_columns(path: Path, found: Sequence[str], needed: Sequence[str]) -> None:
    """Raises where a table lacks a column."""
    for column in needed:
        if column not in found:
            raise ResultsError(f"{path}: column {column}: is missing, found {', '.join(found) or 'no columns'}")


def read_table(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """The rows of a CSV file that has these columns at least."""
    try:
        content = path.read_bytes().decode("utf-8")
        lines = csv.reader(io.StringIO(content, newline=""), strict=True)
        names = next(lines, [])
        need_columns(path, names, columns)
        rows = []
        for line in lines:
            if len(line) != len(names):
                raise ResultsError(
                    f"{path}, line {lines.line_num}: found {len(line)} values, allowed {len(names)}, as in the header"
                )
            rows.append(dict(zip(names, line)))
    except (OSError, ValueError, csv.Error) as error:
        raise ResultsError(f"{path}: cannot be read: {error}") from error
    # Every line that the program writes has an end: a number without one may have lost digits.
    if not content.endswith("\n"):
        raise ResultsError(f"{path}: the last line has no end, so that the file is cut off")
    return rows


def number(path: Path, row: dict[str, str], column: str) -> float | None:
    """A value of a table. An empty one, one that is not finite and one that only other runs have are missing."""
    value = row.get(column) or "nan"
    try:
        found = float(value)
    except ValueError as error:
        raise ResultsError(f"{path}: column {column}: found {value!r}, allowed is a number") from error
    return found if math.isfinite(found) else None


def whole(path: Path, row: dict[str, str], column: str) -> int:
    """A whole number of 32 bits of a table."""
    value = row[column]
    if not (value.isascii() and value.isdigit() and len(value) <= 10 and int(value) < 2**32):
        raise ResultsError(f"{path}: column {column}: found {value!r}, allowed is a whole number below 2^32")
    return int(value)
