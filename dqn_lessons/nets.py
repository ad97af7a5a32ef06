"""S independent Q-networks in one module: one matrix product serves all learners."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

# BLAS is up to three times slower when it writes few columns. Activations are held as
# [S, features, rows] with the rows last, unless the rows are the fewer.
_MANY_ROWS = 16


class StackedMLP(nn.Module):
    """S multilayer perceptrons with ReLU, side by side; none sees another's numbers.

    All weights of a learner are one row of one parameter, so one kernel copies a network and one
    norm is a learner's gradient norm.

    Args:
        sizes: units per layer, ``[D, hidden..., A]``.
        generators: one per learner, the source of its initial weights; the law is that of
            ``torch.nn.Linear``, uniform within ``1 / sqrt(inputs)``.

    Attributes:
        flat: the parameter, ``[S, P]``.
        layers: views of it, one ``(weight [S, out, in], bias [S, out, 1])`` per layer.

    Raises:
        ValueError: fewer than two sizes, or no generator.
    """

    def __init__(self, sizes: Sequence[int], generators: Sequence[np.random.Generator]) -> None:
        super().__init__()
        if len(sizes) < 2 or not generators:
            raise ValueError(
                f"sizes = {list(sizes)} with {len(generators)} generators: a network needs inputs "
                "and outputs, and a generator per learner. Use [4, 64, 64, 2]."
            )
        self.sizes, self.learners = list(sizes), len(generators)
        per_learner = [
            np.concatenate(
                [
                    rng.uniform(-1, 1, (inputs + 1) * outputs) / math.sqrt(inputs)
                    for inputs, outputs in zip(sizes[:-1], sizes[1:], strict=True)
                ]
            )
            for rng in generators
        ]
        self.flat = nn.Parameter(torch.tensor(np.stack(per_learner), dtype=torch.float32))

    @property
    def layers(self) -> list[tuple[Tensor, Tensor]]:
        """Weights ``[S, out, in]`` and biases ``[S, out, 1]``: views, so writing to them counts."""
        return _views(self.flat.detach(), self.sizes)

    def forward(self, obs: Tensor) -> Tensor:
        """Values of all actions: ``[S, B, D] -> [S, B, A]``."""
        q: Tensor = _Forward.apply(self.flat, obs, self.sizes)
        return q

    def learner(self, s: int) -> nn.Sequential:
        """Learner ``s`` alone, as plain PyTorch: ``[B, D] -> [B, A]``, a copy with equal outputs."""
        modules: list[nn.Module] = []
        for weight, bias in self.layers:
            linear = nn.Linear(weight.shape[2], weight.shape[1])
            linear.weight.data.copy_(weight[s])
            linear.bias.data.copy_(bias[s, :, 0])
            modules += [linear, nn.ReLU()]
        return nn.Sequential(*modules[:-1])


def _views(flat: Tensor, sizes: Sequence[int]) -> list[tuple[Tensor, Tensor]]:
    learners, start, views = flat.shape[0], 0, []
    for i, o in zip(sizes[:-1], sizes[1:], strict=True):
        weight = flat.as_strided((learners, o, i), (flat.shape[1], i, 1), start)
        bias = flat.as_strided((learners, o, 1), (flat.shape[1], 1, 1), start + o * i)
        views.append((weight, bias))
        start += o * (i + 1)
    return views


def _product(weight: Tensor, x: Tensor, out: Any = None) -> Tensor:
    if x.shape[-1] < _MANY_ROWS:
        return torch.bmm(x.mT, weight.mT).mT
    return torch.bmm(weight, x)


class _Forward(torch.autograd.Function):
    """Backpropagation by hand: autograd's own takes twice as long for layers this small."""

    @staticmethod
    def forward(ctx: Any, flat: Tensor, obs: Tensor, sizes: list[int]) -> Tensor:
        few = obs.shape[1] < _MANY_ROWS
        layers = _views(flat, sizes)
        x = obs.mT if few else obs.mT.contiguous()
        inputs = []
        for i, (weight, bias) in enumerate(layers):
            inputs.append(x)
            if few:
                x = torch.baddbmm(bias.mT, x.mT, weight.mT).mT
            else:
                x = torch.baddbmm(bias, weight, x)
            if i < len(layers) - 1:
                x.relu_()
        ctx.layers, ctx.inputs, ctx.flat, ctx.sizes = layers, inputs, flat, sizes
        return x.mT

    @staticmethod
    def backward(ctx: Any, grad_q: Tensor) -> Any:
        grad = torch.empty_like(ctx.flat)
        views = _views(grad, ctx.sizes)
        g = grad_q.mT
        for i in reversed(range(len(views))):
            x = ctx.inputs[i]
            torch.bmm(g, x.mT, out=views[i][0])
            torch.sum(g, -1, keepdim=True, out=views[i][1])
            if i:
                g = torch.ops.aten.threshold_backward(_product(ctx.layers[i][0].mT, g), x, 0)
        return grad, None, None
