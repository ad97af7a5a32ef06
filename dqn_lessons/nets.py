"""S independent Q-networks in one module: one matrix product serves all learners.

Args:
    obs: observations, float32.
    inputs, q_grad: of each layer, which `backward` overwrites; the loss by the values.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from dqn_lessons import checks as check
from dqn_lessons.config import Array

Rngs = Sequence[np.random.Generator]


class StackedMLP(nn.Module):
    """S multilayer perceptrons with ReLU, side by side; each is computed alone.

    PyTorch's parameters and NumPy's arrays are views of one memory, ``flat``: what `forward` says
    in PyTorch, `values` and `backward` say in NumPy, where a call costs a fraction. So write to
    parameters and their gradients in place.

    Args:
        sizes: units per layer, ``[D, hidden..., A]``.
        generators: one per learner, draws its initial weights as ``torch.nn.Linear`` does.
        layer_norm: ``torch.nn.LayerNorm`` without weights before each ReLU.

    Attributes:
        flat, flat_grad: all weights and biases, and their gradients, one axis each.
        weights, biases: a parameter per layer, ``[S, out, in]`` and ``[S, out, 1]``.
        grads: gradients of weights and biases of each layer in turn, views of ``flat_grad``.
    """

    def __init__(self, sizes: Sequence[int], generators: Rngs, layer_norm: bool = False) -> None:
        super().__init__()
        if len(sizes) < 2 or not generators:
            found, limit = f" with {len(generators)} generators", "two or more, with one or more"
            check.refuse_value("sizes", list(sizes), limit, "Use [4, 64, 64, 2].", found=found)
        self.learners, self.sizes, draws = len(generators), tuple(sizes), []
        self.layer_norm = layer_norm
        for inputs, outputs in pairwise(sizes):
            bound = 1 / math.sqrt(inputs)
            for columns in (inputs, 1):
                draws.append([g.uniform(-bound, bound, (outputs, columns)) for g in generators])
        arrays = [np.array(each, np.float32) for each in draws]
        self._shapes = [array.shape for array in arrays]
        self.flat = np.concatenate([array.ravel() for array in arrays])
        self.flat_grad = np.zeros_like(self.flat)
        params = [nn.Parameter(torch.from_numpy(array)) for array in arrays]
        self.weights, self.biases = nn.ParameterList(params[::2]), nn.ParameterList(params[1::2])
        self._share_memory()

    def _share_memory(self) -> None:
        ends = np.cumsum([math.prod(shape) for shape in self._shapes])[:-1]
        arrays, grads = (
            [part.reshape(shape) for part, shape in zip(parts, self._shapes, strict=True)]
            for parts in (np.split(self.flat, ends), np.split(self.flat_grad, ends))
        )
        # Looking up a parameter costs as much as a small layer: both kinds of views are kept.
        self._layers = list(zip(self.weights, self.biases, strict=True))
        self._arrays = list(zip(arrays[::2], arrays[1::2], strict=True))
        self.grads = grads
        params = [param for layer in self._layers for param in layer]
        for param, array, grad in zip(params, arrays, grads, strict=True):
            param.data, param.grad = torch.from_numpy(array), torch.from_numpy(grad)
        self.hidden: dict[int, list[Array]] = {}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._share_memory()  # a copy has memory of its own

    def forward(self, obs: Tensor) -> Tensor:
        """Values of all actions: ``[S, B, D] -> [S, B, A]``."""
        *hidden, (weight, bias) = self._layers
        x = obs.mT
        for inner, inner_bias in hidden:
            x = torch.baddbmm(inner_bias, inner, x)
            if self.layer_norm:
                x = nn.functional.layer_norm(x.mT, x.shape[1:2]).mT
            x = x.relu()
        return torch.baddbmm(bias, weight, x).mT

    def values(self, obs: Array, inputs: list[Array] | None = None) -> Array:
        """What `forward` gives, in NumPy and without gradients: ``[S, B, D] -> [S, B, A]``.

        ``inputs`` takes each layer's ``[S, units, B]``, in memory that is used again.
        """
        rows = obs.shape[1]
        if rows not in self.hidden:  # fresh memory at every call would cost a third of the time
            shapes = [(self.learners, size, rows) for size in self.sizes[1:-1]]
            self.hidden[rows] = [np.empty(shape, np.float32) for shape in shapes]
        x = obs.swapaxes(1, 2)
        *hidden, (weight, bias) = self._arrays
        layer_inputs, self._normal = [x], []
        for (inner, inner_bias), room in zip(hidden, self.hidden[rows], strict=True):
            x = np.matmul(inner, x, out=room)
            x += inner_bias
            if self.layer_norm:
                x -= x.mean(1, keepdims=True)
                x /= (spread := np.sqrt(np.square(x).mean(1, keepdims=True) + 1e-5))
                self._normal.append((x.copy(), spread))
            layer_inputs.append(np.maximum(x, 0, out=x))
        if inputs is not None:
            inputs += layer_inputs
        q: Array = (weight @ x + bias).swapaxes(1, 2)
        return q

    def backward(self, inputs: list[Array], q_grad: Array) -> None:
        """Put gradients into ``flat_grad``: ``inputs [S, units, B]`` and ``q_grad [S, B, A]``."""
        delta = q_grad.swapaxes(1, 2)  # by what a layer puts out, before its ReLU
        ones = np.ones((delta.shape[2], 1), np.float32)
        for layer in reversed(range(len(inputs))):
            x, (weight, _) = inputs[layer], self._arrays[layer]
            weight_grad, bias_grad = self.grads[2 * layer : 2 * layer + 2]
            np.matmul(delta, x.swapaxes(1, 2), out=weight_grad)
            np.matmul(delta, ones, out=bias_grad)
            if layer > 0:
                alive = x > 0
                delta = np.matmul(weight.swapaxes(1, 2), delta, out=x)
                delta *= alive
                if self.layer_norm:
                    normal, spread = self._normal[layer - 1]
                    slope = (delta * normal).mean(1, keepdims=True)
                    delta -= normal * slope + delta.mean(1, keepdims=True)
                    delta /= spread

    def layers(self, s: int) -> list[Array]:
        """Weights of learner ``s`` as NumPy copies: matrix [in, out] and bias [out], in turn."""
        if self.layer_norm:  # its values do not follow from its weights alone
            check.refuse_value("layer_norm", True, "False", "Use online.values, or learner.")
        pairs = ((weight[s].T.copy(), bias[s, :, 0].copy()) for weight, bias in self._arrays)
        return [array for pair in pairs for array in pair]

    def learner(self, s: int) -> nn.Sequential:
        """Learner ``s`` alone in plain PyTorch, ``[B, D] -> [B, A]``: a copy, equal outputs."""
        modules: list[nn.Module] = []
        for weight, bias in self._layers:
            linear = nn.Linear(weight.shape[2], weight.shape[1])
            linear.load_state_dict({"weight": weight[s], "bias": bias[s, :, 0]})
            norm = [nn.LayerNorm(len(linear.bias), elementwise_affine=False)] * self.layer_norm
            modules += [linear, *norm, nn.ReLU()]
        return nn.Sequential(*modules[: -1 - self.layer_norm])
