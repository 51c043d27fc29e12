"""Times recpo's training steps and those of its peers in turn, and prints a table.

Every implementation runs in a process of its own, with one thread on one processor or with two on
two. The processes take turns, cell by cell and round by round, so that what else the machine does
hits all of them alike; those that are not asked wait for their input.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
PEERS = {"eager": "PyTorch eager", "compile": "PyTorch compiled", "jax": "JAX"}
IMPLEMENTATIONS = ["recpo", *PEERS]
LOSSES = ["dpo", "s_dpo", "dmpo", "dynamic_po"]
CROSS_ENTROPY = "cross_entropy"
GEMM_SIZE = 2048
# Freed memory stays with the process, as recpo's workers have it: without these, PyTorch and JAX
# lose up to half of their speed to page faults.
ALLOCATOR = {
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": str(64 << 30),
    "MALLOC_TOP_PAD_": str(256 << 20),
    "MIMALLOC_PURGE_DELAY": "-1",
}
THREADS = ["RAYON_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"]


class Process:
    """A process that times steps on request."""

    def __init__(self, command: list[str], threads: int, processors: list[int]):
        environment = os.environ | ALLOCATOR | {name: str(threads) for name in THREADS}
        self.process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, processors[-threads:]),
        )

    def seconds(self, cell: tuple, steps: int) -> list[float]:
        print(*cell, steps, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"{self.process.args} ended with {self.process.wait()} at {cell}")
        return json.loads(answer)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def flops(settings: dict, name: str, k: int) -> int:
    """Floating-point operations of a step's matrix products; README.md derives them."""
    model = settings["model"]
    dim, inner, length = model["dim"], model["feed_forward"], settings["length"]
    rows, positions = len(settings["items"]), len(settings["rows"])
    attention = 2 * rows * (length + 1) * dim
    block = 8 * rows * dim * dim + attention + 4 * rows * dim * inner
    scored = settings["n_items"] if name == CROSS_ENTROPY else 1 + k
    head = 2 * positions * scored * dim
    of_reference = 0 if name == CROSS_ENTROPY else head
    return 3 * (model["blocks"] * block + head) + of_reference


def measure(arguments, threads: int, processors: list[int], cells: list[tuple]) -> dict:
    """Seconds per step by cell and implementation, one for each round."""
    serve = [sys.executable, str(HERE / "serve.py")]
    commands = {"recpo": [arguments.recpo, "serve"]}
    for peer in [*PEERS, "numpy"]:
        commands[peer] = [*serve, peer, str(threads), arguments.exported]
    processes = {
        name: Process(command, threads, processors) for name, command in commands.items()
    }
    found = {cell: {name: [] for name in IMPLEMENTATIONS} for cell in cells}
    products = {"recpo": [], "numpy": []}
    for round_ in range(1 + arguments.rounds):
        for name, rates in products.items():
            times = processes[name].seconds(("gemm", GEMM_SIZE, 0), 4)
            rates.append(2 * GEMM_SIZE**3 / min(times))
        for cell in cells:
            for name in IMPLEMENTATIONS:
                times = processes[name].seconds(cell, 1 + arguments.steps)
                # The first round warms up and compiles; each turn's first step fills the caches.
                if round_ > 0:
                    found[cell][name].append(statistics.median(times[1:]))
        print(f"{threads} threads: round {round_} of {arguments.rounds}", file=sys.stderr)
    for process in processes.values():
        process.close()
    return found | {"peak": {name: max(rates) for name, rates in products.items()}}


def table(settings: dict, threads: int, found: dict) -> list[str]:
    peaks = found.pop("peak")
    peak = max(peaks.values())
    rates = ", ".join(f"{name} {rate / 1e9:.0f}" for name, rate in peaks.items())
    names = " | ".join(["recpo", *PEERS.values()])
    lines = [
        f"## {threads} thread{'s' if threads > 1 else ''}",
        "",
        f"Peak: the better of two {GEMM_SIZE} x {GEMM_SIZE} products, GFLOP/s: {rates}.",
        "",
        f"| step | K | {names} | recpo / fastest peer | rounds | GFLOP | floor | recpo / floor |",
        "|---" * (8 + len(PEERS)) + "|",
    ]
    for (name, k, dropout), times in found.items():
        medians = {who: statistics.median(rounds) for who, rounds in times.items()}
        fastest = min(PEERS, key=medians.get)
        ratios = [ours / theirs for ours, theirs in zip(times["recpo"], times[fastest])]
        count = flops(settings, name, k)
        floor = count / peak
        label = name if dropout == 0 else f"{name}, dropout {dropout}"
        cells = [label, str(k or "")]
        for who in IMPLEMENTATIONS:
            text = f"{medians[who]:.4f}"
            cells.append(f"**{text}**" if who == min(medians, key=medians.get) else text)
        cells.append(f"{statistics.median(ratios):.2f}")
        cells.append(f"{min(ratios):.2f}–{max(ratios):.2f}")
        cells += [f"{count / 1e9:.2f}", f"{floor:.4f}", f"{medians['recpo'] / floor:.1f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown processor"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recpo", required=True, help="the example program `peer`")
    parser.add_argument("--exported", required=True, help="the folder that it exported")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=4, help="timed steps per turn")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--losses", nargs="+", default=LOSSES, choices=LOSSES)
    parser.add_argument("--negatives", type=int, nargs="+", default=[1, 5, 20])
    parser.add_argument("--out", type=Path, help="write the tables here too, as markdown")
    arguments = parser.parse_args()
    settings = json.loads((Path(arguments.exported) / "timed.json").read_text())
    processors = sorted(os.sched_getaffinity(0))
    if max(arguments.threads) > len(processors):
        sys.exit(f"{max(arguments.threads)} threads, but {len(processors)} processors")
    largest = settings["largest_k"]
    if not all(1 <= k <= largest for k in arguments.negatives):
        sys.exit(f"found --negatives {arguments.negatives}, allowed: 1 to {largest}")

    dropout = settings["reference"]["dropout"]
    cells = [(CROSS_ENTROPY, 0, dropout), (CROSS_ENTROPY, 0, 0)]
    of_policy = settings["preference"]["dropout"]
    cells += [(loss, k, of_policy) for loss in arguments.losses for k in arguments.negatives]
    versions = ", ".join(f"{name} {version(name)}" for name in ["torch", "jax", "numpy"])
    lines = [
        "# Seconds per training step",
        "",
        f"{processor()}, {len(processors)} processors, {platform.system()}; "
        f"{versions}, Python {platform.python_version()}.",
        f"{len(settings['items']) // settings['length']} windows of {settings['length']} items, "
        f"{settings['n_items']} items in the catalogue, {json.dumps(settings['model'])}.",
        f"Medians over {arguments.rounds} rounds of the median of {arguments.steps} steps; "
        "ratios within rounds: their median and range.",
        "",
    ]
    for threads in arguments.threads:
        before = os.getloadavg()[0]
        found = measure(arguments, threads, processors, cells)
        lines += table(settings, threads, found)
        load = f"Load average before {before:.1f}, after {os.getloadavg()[0]:.1f}."
        lines += [load, ""]
    text = "\n".join(lines)
    print(text)
    if arguments.out:
        arguments.out.write_text(text)


if __name__ == "__main__":
    main()
