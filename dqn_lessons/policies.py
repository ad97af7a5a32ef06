"""Policies: what acts, from an observation to an action."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Policy = Callable[[NDArray[np.float32]], int]


def random_policy(actions: int, rng: np.random.Generator) -> Policy:
    """Return the policy that ignores the observation: each action is as likely."""
    return lambda obs: int(rng.integers(actions))


def q_values(weights: Sequence[NDArray[Any]], obs: ArrayLike) -> NDArray[Any]:
    """Values of a ReLU network, ``[..., D] -> [..., A]``, without PyTorch.

    Args:
        weights: matrix [in, out] and bias [out] of each layer, in turn.
        obs: observations ``[..., D]``.
    """
    hidden = np.asarray(obs, dtype=np.float32)
    *layers, (matrix, bias) = zip(weights[::2], weights[1::2], strict=True)
    for inner, inner_bias in layers:
        hidden = np.maximum(hidden @ inner + inner_bias, 0)
    values: NDArray[Any] = hidden @ matrix + bias
    return values


def greedy_policy(weights: Sequence[NDArray[Any]]) -> Policy:
    """Return the greedy policy of a ReLU network: [in, out] and [out] of each layer, in turn."""
    return lambda obs: int(np.argmax(q_values(weights, obs)))
