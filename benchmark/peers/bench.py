"""Times prefsweep's training steps and those of its peers in turn, and prints a table.

Every implementation runs in a process of its own, with one thread on one processor or with two on
two. The processes take turns, cell by cell and round by round; those that are not asked wait for
their input. A round of a cell counts if nothing else took more than a tenth of the processors'
time, for threads that wait for each other (OpenMP's) suffer far more from company than others.

With `--device cuda` PyTorch computes on the GPU, and with `--prefsweep-device wgpu` prefsweep does, on the same
card: a step is timed until the device has done all of its work.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
PEERS = {"eager": "PyTorch eager", "compile": "PyTorch compiled", "jax": "JAX"}
LOSSES = ["dpo", "s_dpo", "dmpo", "dynamic_po"]
CROSS_ENTROPY = "cross_entropy"
GEMM_SIZE = 2048
# Largest share of the processors' time that something else may take in a round that counts.
DISTURBED = 0.1
TICKS = os.sysconf("SC_CLK_TCK")
# Freed memory stays with the process, as prefsweep's workers have it: otherwise PyTorch and JAX spend a
# good part of a step on page faults.
ALLOCATOR = {
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": str(64 << 30),
    "MALLOC_TOP_PAD_": str(256 << 20),
    "MIMALLOC_PURGE_DELAY": "-1",
}
THREADS = ["RAYON_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"]


def busy_seconds(processors: list[int]) -> float:
    """Time that the processors have been busy since the start of the system."""
    total = 0
    for line in Path("/proc/stat").read_text().splitlines():
        name, *ticks = line.split()
        if name in [f"cpu{processor}" for processor in processors]:
            user, nice, system, _idle, _wait, *rest = map(int, ticks[:8])
            total += user + nice + system + sum(rest)
    return total / TICKS


class Process:
    """A process that times steps on request."""

    def __init__(self, command: list[str], threads: int, processors: list[int]):
        environment = os.environ | ALLOCATOR | {name: str(threads) for name in THREADS}
        self.processors = processors[-threads:]
        self.process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, self.processors),
        )

    def own_seconds(self) -> float:
        stat = Path(f"/proc/{self.process.pid}/stat").read_text()
        user, system = stat.rsplit(")", 1)[1].split()[11:13]
        return (int(user) + int(system)) / TICKS

    def seconds(self, cell: tuple, steps: int) -> tuple[list[float], float]:
        """Seconds per step, and the share of the processors' time that others took meanwhile."""
        start = time.perf_counter()
        others = self.own_seconds() - busy_seconds(self.processors)
        print(*cell, steps, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"{self.process.args} ended with {self.process.wait()} at {cell}")
        others = busy_seconds(self.processors) - self.own_seconds() + others
        elapsed = time.perf_counter() - start
        return json.loads(answer), others / (elapsed * len(self.processors))

    def close(self):
        self.process.stdin.close()
        self.process.wait()


@dataclass
class Round:
    """One turn of every implementation at one cell."""

    seconds: dict[str, float]
    disturbance: float


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


def measure(arguments, threads: int, processors: list[int], cells: list[tuple]):
    """The peak rates of products by who made them, and rounds by cell."""
    serve = [sys.executable, str(HERE / "serve.py")]
    software = ["--allow-software-gpu"] if arguments.allow_software_gpu else []
    commands = {"prefsweep": [arguments.prefsweep, "serve", arguments.prefsweep_device, *software]}
    implementations = ["prefsweep", *arguments.peers]
    multiplier = "numpy" if arguments.device == "cpu" else arguments.peers[0]
    for peer in dict.fromkeys([*arguments.peers, multiplier]):
        commands[peer] = [*serve, peer, str(threads), arguments.exported, arguments.device]
    processes = {name: Process(command, threads, processors) for name, command in commands.items()}
    for cell in cells:
        # Warms up and compiles.
        for name in implementations:
            processes[name].seconds(cell, 2)
    print(f"{threads} threads: all are ready", file=sys.stderr)
    found = {cell: [] for cell in cells}
    peaks = dict.fromkeys(["prefsweep", multiplier], 0.0)

    def quiet(cell):
        return sum(round_.disturbance <= DISTURBED for round_ in found[cell])

    for attempt in range(arguments.attempts):
        for name in peaks:
            times, _ = processes[name].seconds(("gemm", arguments.gemm, 0), 4)
            peaks[name] = max(peaks[name], 2 * arguments.gemm**3 / min(times))
        for cell in cells:
            if quiet(cell) >= arguments.rounds:
                continue
            seconds, shares = {}, []
            for name in implementations:
                # The first step of a turn fills the caches.
                times, share = processes[name].seconds(cell, 1 + arguments.steps)
                seconds[name] = statistics.median(times[1:])
                shares.append(share)
            found[cell].append(Round(seconds, max(shares)))
        done = sum(quiet(cell) >= arguments.rounds for cell in cells)
        print(
            f"{threads} threads: attempt {attempt + 1}, {done} of {len(cells)} cells done",
            file=sys.stderr,
        )
        if done == len(cells):
            break
    for process in processes.values():
        process.close()
    return peaks, found


def table(arguments, settings: dict, threads: int, peaks: dict, found: dict) -> list[str]:
    peers, implementations = arguments.peers, ["prefsweep", *arguments.peers]
    peak = max(peaks.values())
    rates = ", ".join(f"{name} {rate / 1e9:.0f}" for name, rate in peaks.items())
    names = " | ".join(["prefsweep", *(PEERS[peer] for peer in peers)])
    lines = [
        f"## {threads} thread{'s' if threads > 1 else ''}",
        "",
        f"Best rate of a {arguments.gemm} x {arguments.gemm} product, GFLOP/s: {rates}; "
        "the floor uses the better one.",
        "",
        f"| step | K | {names} | prefsweep / fastest peer | range | rounds "
        "| GFLOP | floor | prefsweep / floor |",
        "|---" * (9 + len(peers)) + "|",
    ]
    for (name, k, dropout), rounds in found.items():
        quiet = [round_ for round_ in rounds if round_.disturbance <= DISTURBED]
        # Too few: all of them, marked.
        marked = len(quiet) < 3
        used = rounds if marked else quiet
        medians = {
            who: statistics.median(round_.seconds[who] for round_ in used)
            for who in implementations
        }
        best = min(medians, key=medians.get)
        peer = min(peers, key=medians.get)
        ratios = [round_.seconds["prefsweep"] / round_.seconds[peer] for round_ in used]
        count = flops(settings, name, k)
        floor = count / peak
        columns = [name if dropout == 0 else f"{name}, dropout {dropout}", str(k or "")]
        for who in implementations:
            text = f"{medians[who]:.4f}"
            columns.append(f"**{text}**" if who == best else text)
        columns.append(f"{statistics.median(ratios):.2f}")
        columns.append(f"{min(ratios):.2f}–{max(ratios):.2f}")
        columns.append(f"{len(used)}{' disturbed' if marked else ''}")
        columns += [f"{count / 1e9:.2f}", f"{floor:.4f}", f"{medians['prefsweep'] / floor:.1f}"]
        lines.append(f"| {' | '.join(columns)} |")
    return [*lines, ""]


def cuda_card(peers: list[str]) -> str:
    """The name of the GPU that PyTorch computes on."""
    import torch

    if "jax" in peers:
        sys.exit("found --peers jax with --device cuda, allowed: eager, compile")
    if not torch.cuda.is_available():
        sys.exit(f"found --device cuda, but PyTorch {torch.__version__} finds no GPU")
    return f"{torch.cuda.get_device_name()}, CUDA {torch.version.cuda}, 32-bit products without TF32"


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown processor"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prefsweep", required=True, help="the example program `peer`")
    parser.add_argument("--exported", required=True, help="the folder that it exported")
    parser.add_argument("--rounds", type=int, default=7, help="undisturbed ones that are wanted")
    parser.add_argument("--attempts", type=int, default=30, help="rounds at most")
    parser.add_argument("--steps", type=int, default=4, help="timed steps per turn")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--losses", nargs="+", default=LOSSES, choices=LOSSES)
    parser.add_argument("--negatives", type=int, nargs="+", default=[1, 5, 20])
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"], help="the peers'")
    parser.add_argument("--prefsweep-device", default="flex", help="prefsweep's: flex, wgpu, wgpu:N")
    parser.add_argument("--allow-software-gpu", action="store_true", help="as in prefsweep run")
    parser.add_argument("--peers", nargs="+", choices=PEERS, help="default: all; on a GPU PyTorch")
    parser.add_argument("--gemm", type=int, default=GEMM_SIZE, help="size of the product")
    parser.add_argument("--out", type=Path, help="write the tables here too, as markdown")
    arguments = parser.parse_args()
    if arguments.peers is None:
        arguments.peers = list(PEERS) if arguments.device == "cpu" else ["eager", "compile"]
    place = "the CPU"
    if arguments.device == "cuda":
        place = cuda_card(arguments.peers)
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
    packages = ["torch", "numpy", *(["jax"] if "jax" in arguments.peers else [])]
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    lines = [
        "# Seconds per training step",
        "",
        f"{processor()}, {len(processors)} processors, {platform.system()}; "
        f"{versions}, Python {platform.python_version()}.",
        f"prefsweep on {arguments.prefsweep_device}, the peers on {place}.",
        f"{len(settings['items']) // settings['length']} windows of {settings['length']} items, "
        f"{settings['n_items']} items in the catalogue, {json.dumps(settings['model'])}.",
        f"Medians over rounds of the median of {arguments.steps} steps; ratios within rounds: "
        f"their median and range. Up to {arguments.rounds} rounds in which nothing else took more "
        f"than {DISTURBED:.0%} of the processors; where there are fewer than 3, all, marked.",
        "",
    ]
    for threads in arguments.threads:
        lines += table(arguments, settings, threads, *measure(arguments, threads, processors, cells))
    text = "\n".join(lines)
    print(text)
    if arguments.out:
        arguments.out.write_text(text)


if __name__ == "__main__":
    main()
