"""Trains the transformer in PyTorch on MovieLens 100K and writes ranks that `prefsweep import` reads.

    train.py ml-100k/u.data --out runs.parquet [--seeds 1 2 3] [--negatives 1 5 20] [--losses dpo dmpo]

Nothing of it comes from prefsweep but the model's and the losses' definitions in `model_torch.py`: it reads the file,
splits (leave one out), draws negatives and ranks on its own. Settings are those of `experiments/ml-100k.yaml`.
"""

import argparse
import copy
import math
import time
from dataclasses import dataclass

import numpy as np
import polars
import torch
import torch.nn.functional as F
from torch import Tensor

from model_torch import LOSSES, Sasrec

MODEL = {"dim": 64, "blocks": 2, "heads": 1, "feed_forward": 64, "max_len": 200}
REFERENCE = {"epochs": 100, "patience": 10, "batch": 128, "rate": 1e-3, "dropout": 0.2}
PREFERENCE = {"epochs": 3, "batch": 32, "rate": 5e-4, "beta": 1.0, "every": 30}
# As papers write them.
NAMES = {"dpo": "DPO", "s_dpo": "S-DPO", "dmpo": "DMPO", "dynamic_po": "DynamicPO"}


@dataclass
class Data:
    users: list[str]
    sequences: list[list[int]]  # in the order of time
    n_items: int

    @staticmethod
    def read(path: str) -> "Data":
        """User, item, rating and time of every line, separated by tabs; equal times stay in the file's order."""
        rows: dict[str, list[tuple[int, str]]] = {}
        with open(path) as file:
            for line in file:
                user, item, _, when = line.split("\t")
                rows.setdefault(user, []).append((int(when), item))
        known: dict[str, int] = {}
        sequences = []
        for events in rows.values():
            events.sort(key=lambda event: event[0])
            sequences.append([known.setdefault(item, len(known)) for _, item in events])
        return Data(list(rows), sequences, len(known))


def windows(sequences: list[list[int]], longest: int) -> list[tuple[list[int], list[int], int]]:
    """Inputs, targets and user of every stretch of the training parts; the last two items are held out."""
    found = []
    for user, sequence in enumerate(sequences):
        train = sequence[:-2]
        for end in range(len(train) - 1, 0, -longest):
            start = max(0, end - longest)
            found.append((train[start:end], train[start + 1 : end + 1], user))
    return found


def padded(rows: list[list[int]], padding: int) -> Tensor:
    length = max(len(row) for row in rows)
    return torch.tensor([row + [padding] * (length - len(row)) for row in rows])


class Ranking:
    """Ranks of every user's held-out item among all that the user has not had."""

    def __init__(self, data: Data, split: str):
        cut = -1 if split == "test" else -2
        histories = [sequence[:cut] for sequence in data.sequences]
        self.split = split
        self.target = torch.tensor([sequence[cut] for sequence in data.sequences])
        self.windows = [history[-MODEL["max_len"] :] for history in histories]
        self.counted = torch.ones(len(histories), data.n_items, dtype=torch.bool)
        for user, history in enumerate(histories):
            self.counted[user, history] = False
        self.counted.scatter_(1, self.target[:, None], False)

    @torch.inference_mode()
    def __call__(self, model: Sasrec) -> dict[str, np.ndarray]:
        model.eval()
        parts = []
        for start in range(0, len(self.windows), 128):
            part = self.windows[start : start + 128]
            items = padded(part, model.items.num_embeddings - 1)
            last = torch.tensor([len(window) - 1 for window in part])
            parts.append(model.score_all(model(items, torch.arange(len(part)) * items.shape[1] + last)))
        scores = torch.cat(parts)
        own = scores.gather(1, self.target[:, None])
        ties = ((scores == own) & self.counted).sum(1)
        above = ((scores > own) & self.counted).sum(1)
        model.train()
        return {
            "rank": (1 + above + 0.5 * ties).numpy(),
            "ties": ties.numpy(),
            "competitors": self.counted.sum(1).numpy(),
        }


def ndcg(ranks: np.ndarray) -> float:
    return float(np.where(ranks <= 10, 1 / np.log2(ranks + 1), 0).mean())


def batches(count: int, size: int, generator: torch.Generator):
    order = torch.randperm(count, generator=generator)
    return [order[start : start + size].tolist() for start in range(0, count, size)]


def flat(chosen: list[tuple[list[int], list[int], int]], padding: int):
    """Windows as one matrix, the rows of their positions, targets, and each position's user."""
    items = padded([inputs for inputs, _, _ in chosen], padding)
    rows, targets, users = [], [], []
    for index, (inputs, outputs, user) in enumerate(chosen):
        rows += range(index * items.shape[1], index * items.shape[1] + len(inputs))
        targets += outputs
        users += [user] * len(inputs)
    return items, torch.tensor(rows), torch.tensor(targets), torch.tensor(users)


def train_reference(data: Data, seed: int, validation: Ranking) -> Sasrec:
    """Full softmax at every position, until validation has not improved for some epochs; the best state."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    model = Sasrec({"model": MODEL, "n_items": data.n_items}, REFERENCE["dropout"])
    optimizer = torch.optim.AdamW(model.parameters(), lr=REFERENCE["rate"], weight_decay=0.0)
    all_windows = windows(data.sequences, MODEL["max_len"])
    best, state, waited = -1.0, None, 0
    for _ in range(REFERENCE["epochs"]):
        for chosen in batches(len(all_windows), REFERENCE["batch"], generator):
            items, rows, targets, _ = flat([all_windows[index] for index in chosen], data.n_items)
            loss = F.cross_entropy(model.score_all(model(items, rows)), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        found = ndcg(validation(model)["rank"])
        waited += 1
        if found > best:
            best, state, waited = found, copy.deepcopy(model.state_dict()), 0
        if waited >= REFERENCE["patience"]:
            break
    model.load_state_dict(state)
    return model


def unseen(users: Tensor, seen: Tensor, k: int, generator: torch.Generator) -> Tensor:
    """`k` distinct items for each position, uniform over those that its user has not had in training."""
    keys = torch.rand(len(users), seen.shape[1], generator=generator).masked_fill_(seen[users], -1.0)
    return keys.topk(k, dim=1).indices


def train_cell(data: Data, reference: Sasrec, loss_name: str, k: int, seed: int, rankings, record) -> None:
    generator = torch.Generator().manual_seed(1000 + seed)
    drawing = torch.Generator().manual_seed(2000 + seed)
    frozen = copy.deepcopy(reference).eval().requires_grad_(False)
    model = Sasrec({"model": MODEL, "n_items": data.n_items})
    model.load_state_dict(reference.state_dict())
    optimizer = torch.optim.AdamW(model.parameters(), lr=PREFERENCE["rate"], weight_decay=0.0)
    all_windows = windows(data.sequences, MODEL["max_len"])
    seen = torch.zeros(len(data.sequences), data.n_items, dtype=torch.bool)
    for user, sequence in enumerate(data.sequences):
        seen[user, sequence[:-2]] = True
    order = [b for _ in range(PREFERENCE["epochs"]) for b in batches(len(all_windows), PREFERENCE["batch"], generator)]
    # What the loss is where policy and reference are one, by which losses of different K are comparable.
    start = {"s_dpo": math.log(1 + k)}.get(loss_name, math.log(2))
    sums = []
    for step, chosen in enumerate(order, 1):
        items, rows, targets, users = flat([all_windows[index] for index in chosen], data.n_items)
        candidates = torch.cat([targets[:, None], unseen(users, seen, k, drawing)], 1)
        with torch.no_grad():
            theirs = frozen.score(frozen(items, rows), candidates)
        loss = LOSSES[loss_name](model.score(model(items, rows), candidates), theirs, PREFERENCE["beta"]).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        sums.append(loss.item())
        if step % PREFERENCE["every"] == 0 or step == len(order):
            mean = float(np.mean(sums))
            for ranking in rankings:
                record(loss_name, k, seed, step, ranking.split, ranking(model), mean, mean / start)
            sums = []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--out", required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--negatives", type=int, nargs="+", default=[1, 5, 20])
    parser.add_argument("--losses", nargs="+", default=list(LOSSES), choices=list(LOSSES))
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    data = Data.read(arguments.data)
    rankings = [Ranking(data, split) for split in ("validation", "test")]
    tables: list[polars.DataFrame] = []
    started = time.monotonic()

    def record(loss, k, seed, step, split, found, training=None, normalised=None):
        over = "DMPO" if loss == "dynamic_po" else None
        given = {
            "loss": NAMES.get(loss, loss), "over": over, "K": k, "seed": seed, "step": step, "split": split,
            "protocol": "full", "training_loss": training, "loss_normalised": normalised,
        }
        types = {"over": polars.String, "K": polars.Int64, "training_loss": polars.Float64, "loss_normalised": polars.Float64}
        columns = [polars.lit(value, dtype=types.get(name)).alias(name) for name, value in given.items()]
        tables.append(polars.DataFrame({"user": data.users, **found}).with_columns(columns))

    for seed in arguments.seeds:
        reference = train_reference(data, seed, rankings[0])
        for ranking in rankings:
            record("reference", None, seed, 0, ranking.split, ranking(reference))
        print(f"seed {seed}: reference, {time.monotonic() - started:.0f} s", flush=True)
        for loss in arguments.losses:
            for k in arguments.negatives:
                train_cell(data, reference, loss, k, seed, rankings, record)
                print(f"seed {seed}: {loss}, K = {k}, {time.monotonic() - started:.0f} s", flush=True)
    runs = polars.concat(tables)
    if arguments.out.endswith(".parquet"):
        runs.write_parquet(arguments.out)
    else:
        runs.write_csv(arguments.out)


if __name__ == "__main__":
    main()
