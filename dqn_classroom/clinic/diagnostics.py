"""What catches a bug: an exact value, a buffer that contradicts itself, a band, a test by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any

import torch

from dqn_classroom.clinic.bugs import BUGS, HEALTHY, edits_of
from dqn_classroom.clinic.inject import Edit, injected
from dqn_lessons.config import Array, DQNConfig
from dqn_lessons.replay import Transition
from dqn_lessons.train import Run


def expected_value(
    reward: float, gamma: float, learning_rate: float, updates: int, target_period: int
) -> float:
    """What one number is after so many updates with SGD, from 0, on an MDP of one state.

    Between two syncs each update closes ``2 * learning_rate`` of the distance to
    ``reward + gamma * target``; ``updates`` must be whole periods.

    Args:
        reward: reward of each step.
        gamma: discount, in [0, 1).
        learning_rate: step size on the mean squared error.
        updates: updates made, a multiple of ``target_period``.
        target_period: updates between two syncs.

    Source: lesson 1, the bound for SGD.
    """
    stays = (1 - 2 * learning_rate) ** target_period
    shrinks = gamma + (1 - gamma) * stays
    return reward / (1 - gamma) * (1 - shrinks ** (updates // target_period))


def broken_rows(obs: Array, next_obs: Array, ended: Array) -> Array:
    """Which rows of a replay buffer contradict the row that follows them.

    The following row must start where this one led, unless the episode ended here; then it must
    start somewhere else.

    Args:
        obs: observations ``[T, D]``, in the order of time.
        next_obs: next observations ``[T, D]``.
        ended: whether the episode ended there ``[T]``.

    Returns:
        ``[T - 1]``, for the last row has none that follows.
    """
    goes_on = (next_obs[:-1] == obs[1:]).all(-1)
    broken: Array = goes_on == ended[:-1]
    return broken


def outside_band(curve: Array, healthy: Array) -> float:
    """How much of a curve lies outside the band of healthy ones.

    Args:
        curve: ``[E]``.
        healthy: ``[S, E]``; the band reaches from the lowest to the highest at each evaluation.

    Returns:
        A share between 0 and 1.
    """
    out = (curve < healthy.min(axis=0)) | (curve > healthy.max(axis=0))
    return float(out.mean())


def update_is_right(update: Callable[..., None]) -> bool:
    """Whether an update moves Q(s, a) of a batch made by hand towards its targets.

    The networks are tables, so the targets are known. Only the direction counts, from either side:
    that is the same for every loss and every step size.

    Args:
        update: ``(batch, online, target, optimizer, gamma)``, makes one gradient step.
    """
    obs, action, next_obs = torch.tensor([[0, 1, 2], [0, 1, 1], [3, 4, 5]])
    reward, terminated = torch.tensor([1.0, -2.0, 4.0]), torch.tensor([False, True, False])
    batch = Transition(obs, action, reward, next_obs, terminated)
    now, table = [[0.0, 0.0]] * 3, torch.nn.Embedding.from_pretrained
    online = table(torch.tensor([*now, [1, 5], [7, 2], [9, 4]]), freeze=False)
    target = table(torch.tensor([*now, [2, 10], [3, 1], [6, 0]]))
    optimizer = torch.optim.SGD(online.parameters(), lr=0.1)
    y = torch.tensor([1 + 0.5 * 10, -2, 4 + 0.5 * 6])
    for error in (1.0, -0.5):
        online.weight.data[obs, action] = y + error
        update(batch, online, target, optimizer, 0.5)
        moved = online.weight.data[obs, action] - (y + error)
        if not (moved * error < 0).all():
            return False
    return True


def planted_updates() -> dict[str, Callable[..., None]]:
    """Return the gradient step of the loop, healthy and with each bug that lies in it alone.

    Returns:
        Bug -> ``(batch, online, target, optimizer, gamma)``, for a batch ``[B]`` of one learner.
    """
    parts = {"td.td_target", "td.td_loss", "train.Run.autograd_gradients"}
    names = [name for name, bug in BUGS.items() if {edit.where for edit in bug.edits} <= parts]
    return {name: partial(_planted, edits_of(name)) for name in (HEALTHY, *names)}


def _planted(
    edits: Sequence[Edit], batch: Any, online: Any, target: Any, optimizer: Any, gamma: float
) -> None:
    online.flat_grad = SimpleNamespace(fill=lambda _zero: optimizer.zero_grad())
    replay = SimpleNamespace(discount=gamma)
    run: Any = SimpleNamespace(config=DQNConfig(), online=online, target=target, replay=replay)
    with injected(edits):
        Run.autograd_gradients(run, Transition(*batch), None)
    optimizer.step()
