"""Adam on the weights of all learners."""

from __future__ import annotations

import math

import numpy as np

from dqn_lessons.config import Array

_BLOCK = 32_768  # numbers worked on at once: they stay in the processor's cache


class Adam:
    """Adam; it is element-wise, so one of it is S optimisers.

    ``torch.optim`` takes a second to load, and on few weights longer to be called than to compute.

    Args:
        weights, grad: alike and contiguous, any shape; ``grad`` is overwritten by `step`.
        lr: step size.

    Source: Kingma and Ba (2015), Algorithm 1, in the order given at the end of its section 2.
    """

    def __init__(self, weights: Array, grad: Array, lr: float) -> None:
        self._weights, self._grad = weights.reshape(-1), grad.reshape(-1)
        self.lr, self.steps = lr, 0
        self.mean, self.square = np.zeros((2, weights.size), weights.dtype)

    def step(self) -> None:
        """Move the weights, in place."""
        self.steps += 1
        beta1, beta2, eps = 0.9, 0.999, 1e-8
        root_unbias = math.sqrt(1 - beta2**self.steps)
        size = self.lr * root_unbias / (1 - beta1**self.steps)
        for start in range(0, len(self.mean), _BLOCK):
            part = slice(start, start + _BLOCK)
            grad, mean, square = self._grad[part], self.mean[part], self.square[part]
            mean *= beta1
            mean += (1 - beta1) * grad
            square *= beta2
            np.square(grad, out=grad)
            grad *= 1 - beta2
            square += grad
            scale = np.sqrt(square, out=grad)
            scale += eps * root_unbias
            change = np.divide(mean, scale, out=scale)
            change *= size
            self._weights[part] -= change
