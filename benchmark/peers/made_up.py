"""Makes up what language models might have generated for lists of candidates, to try `prefsweep import` on.

    made_up.py VALIDATION.json TEST.json FOLDER

writes texts for a reference and two losses at K = 3 and 15 with three seeds, and `mapping.yaml`, into FOLDER. **No model has seen
these rows**: a text is the true title, another candidate's, two titles or none, drawn with made-up chances. Only the way
from such files to a report is real.
"""

import json
import random
import sys
from pathlib import Path

# Chance of the true title, and of a text that names two titles or none.
CHANCES = {
    ("reference", None): (0.55, 0.04),
    ("S-DPO", 3): (0.60, 0.03),
    ("S-DPO", 15): (0.58, 0.05),
    ("DMPO", 3): (0.59, 0.03),
    ("DMPO", 15): (0.52, 0.08),
}


def text(row: dict, hit: float, unclear: float, draw: random.Random) -> str:
    chance = draw.random()
    if chance < hit:
        return row["trueSelection"]
    others = [title for title in row["itemList"] if title != row["trueSelection"]]
    if chance < hit + unclear:
        return draw.choice(["", " and ".join(draw.sample(others, 2))])
    return draw.choice(others)


def main(validation: Path, test: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    lists = {"validation": json.loads(validation.read_text()), "test": json.loads(test.read_text())}
    lines = [
        "title: Made-up generations for the candidates of S-DPO's LastFM (a trial of the import, not a result)",
        "dataset: {name: lastfm-cans20}",
        f"candidates: {{validation: {validation.resolve()}, test: {test.resolve()}}}",
        "runs:",
    ]
    for (loss, k), (hit, unclear) in CHANCES.items():
        for seed in (1, 2, 3):
            entry = f"loss: {loss}, seed: {seed}" + ("" if k is None else f", K: {k}")
            for split, rows in lists.items():
                draw = random.Random(f"{loss} {k} {seed} {split}")
                # One model answers each row much as the next: a row's difficulty is shared by all.
                texts = [text(row, min(1.0, max(0.0, hit + random.Random(f"{split} {index}").gauss(0, 0.25))), unclear, draw)
                         for index, row in enumerate(rows)]
                name = f"{loss}-{k or 0}-{seed}-{split}.json"
                (folder / name).write_text(json.dumps(texts, ensure_ascii=False))
                entry += f", {split}: {name}"
            lines.append(f"  - {{{entry}}}")
    (folder / "mapping.yaml").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
