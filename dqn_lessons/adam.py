"""Adam on the weights of all learners; ``torch.optim`` takes a second to load."""

import math

import numpy as np

from dqn_lessons.config import Array

_BLOCK = 32_768  # numbers worked on at once: they stay in the processor's cache


class Adam:
    """Adam; it is element-wise, so one of it is S optimisers.

    Args:
        weights, grad: alike and contiguous, any shape.
        lr: step size.

    Source: Kingma and Ba (2015), Algorithm 1, in the order given at the end of its section 2.
    """

    def __init__(self, weights: Array, grad: Array, lr: float) -> None:
        self._weights, self._grad = weights.reshape(-1), grad.reshape(-1)
        self.lr, self.steps = lr, 0
        self.mean, self.square = np.zeros((2, weights.size), weights.dtype)
        self._scratch = np.empty(min(weights.size, _BLOCK), weights.dtype)

    def step(self) -> None:
        """Move the weights, in place."""
        self.steps += 1
        beta1, beta2, eps = 0.9, 0.999, 1e-8
        root_unbias = math.sqrt(1 - beta2**self.steps)
        size = self.lr * root_unbias / (1 - beta1**self.steps)
        for start in range(0, len(self.mean), _BLOCK):
            part = slice(start, start + _BLOCK)
            grad, mean, square = self._grad[part], self.mean[part], self.square[part]
            scratch = self._scratch[: len(grad)]
            mean *= beta1
            mean += np.multiply(grad, 1 - beta1, out=scratch)
            square *= beta2
            square += np.multiply(np.square(grad, out=scratch), 1 - beta2, out=scratch)
            np.sqrt(square, out=scratch)
            scratch += eps * root_unbias
            np.divide(mean, scratch, out=scratch)
            scratch *= size
            self._weights[part] -= scratch
