"""What the tests read: the committed exports, and a small sweep that the installed program trains."""

from __future__ import annotations

import subprocess
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
REFERENCE = ROOT / "results" / "reference"

# A modifier with settings, axes whose values are small, named and nested, and two cells that are one function.
EXPERIMENT = """
title: Small
question: Does everything work?
dataset: {name: synthetic, synthetic: {users: 120, items: 150}}
model: {dim: 16, blocks: 1, heads: 2, feed_forward: 16, max_len: 20}
reference: {epochs: 2}
preference: {steps: 4, batch_size: 64}
sweep:
  losses: [dpo, dmpo, dynamic_po: {over: dmpo, selection: all, c: 0.5}]
  negatives: [1, 3]
  seeds: [1, 2]
  axes:
    preference.learning_rate: [1.0e-5, 0.001]
    preference.sampler: [uniform, popularity: {exponent: 0.75}]
evaluation: {every: 2, cutoffs: [1, 10]}
"""


@dataclass(frozen=True)
class Sweep:
    results: Path
    export: Path


def program(*arguments: str | Path) -> str:
    """What the program of this environment prints."""
    path = Path(sysconfig.get_path("scripts")) / "prefsweep"
    done = subprocess.run([path, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    folder = tmp_path_factory.mktemp("sweep")
    experiment = folder / "small.yaml"
    experiment.write_text(EXPERIMENT)
    program("run", experiment, "--results", folder / "results", "--progress", "none")
    found = Sweep(folder / "results" / "small", folder / "export")
    program("export", found.results, "--to", found.export)
    return found
