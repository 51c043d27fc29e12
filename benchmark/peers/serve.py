"""A peer's process: times training steps on request, as prefsweep's `peer serve` does.

Arguments: the peer, its threads, the exported folder, and `cpu` or `cuda` (PyTorch only).

For each line `LOSS K DROPOUT STEPS` on its standard input it answers with the steps' seconds, a
JSON list on one line. `gemm SIZE 0 STEPS` times products of two square matrices instead.
"""

import json
import math
import sys
import time
from pathlib import Path

import numpy as np

from data import Batch


def product(size: int):
    """A product of two matrices with numpy's BLAS."""
    matrix = np.ones((size, size), np.float32)
    return lambda: float((matrix @ matrix)[0, 0])


def product_on_gpu(size: int):
    import torch

    matrix = torch.ones(size, size, device="cuda")
    return lambda: float((matrix @ matrix)[0, 0])


def main(peer: str, threads: str, exported: str, device: str = "cpu") -> None:
    batch = Batch.read(Path(exported) / "timed.json")
    if peer == "jax":
        # XLA takes as many threads as there are processors that the process may use.
        import model_jax

        def training(*cell):
            return model_jax.Training(*cell, batch)

    elif peer in ("eager", "compile"):
        import torch

        import model_torch

        torch.set_num_threads(int(threads))

        def training(*cell):
            return model_torch.Training(
                *cell, batch, compiled=peer == "compile", device=device
            )

    def wait() -> None:
        if device == "cuda":
            torch.cuda.synchronize()

    multiply = product_on_gpu if device == "cuda" else product
    cells = {}
    for line in sys.stdin:
        *cell, steps = line.split()
        name, k, dropout = cell
        if tuple(cell) not in cells:
            gemm = name == "gemm"
            cells[tuple(cell)] = multiply(int(k)) if gemm else training(name, int(k), float(dropout))
        seconds = []
        for _ in range(int(steps)):
            wait()
            start = time.perf_counter()
            result = cells[tuple(cell)]()
            wait()
            seconds.append(time.perf_counter() - start)
            assert math.isfinite(result)
        print(json.dumps(seconds), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
