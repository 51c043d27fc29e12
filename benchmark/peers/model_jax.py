"""prefsweep's transformer, losses and training steps in JAX."""

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax

from data import Batch

CROSS_ENTROPY = "cross_entropy"


def initial(settings: dict, key: jax.Array) -> dict:
    config = settings["model"]
    dim, inner = config["dim"], config["feed_forward"]
    keys = iter(jax.random.split(key, 2 + 4 * config["blocks"]))

    def normal(*shape):
        return 0.02 * jax.random.normal(next(keys), shape)

    def norm():
        return {"gain": jnp.ones(dim), "bias": jnp.zeros(dim)}

    def linear(rows, cols):
        return {"weight": normal(rows, cols), "bias": jnp.zeros(cols)}

    def block():
        return {
            "attention_norm": norm(),
            "qkv": linear(dim, 3 * dim),
            "output": linear(dim, dim),
            "feed_forward_norm": norm(),
            "inner": linear(dim, inner),
            "outer": linear(inner, dim),
        }

    return {
        # One row more than items: the padding.
        "items": normal(settings["n_items"] + 1, dim),
        "positions": normal(config["max_len"], dim),
        "blocks": [block() for _ in range(config["blocks"])],
        "norm": norm(),
    }


def layer_norm(x, norm):
    mean = x.mean(-1, keepdims=True)
    variance = x.var(-1, keepdims=True)
    return (x - mean) * jax.lax.rsqrt(variance + 1e-8) * norm["gain"] + norm["bias"]


def linear(x, layer):
    return x @ layer["weight"] + layer["bias"]


def dropout(x, rate, keys):
    if rate == 0.0:
        return x
    keep = jax.random.bernoulli(next(keys), 1.0 - rate, x.shape)
    return jnp.where(keep, x / (1.0 - rate), 0.0)


def attention(qkv, heads, rate, keys):
    windows, length, _ = qkv.shape
    q, k, v = jnp.moveaxis(qkv.reshape(windows, length, 3, heads, -1), (2, 3), (0, 2))
    scores = q @ k.swapaxes(2, 3) / math.sqrt(q.shape[-1])
    scores = jnp.where(jnp.tri(length, dtype=bool), scores, -jnp.inf)
    mixed = dropout(jax.nn.softmax(scores), rate, keys) @ v
    return mixed.swapaxes(1, 2).reshape(windows, length, -1)


def hidden(weights, items, rows, heads, rate=0.0, key=None):
    """Hidden states of the trained positions, `[P, dim]`."""
    sites = 1 + 4 * len(weights["blocks"])
    keys = iter(jax.random.split(key, sites)) if rate > 0.0 else None
    dim = weights["items"].shape[1]
    x = weights["items"][items] * math.sqrt(dim) + weights["positions"][: items.shape[1]]
    x = dropout(x, rate, keys)
    for block in weights["blocks"]:
        qkv = linear(layer_norm(x, block["attention_norm"]), block["qkv"])
        x = x + dropout(linear(attention(qkv, heads, rate, keys), block["output"]), rate, keys)
        inner = jax.nn.relu(linear(layer_norm(x, block["feed_forward_norm"]), block["inner"]))
        x = x + dropout(linear(dropout(inner, rate, keys), block["outer"]), rate, keys)
    x = layer_norm(x, weights["norm"]).reshape(-1, dim)
    return x if rows is None else x[rows]


def score(weights, states, candidates):
    """Scores of each position's own candidates, `[P, 1 + K]`."""
    return jnp.einsum("pnd,pd->pn", weights["items"][candidates], states)


def dpo(policy, reference, beta):
    rho = policy - reference
    return -jax.nn.log_sigmoid(beta * (rho[:, :1] - rho[:, 1:])).mean(1)


def s_dpo(policy, reference, beta):
    rho = policy - reference
    return jax.nn.softplus(jax.nn.logsumexp(beta * (rho[:, 1:] - rho[:, :1]), 1))


def dmpo(policy, reference, beta):
    rho = policy - reference
    return -jax.nn.log_sigmoid(beta * (rho[:, 0] - rho[:, 1:].mean(1)))


def dynamic_po(policy, reference, beta, c=2.0):
    """Over DMPO, with boundary selection and dual margins."""
    scores = jax.lax.stop_gradient(policy)
    used = boundary_set(scores).astype(policy.dtype)
    strength = beta * dual_margin(scores, used, c) * used
    rho = policy - reference
    margins = strength * (rho[:, :1] - rho[:, 1:])
    return -jax.nn.log_sigmoid(margins.sum(1) / used.sum(1))


def boundary_set(scores):
    """Negatives at or above the positive; without any, the top of three exact clusters."""
    positive, negatives = scores[:, :1], scores[:, 1:]
    violates = negatives >= positive
    if negatives.shape[1] == 1:
        return jnp.ones_like(violates)
    top = negatives >= top_cluster_minimum(negatives)
    return jnp.where(violates.any(1, keepdims=True), violates, top)


def top_cluster_minimum(scores):
    """Least score of the top one of `min(3, K)` clusters; all cuts are tried at once."""
    n = scores.shape[1]
    ordered = jnp.sort(scores, 1)
    if n == 2:
        return ordered[:, 1:]
    centred = ordered - ordered.mean(1, keepdims=True)
    sums = jnp.pad(jnp.cumsum(centred, 1), ((0, 0), (1, 0)))
    # The squares' total is the same for every cut: only the clusters' squared sums matter.
    cuts = jnp.arange(1, n)
    from_start = sums[:, 1:n] ** 2 / cuts
    to_end = (sums[:, n:] - sums[:, 1:n]) ** 2 / (n - cuts)
    # Cuts at `middle` (rows) and `top` (columns), both in 1..n.
    width = cuts[None, :] - cuts[:, None]
    between = (sums[:, None, 1:n] - sums[:, 1:n, None]) ** 2 / jnp.maximum(width, 1)
    gain = from_start[:, :, None] + between + to_end[:, None, :]
    gain = jnp.where(width > 0, gain, -jnp.inf).max(1)
    return jnp.take_along_axis(ordered, 1 + gain.argmax(1)[:, None], 1)


def dual_margin(scores, boundary, c):
    """`1 + tanh((d1 - d2 - c) / (|d1| + |d2|)) / 2` for every negative."""
    positive, negatives = scores[:, :1], scores[:, 1:]
    easy = 1.0 - boundary
    easy = jnp.where(easy.any(1, keepdims=True), easy, 1.0)
    easy_mean = (easy * negatives).sum(1, keepdims=True) / easy.sum(1, keepdims=True)
    d1, d2 = positive - negatives, negatives - easy_mean
    scale = jnp.maximum(jnp.abs(d1) + jnp.abs(d2), jnp.finfo(scores.dtype).tiny)
    return 1.0 + 0.5 * jnp.tanh((d1 - d2 - c) / scale)


LOSSES = {"dpo": dpo, "s_dpo": s_dpo, "dmpo": dmpo, "dynamic_po": dynamic_po}


def cross_entropy_loss(weights, items, rows, targets, heads, rate=0.0, key=None):
    states = hidden(weights, items, rows, heads, rate, key)
    scores = states @ weights["items"][:-1].T
    return optax.softmax_cross_entropy_with_integer_labels(scores, targets).mean()


def preference_loss(
    weights, reference, items, rows, candidates, name, heads, beta, rate=0.0, key=None
):
    frozen = score(reference, hidden(reference, items, rows, heads), candidates)
    scores = score(weights, hidden(weights, items, rows, heads, rate, key), candidates)
    return LOSSES[name](scores, jax.lax.stop_gradient(frozen), beta).mean()


class Training:
    """One training; each call is one step on the batch."""

    def __init__(self, name: str, k: int, rate: float, batch: Batch):
        settings = batch.settings
        heads, beta = settings["model"]["heads"], settings["beta"]
        stage = settings["reference" if name == CROSS_ENTROPY else "preference"]
        self.key, key = jax.random.split(jax.random.key(1))
        self.weights = initial(settings, key)
        # A copy: the policy's own buffers are donated to each step.
        self.reference = jax.tree.map(jnp.copy, self.weights)
        optimizer = optax.chain(
            optax.clip_by_global_norm(settings["clip"]),
            optax.adamw(stage["learning_rate"], weight_decay=0.0),
        )
        self.state = optimizer.init(self.weights)
        assert batch.rows is None, "steps are timed on full windows"
        candidates = batch.candidates[:, : 1 + k]
        self.batch = (jnp.array(batch.items, jnp.int32), jnp.array(candidates, jnp.int32))

        @partial(jax.jit, donate_argnums=(0, 1, 2))
        def step(weights, state, key, reference, items, candidates):
            key, used = jax.random.split(key)

            def loss(weights):
                if name == CROSS_ENTROPY:
                    targets = candidates[:, 0]
                    return cross_entropy_loss(weights, items, None, targets, heads, rate, used)
                return preference_loss(
                    weights, reference, items, None, candidates, name, heads, beta, rate, used
                )

            value, gradients = jax.value_and_grad(loss)(weights)
            updates, state = optimizer.update(gradients, state, weights)
            return value, optax.apply_updates(weights, updates), state, key

        self.step = step

    def __call__(self) -> float:
        value, self.weights, self.state, self.key = self.step(
            self.weights, self.state, self.key, self.reference, *self.batch
        )
        jax.block_until_ready(self.weights)
        return float(value)


# Names and shapes of prefsweep's weights, to load them and to compare gradients.

PROJECTIONS = ["query", "key", "value"]
LAYERS = ["attention_norm", "output", "feed_forward_norm", "inner", "outer"]


def load(weights: dict[str, np.ndarray]) -> dict:
    def layer(name):
        if f"{name}.gain" in weights:
            return {part: jnp.array(weights[f"{name}.{part}"][0]) for part in ("gain", "bias")}
        bias = jnp.array(weights[f"{name}.bias"][0])
        return {"weight": jnp.array(weights[f"{name}.weight"]), "bias": bias}

    def block(at):
        names = [f"{at}.{name}" for name in PROJECTIONS]
        weight = np.concatenate([weights[f"{name}.weight"] for name in names], axis=1)
        bias = np.concatenate([weights[f"{name}.bias"] for name in names], axis=1)[0]
        qkv = {"weight": jnp.array(weight), "bias": jnp.array(bias)}
        return {"qkv": qkv} | {name: layer(f"{at}.{name}") for name in LAYERS}

    blocks = sum(name.endswith("query.bias") for name in weights)
    return {
        "items": jnp.array(weights["items"]),
        "positions": jnp.array(weights["positions"]),
        "blocks": [block(f"blocks.{index}") for index in range(blocks)],
        "norm": layer("norm"),
    }


def gradients(tree: dict) -> dict[str, np.ndarray]:
    """The gradients under prefsweep's names, in its shapes."""
    result = {}
    for path, value in jax.tree_util.tree_flatten_with_path(tree)[0]:
        name = ".".join(str(getattr(key, "key", getattr(key, "idx", None))) for key in path)
        value = np.atleast_2d(np.asarray(value))
        if ".qkv." in name:
            for projection, part in zip(PROJECTIONS, np.split(value, 3, axis=1), strict=True):
                result[name.replace("qkv", projection)] = part
        else:
            result[name] = value
    return result
