"""prefsweep's transformer, losses and training steps in PyTorch."""

import math

import numpy as np
import torch
import torch._dynamo.config
import torch._inductor.config
import torch.nn.functional as F
from torch import Tensor, nn

from data import Batch

CROSS_ENTROPY = "cross_entropy"
# The compiled random numbers take about twice as long on a CPU as the eager ones. On a GPU they
# are part of the compiled kernels.
torch._inductor.config.fallback_random = not torch.cuda.is_available()
# Every cell compiles the same function once.
torch._dynamo.config.recompile_limit = 64


class Block(nn.Module):
    def __init__(self, dim: int, heads: int, inner: int, dropout: float):
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.attention_norm = nn.LayerNorm(dim, eps=1e-8)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.output = nn.Linear(dim, dim)
        self.feed_forward_norm = nn.LayerNorm(dim, eps=1e-8)
        self.inner = nn.Linear(dim, inner)
        self.outer = nn.Linear(inner, dim)

    def drop(self, x: Tensor) -> Tensor:
        return F.dropout(x, self.dropout, self.training)

    def forward(self, x: Tensor) -> Tensor:
        windows, length, dim = x.shape
        qkv = self.qkv(self.attention_norm(x))
        q, k, v = qkv.view(windows, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        rate = self.dropout if self.training else 0.0
        mixed = F.scaled_dot_product_attention(q, k, v, dropout_p=rate, is_causal=True)
        mixed = mixed.transpose(1, 2).reshape(windows, length, dim)
        x = x + self.drop(self.output(mixed))
        inner = self.drop(F.relu(self.inner(self.feed_forward_norm(x))))
        return x + self.drop(self.outer(inner))


class Sasrec(nn.Module):
    def __init__(self, settings: dict, dropout: float = 0.0):
        super().__init__()
        config = settings["model"]
        dim = config["dim"]
        self.dropout = dropout
        # One row more than items: the padding.
        self.items = nn.Embedding(settings["n_items"] + 1, dim)
        self.positions = nn.Parameter(torch.empty(config["max_len"], dim))
        self.blocks = nn.ModuleList(
            Block(dim, config["heads"], config["feed_forward"], dropout)
            for _ in range(config["blocks"])
        )
        self.norm = nn.LayerNorm(dim, eps=1e-8)
        for parameter in self.parameters():
            if parameter.dim() == 2:
                nn.init.normal_(parameter, std=0.02)

    def forward(self, items: Tensor, rows: Tensor | None) -> Tensor:
        """Hidden states of the trained positions, `[P, dim]`."""
        x = self.items(items) * math.sqrt(self.items.embedding_dim)
        x = F.dropout(x + self.positions[: items.shape[1]], self.dropout, self.training)
        for block in self.blocks:
            x = block(x)
        x = self.norm(x).flatten(0, 1)
        return x if rows is None else x[rows]

    def score_all(self, hidden: Tensor) -> Tensor:
        return F.linear(hidden, self.items.weight[:-1])

    def score(self, hidden: Tensor, candidates: Tensor) -> Tensor:
        """Scores of each position's own candidates, `[P, 1 + K]`."""
        return torch.bmm(self.items(candidates), hidden.unsqueeze(2)).squeeze(2)


def dpo(policy: Tensor, reference: Tensor, beta: float) -> Tensor:
    rho = policy - reference
    return -F.logsigmoid(beta * (rho[:, :1] - rho[:, 1:])).mean(1)


def s_dpo(policy: Tensor, reference: Tensor, beta: float) -> Tensor:
    rho = policy - reference
    return F.softplus(torch.logsumexp(beta * (rho[:, 1:] - rho[:, :1]), 1))


def dmpo(policy: Tensor, reference: Tensor, beta: float) -> Tensor:
    rho = policy - reference
    return -F.logsigmoid(beta * (rho[:, 0] - rho[:, 1:].mean(1)))


def dynamic_po(policy: Tensor, reference: Tensor, beta: float, c: float = 2.0) -> Tensor:
    """Over DMPO, with boundary selection and dual margins."""
    with torch.no_grad():
        boundary = boundary_set(policy)
        used = boundary.to(policy.dtype)
        strength = beta * dual_margin(policy, used, c) * used
    rho = policy - reference
    margins = strength * (rho[:, :1] - rho[:, 1:])
    return -F.logsigmoid(margins.sum(1) / used.sum(1))


def boundary_set(scores: Tensor) -> Tensor:
    """Negatives at or above the positive; without any, the top of three exact clusters."""
    positive, negatives = scores[:, :1], scores[:, 1:]
    violates = negatives >= positive
    if negatives.shape[1] == 1:
        return torch.ones_like(violates)
    top = negatives >= top_cluster_minimum(negatives)
    return torch.where(violates.any(1, keepdim=True), violates, top)


def top_cluster_minimum(scores: Tensor) -> Tensor:
    """Least score of the top one of `min(3, K)` clusters; all cuts are tried at once."""
    n = scores.shape[1]
    ordered = scores.sort(1).values
    centred = ordered - ordered.mean(1, keepdim=True)
    sums = F.pad(centred.cumsum(1), (1, 0))
    # The squares' total is the same for every cut: only the clusters' squared sums matter.
    index = torch.arange(n + 1, device=scores.device)
    from_start = sums[:, 1:n] ** 2 / index[1:n]
    to_end = (sums[:, n:] - sums[:, 1:n]) ** 2 / (n - index[1:n])
    if n == 2:
        return ordered[:, 1:]
    # Cuts at `middle` (rows) and `top` (columns), both in 1..n.
    between = sums[:, None, 1:n] - sums[:, 1:n, None]
    width = index[None, 1:n] - index[1:n, None]
    between = between**2 / width.clamp_min(1)
    gain = from_start[:, :, None] + between + to_end[:, None, :]
    gain = gain.masked_fill(width <= 0, -math.inf).amax(1)
    return ordered.gather(1, 1 + gain.argmax(1, keepdim=True))


def dual_margin(scores: Tensor, boundary: Tensor, c: float) -> Tensor:
    """`1 + tanh((d1 - d2 - c) / (|d1| + |d2|)) / 2` for every negative."""
    positive, negatives = scores[:, :1], scores[:, 1:]
    easy = 1.0 - boundary
    easy = torch.where(easy.any(1, keepdim=True), easy, torch.ones_like(easy))
    easy_mean = (easy * negatives).sum(1, keepdim=True) / easy.sum(1, keepdim=True)
    d1, d2 = positive - negatives, negatives - easy_mean
    scale = (d1.abs() + d2.abs()).clamp_min(torch.finfo(scores.dtype).tiny)
    return 1.0 + 0.5 * torch.tanh((d1 - d2 - c) / scale)


LOSSES = {"dpo": dpo, "s_dpo": s_dpo, "dmpo": dmpo, "dynamic_po": dynamic_po}


class Inputs:
    """A batch as tensors, with `k` negatives."""

    def __init__(self, batch: Batch, k: int, device: str = "cpu"):
        self.items = torch.from_numpy(batch.items).to(device)
        self.rows = None if batch.rows is None else torch.from_numpy(batch.rows).to(device)
        self.candidates = torch.from_numpy(batch.candidates[:, : 1 + k].copy()).to(device)
        self.targets = self.candidates[:, 0].contiguous()


def cross_entropy_loss(model: Sasrec, inputs: Inputs) -> Tensor:
    scores = model.score_all(model(inputs.items, inputs.rows))
    return F.cross_entropy(scores, inputs.targets)


def preference_loss(name: str, policy: Sasrec, reference: Sasrec, inputs: Inputs, beta: float):
    with torch.no_grad():
        frozen = reference.score(reference(inputs.items, inputs.rows), inputs.candidates)
    scores = policy.score(policy(inputs.items, inputs.rows), inputs.candidates)
    return LOSSES[name](scores, frozen, beta).mean()


class Training:
    """One training; each call is one step on the batch."""

    def __init__(
        self,
        name: str,
        k: int,
        dropout: float,
        batch: Batch,
        compiled: bool,
        device: str = "cpu",
    ):
        torch.manual_seed(1)
        settings = batch.settings
        stage = settings["reference" if name == CROSS_ENTROPY else "preference"]
        self.model = Sasrec(settings, dropout).to(device)
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(), lr=stage["learning_rate"], weight_decay=0.0, fused=True
        )
        self.clip = settings["clip"]
        self.inputs = Inputs(batch, k, device)
        if name == CROSS_ENTROPY:

            def loss():
                return cross_entropy_loss(self.model, self.inputs)

        else:
            reference = Sasrec(settings).to(device).eval().requires_grad_(False)
            reference.load_state_dict(self.model.state_dict())

            def loss():
                return preference_loss(name, self.model, reference, self.inputs, settings["beta"])

        self.loss = torch.compile(loss, dynamic=False, fullgraph=True) if compiled else loss

    def __call__(self) -> float:
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.loss()
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
        self.optimizer.step()
        return loss.item()


# Names and shapes of prefsweep's weights, to load them and to compare gradients.

LINEARS = ["output", "inner", "outer"]
NORMS = ["attention_norm", "feed_forward_norm"]
PROJECTIONS = ["query", "key", "value"]


def load(model: Sasrec, weights: dict[str, np.ndarray]) -> Sasrec:
    """Copies prefsweep's weights, which has `x @ weight` where PyTorch has `x @ weight.T`."""
    state = {"items.weight": weights["items"], "positions": weights["positions"]}
    state |= {"norm.weight": weights["norm.gain"][0], "norm.bias": weights["norm.bias"][0]}
    for index in range(len(model.blocks)):
        at = f"blocks.{index}."
        for norm in NORMS:
            state[f"{at}{norm}.weight"] = weights[f"{at}{norm}.gain"][0]
            state[f"{at}{norm}.bias"] = weights[f"{at}{norm}.bias"][0]
        for linear in LINEARS:
            state[f"{at}{linear}.weight"] = weights[f"{at}{linear}.weight"].T
            state[f"{at}{linear}.bias"] = weights[f"{at}{linear}.bias"][0]
        for part in ["weight", "bias"]:
            parts = [weights[f"{at}{name}.{part}"] for name in PROJECTIONS]
            joined = np.concatenate(parts, axis=1)
            state[f"{at}qkv.{part}"] = joined.T if part == "weight" else joined[0]
    model.load_state_dict({name: torch.tensor(value) for name, value in state.items()})
    return model


def gradients(model: Sasrec) -> dict[str, np.ndarray]:
    """The gradients under prefsweep's names, in its shapes."""
    found = {name: p.grad.numpy() for name, p in model.named_parameters()}
    result = {}
    for name, value in found.items():
        is_norm = "norm." in name
        if name in ("items.weight", "positions"):
            result[name.removesuffix(".weight")] = value
        elif is_norm or name.endswith(".bias") and "qkv" not in name:
            result[name.replace(".weight", ".gain")] = value[None]
        elif "qkv" in name:
            joined = value.T if value.ndim == 2 else value[None]
            for projection, part in zip(PROJECTIONS, np.split(joined, 3, axis=1), strict=True):
                result[name.replace("qkv", projection)] = part
        else:
            result[name] = value.T
    return result
