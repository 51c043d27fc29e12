"""Recommends with a kept policy in PyTorch and compares with what `prefsweep recommend --history test` wrote.

    kept.py ENTRY LISTS.csv

ENTRY is the run's folder in the store, with `final.safetensors`; LISTS.csv is of the same run, weights and all users. The
histories are those of the dataset's entry beside it. Exits with 1 where a score differs by more than the tolerance, or an item
other than a tie stands in another place.
"""

import csv
import json
import sys
from pathlib import Path

import numpy as np
import polars
import torch
from safetensors import safe_open

import model_torch

TOLERANCE = 1e-4


def load(entry: Path) -> model_torch.Sasrec:
    """The policy at the end of the run."""
    path = entry / "final.safetensors"
    with safe_open(path, "np") as file:
        facts = json.loads(file.metadata()["prefsweep"])
        weights = {name: file.get_tensor(name) for name in file.keys()}
    model = facts["model"]
    # SASRec's settings stand there without its name, those of another policy below its name.
    if "dim" not in model or model.get("experts"):
        found = "SASRec with experts" if "dim" in model else f"the policy {next(iter(model))}"
        sys.exit(f"{path}: found {found}, allowed is dense SASRec; `prefsweep recommend` recommends with any policy")
    settings = {"model": model, "n_items": len(weights["items"]) - 1}
    return model_torch.load(model_torch.Sasrec(settings), weights).eval()


def histories(entry: Path) -> dict[str, list[int]]:
    """What each user had before the last interaction, which leave-one-out tests, as rows of the table of items."""
    spec = json.loads((entry / "spec.json").read_text())
    start = spec["settings"]["start"] if "settings" in spec else spec
    name = start["data_fingerprint"][: len(entry.name)]
    folder = entry.parent.parent / "datasets" / name
    users = json.loads((folder / "dataset.json").read_text())["content"]["user_ids"]
    rows = polars.read_parquet(folder / "interactions.parquet")
    found: dict[str, list[int]] = {user: [] for user in users}
    for user, item in rows.select("user", "item").iter_rows():
        found[users[user]].append(item)
    return {user: items[:-1] for user, items in found.items()}


def recommended(path: Path) -> dict[str, list[tuple[str, float]]]:
    """Items and scores of each user, best first."""
    lists: dict[str, list[tuple[str, float]]] = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            lists.setdefault(row["user"], []).append((row["item"], float(row["score"])))
    return lists


@torch.inference_mode()
def main(entry: Path, path: Path) -> int:
    model = load(entry)
    with (entry / "items.csv").open(newline="") as file:
        row_of = {row["item"]: int(row["row"]) for row in csv.DictReader(file)}
    known, lists = histories(entry), recommended(path)
    longest = model.positions.shape[0]
    largest, others, count = 0.0, 0, 0
    for user, expected in lists.items():
        history = known[user]
        window = torch.tensor([history[-longest:]])
        scores = model.score_all(model(window, None)[-1:])[0].numpy()
        scores[list(set(history))] = -np.inf
        theirs = np.array([score for _, score in expected])
        rows = [row_of[item] for item, _ in expected]
        largest = max(largest, float(np.abs(scores[rows] - theirs).max()))
        # The best ones here must have the scores of the best ones there, whatever the order of ties.
        best = np.sort(scores)[::-1][: len(expected)]
        others += int((np.abs(best - theirs) > TOLERANCE).sum())
        count += len(expected)
    print(f"{len(lists)} users, {count} recommendations: scores differ by at most {largest:.1e}, {others} stand elsewhere")
    return int(largest > TOLERANCE or others > 0 or count == 0)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
