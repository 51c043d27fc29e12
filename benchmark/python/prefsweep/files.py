"""Reading JSON and CSV, with messages that name the file."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

from .errors import ResultsError


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


def read_table(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except OSError as error:
        raise ResultsError(f"{path}: cannot be read: {error}") from error


def number(path: Path, row: dict[str, str], column: str) -> float | None:
    """A value of a table; an empty one and one that is not finite are missing."""
    value = row.get(column) or "nan"
    try:
        found = float(value)
    except ValueError as error:
        raise ResultsError(f"{path}: column {column}: found {value!r}, allowed is a number") from error
    return found if math.isfinite(found) else None
