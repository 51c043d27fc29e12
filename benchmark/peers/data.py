"""What prefsweep exported: the batch, the settings, and for the check weights and gradients."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Batch:
    """Windows of items, the trained positions, and for each its positive and negatives."""

    settings: dict
    items: np.ndarray  # [windows, length], padded on the right with n_items
    rows: np.ndarray | None  # trained positions among all; None: every one
    candidates: np.ndarray  # [positions, 1 + largest K], the positive first

    @staticmethod
    def read(path: Path) -> "Batch":
        settings = json.loads(path.read_text())
        items = np.array(settings["items"]).reshape(-1, settings["length"])
        rows = np.array(settings["rows"])
        candidates = np.array(settings["candidates"]).reshape(len(rows), -1)
        every = len(rows) == items.size
        return Batch(settings, items, None if every else rows, candidates)


def read_weights(path: Path, layout: list) -> dict[str, np.ndarray]:
    """Tensors by name, from one file with all of them in the order of the layout."""
    values = np.fromfile(path, dtype="<f4")
    ends = np.cumsum([rows * cols for _, rows, cols in layout])
    assert len(values) == ends[-1], f"{path}: found {len(values)} floats, expected {ends[-1]}"
    parts = np.split(values, ends[:-1])
    return {
        name: part.reshape(rows, cols)
        for (name, rows, cols), part in zip(layout, parts, strict=True)
    }
