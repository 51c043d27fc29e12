"""Whether PyTorch and JAX find prefsweep's loss and gradients from the same weights and batch.

Exits with 1 if a 32-bit result is further from prefsweep's than the tolerance.
"""

import sys
from functools import partial
from pathlib import Path

import jax
import numpy as np
import torch

import model_jax
import model_torch
from data import Batch, read_weights
from model_torch import CROSS_ENTROPY

TOLERANCE = 1e-4
# A softmax does not change when a constant is added to all its inputs, so a key's bias has no
# gradient but rounding errors. They are compared with the gradient of the query's bias instead.
WITHOUT_GRADIENT = ".key.bias"


def by_torch(dtype, weights, reference, batch, name, k):
    models = []
    for values in (weights, reference):
        model = model_torch.load(model_torch.Sasrec(batch.settings), values)
        models.append(model.to(dtype).eval())
    inputs = model_torch.Inputs(batch, k)
    if name == CROSS_ENTROPY:
        loss = model_torch.cross_entropy_loss(models[0], inputs)
    else:
        loss = model_torch.preference_loss(name, *models, inputs, batch.settings["beta"])
    loss.backward()
    return loss.item(), model_torch.gradients(models[0])


def by_jax(weights, reference, batch, name, k):
    heads, beta = batch.settings["model"]["heads"], batch.settings["beta"]
    candidates = batch.candidates[:, : 1 + k]

    @jax.jit
    @jax.value_and_grad
    def loss(weights):
        if name == CROSS_ENTROPY:
            targets = candidates[:, 0]
            return model_jax.cross_entropy_loss(weights, batch.items, batch.rows, targets, heads)
        frozen = model_jax.load(reference)
        return model_jax.preference_loss(
            weights, frozen, batch.items, batch.rows, candidates, name, heads, beta
        )

    value, gradients = loss(model_jax.load(weights))
    return float(value), model_jax.gradients(gradients)


def differences(found: dict, expected: dict) -> dict[str, float]:
    """For each tensor the largest difference over the largest entry."""
    assert found.keys() == expected.keys(), found.keys() ^ expected.keys()
    result = {}
    for name, value in expected.items():
        assert found[name].shape == value.shape, name
        scale = expected[name.replace(WITHOUT_GRADIENT, ".query.bias")]
        result[name] = float(np.abs(found[name] - value).max() / np.abs(scale).max())
    return result


def main(exported: str) -> int:
    folder = Path(exported)
    batch = Batch.read(folder / "checked.json")
    layout = batch.settings["layout"]
    weights = read_weights(folder / "policy.f32", layout)
    reference = read_weights(folder / "reference.f32", layout)
    implementations = {
        "torch f64": partial(by_torch, torch.float64),
        "torch f32": partial(by_torch, torch.float32),
        "jax f32": by_jax,
    }
    print("Largest relative difference from prefsweep (f32):\n")
    print("| step | K | by | loss | gradients | in |")
    print("|---|---|---|---|---|---|")
    worst = 0.0
    per_tensor = dict.fromkeys(implementations, {})
    for case in batch.settings["cases"]:
        expected = read_weights(folder / case["gradients"], layout)
        for by, implementation in implementations.items():
            loss, gradients = implementation(weights, reference, batch, case["name"], case["k"])
            of_loss = abs(loss - case["loss"]) / abs(case["loss"])
            found = differences(gradients, expected)
            tensor = max(found, key=found.get)
            k = case["k"] or ""
            print(
                f"| {case['name']} | {k} | {by} | {of_loss:.1e} | {found[tensor]:.1e} | {tensor} |"
            )
            worst = max(worst, of_loss, found[tensor])
            per_tensor[by] = {
                name: max(value, per_tensor[by].get(name, 0.0)) for name, value in found.items()
            }
    print("\nPer tensor, over all steps:\n")
    print("| tensor |", " | ".join(implementations), "|")
    print("|---" * (1 + len(implementations)) + "|")
    for name, _, _ in layout:
        row = " | ".join(f"{per_tensor[by][name]:.1e}" for by in implementations)
        print(f"| {name} | {row} |")
    verdict = "within" if worst <= TOLERANCE else "BEYOND"
    print(f"\nLargest of all: {worst:.1e}, {verdict} the tolerance of {TOLERANCE:.0e}.")
    return 0 if worst <= TOLERANCE else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
