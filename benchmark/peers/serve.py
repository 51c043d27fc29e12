"""A peer's process: times training steps on request, as recpo's `peer serve` does.

For each line `LOSS K STEPS` on its standard input it answers with the steps' seconds, a JSON list
on one line.
"""

import json
import math
import sys
import time
from pathlib import Path
from pathlib import Path

from data import Batch


def main(peer: str, threads: str, exported: str) -> None:
    batch = Batch.read(Path(exported) / "timed.json")
    if peer == "jax":
        # XLA takes as many threads as there are processors that the process may use.
        import model_jax

        def training(name, k):
            return model_jax.Training(name, k, batch)

    else:
        import torch

        import model_torch

        torch.set_num_threads(int(threads))

        def training(name, k):
            return model_torch.Training(name, k, batch, compiled=peer == "compile")

    trainings = {}
    for line in sys.stdin:
        name, k, steps = line.split()
        if (name, k) not in trainings:
            trainings[name, k] = training(name, int(k))
        seconds = []
        for _ in range(int(steps)):
            start = time.perf_counter()
            loss = trainings[name, k]()
            seconds.append(time.perf_counter() - start)
            assert math.isfinite(loss)
        print(json.dumps(seconds), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
