"""S independent Q-networks in one module: one matrix product serves all learners."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from dqn_lessons.config import Array

# BLAS is up to three times slower when it writes few columns, as a layer of two actions has.
# From this many rows on, the batch is the longer axis and is put last.
_MANY_ROWS = 16


class StackedMLP(nn.Module):
    """S multilayer perceptrons with ReLU, side by side; each is computed alone.

    Args:
        sizes: units per layer, ``[D, hidden..., A]``.
        generators: one per learner, draws its initial weights as ``torch.nn.Linear`` does,
            uniform within ``1 / sqrt(inputs)``.

    Attributes:
        weights: a parameter per layer, ``[S, out, in]``.
        biases: a parameter per layer, ``[S, out, 1]``.

    Raises:
        ValueError: fewer than two sizes, or no generator.
    """

    def __init__(self, sizes: Sequence[int], generators: Sequence[np.random.Generator]) -> None:
        super().__init__()
        if len(sizes) < 2 or not generators:
            given = f"sizes = {list(sizes)} with {len(generators)} generators"
            needs = "a network needs inputs and outputs, and a generator per learner"
            raise ValueError(f"{given}: {needs}. Use [4, 64, 64, 2].")
        self.learners = len(generators)
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for inputs, outputs in pairwise(sizes):
            bound = 1 / math.sqrt(inputs)
            for params, columns in ((self.weights, inputs), (self.biases, 1)):
                draws = [g.uniform(-bound, bound, (outputs, columns)) for g in generators]
                params.append(nn.Parameter(torch.tensor(np.stack(draws), dtype=torch.float32)))
        self._view_layers()

    def _view_layers(self) -> None:
        # Looking up a parameter costs as much as a small layer. The arrays share the parameters'
        # memory: optimisers and target updates write in place.
        self._layers = list(zip(self.weights, self.biases, strict=True))
        self._arrays = [(w.detach().numpy(), b.detach().numpy()) for w, b in self._layers]

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._view_layers()  # a copy has memory of its own

    def forward(self, obs: Tensor) -> Tensor:
        """Values of all actions: ``[S, B, D] -> [S, B, A]``."""
        *hidden, (weight, bias) = self._layers
        if obs.shape[1] >= _MANY_ROWS:
            x = obs.mT.contiguous()
            for inner, inner_bias in hidden:
                x = torch.baddbmm(inner_bias, inner, x).relu_()
            return torch.baddbmm(bias, weight, x).mT
        x = obs
        for inner, inner_bias in hidden:
            x = torch.baddbmm(inner_bias.mT, x, inner.mT).relu_()
        return torch.baddbmm(bias.mT, x, weight.mT)

    def values(self, obs: Array) -> Array:
        """Values of one observation per learner, for acting: ``[S, D] -> [S, A]``, no gradient.

        In NumPy: for one row per learner a call of PyTorch costs more than its arithmetic.
        """
        x = obs[:, :, None]
        *hidden, (weight, bias) = self._arrays
        for inner, inner_bias in hidden:
            x = np.maximum(inner @ x + inner_bias, 0)
        q: Array = (weight @ x + bias)[:, :, 0]
        return q

    def layers(self, s: int) -> list[Array]:
        """Weights of learner ``s`` as NumPy copies: matrix [in, out] and bias [out], in turn."""
        pairs = ((weight[s].T.copy(), bias[s, :, 0].copy()) for weight, bias in self._arrays)
        return [array for pair in pairs for array in pair]

    def learner(self, s: int) -> nn.Sequential:
        """Learner ``s`` alone in plain PyTorch, ``[B, D] -> [B, A]``: a copy, equal outputs."""
        modules: list[nn.Module] = []
        for weight, bias in self._layers:
            linear = nn.Linear(weight.shape[2], weight.shape[1])
            linear.load_state_dict({"weight": weight[s], "bias": bias[s, :, 0]})
            modules += [linear, nn.ReLU()]
        return nn.Sequential(*modules[:-1])
