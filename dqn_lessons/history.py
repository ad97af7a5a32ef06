"""What a run records while it trains, the History made of it, and who may look at it.

Args:
    step: environment steps made.
    action, reward, loss, td_error, greedy_return: of each learner ``[S]``, the last two means.
    ended: whether an episode ended ``[S]``.
    epsilon: at the last step, a number or ``[S]``.
    q: values at the P probe observations ``[S, P, A]``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from dqn_lessons import checks as check
from dqn_lessons.config import Array, DQNConfig

_COLUMNS = ["seed", "episode", "step", "return", "length", "epsilon", "loss"]
_TYPES = [np.int64, np.int64, np.int64, np.float64, np.int64, np.float64, np.float64]
EPISODE_DTYPE = np.dtype(list(zip(_COLUMNS, _TYPES, strict=True)))


@dataclass(frozen=True, eq=False)
class History:
    """What happened in a run of S learners: a table of episodes and E evaluations.

    Args:
        config, seeds: what was trained, one seed per learner.
        step: environment steps made by each learner.
        complete: false when training was interrupted before ``config.steps`` or in an evaluation.
        episodes: a row for each finished training episode, in the order of their ends
            ``[episodes]``: ``seed, episode, step`` (environment steps of that learner), ``return,
            length, epsilon`` (at its last step), ``loss`` (of the last update, or NaN).
        eval_step: environment steps at the evaluations ``[E]``.
        eval_return: greedy, undiscounted, mean over episodes ``[S, E]``.
        loss, td_error: means of the updates since the last evaluation, NaN if none ``[S, E]``.
        q_probe: ``max_a Q`` at P fixed observations ``[S, E, P]``.
        action_gap: best minus second-best Q there, mean ``[S, E]``.
        max_abs_q: largest ``|Q|`` there ``[S, E]``.
    """

    config: DQNConfig
    seeds: tuple[int, ...]
    step: int
    complete: bool
    episodes: Array
    eval_step: Array
    eval_return: Array
    loss: Array
    td_error: Array
    q_probe: Array
    action_gap: Array
    max_abs_q: Array


EVALUATION = ("eval_return", "loss", "td_error", "q_probe", "action_gap", "max_abs_q")

E = TypeVar("E")
Callbacks = Callable[[E], object] | Sequence[Callable[[E], object]] | None


def as_callbacks(on_eval: Callbacks[E]) -> list[Callable[[E], object]]:
    """Return one callback, several or none as a list."""
    callbacks = [] if on_eval is None else [on_eval] if callable(on_eval) else on_eval
    if not isinstance(callbacks, (list, tuple)) or not all(map(callable, callbacks)):
        wanted = "a function of an evaluation, or a list of such functions"
        check.refuse_type("on_eval", on_eval, wanted, "Use on_eval=[view, recorder].")
    return list(callbacks)


class TrainingLog:
    """The running episode of each learner, and the tables of finished episodes and evaluations."""

    def __init__(self, config: DQNConfig, seeds: Sequence[int]) -> None:
        learners = len(seeds)
        self.seeds = tuple(seeds)
        self.returns, self.lengths = np.zeros(learners), np.zeros(learners, np.int64)
        self.episode_count = np.zeros(learners, np.int64)
        # An environment is rebuilt from its actions since the last reset: see `checkpoint`.
        self.actions = np.zeros((config.steps, learners), np.int32)
        self.episodes: list[tuple[Any, ...]] = []
        self.eval_step: list[int] = []
        self.evaluations: dict[str, list[Array]] = {name: [] for name in EVALUATION}
        self.last_loss = np.full(learners, np.nan, np.float32)
        self.loss_sum, self.td_error_sum = np.zeros((2, learners), np.float32)
        self.updates_summed = 0

    def add_step(self, step: int, action: Array, reward: Array) -> None:
        """Count the environment step of every learner after ``step`` of them: all ``[S]``."""
        self.actions[step] = action
        self.returns += reward
        self.lengths += 1

    def end_episodes(self, step: int, ended: Array, epsilon: float | Array) -> None:
        """Move the episodes that ended to the table: all ``[S]``."""
        epsilon = np.full(ended.shape, epsilon)
        for s in np.flatnonzero(ended):
            made = self.seeds[s], self.episode_count[s], step, self.returns[s], self.lengths[s]
            self.episodes.append((*made, epsilon[s], self.last_loss[s]))
        self.returns[ended], self.lengths[ended] = 0, 0
        self.episode_count[ended] += 1

    def add_update(self, loss: Array, td_error: Array) -> None:
        """Note one update: ``[S]`` each, the TD error as the mean of its absolute values."""
        self.last_loss = loss
        self.loss_sum += loss
        self.td_error_sum += td_error
        self.updates_summed += 1

    def add_evaluation(self, step: int, greedy_return: Array, q: Array) -> None:
        """Note one evaluation: greedy returns ``[S]``, values ``[S, P, A]``."""
        ordered = np.sort(q, axis=-1)
        best, second = ordered[..., -1], ordered[..., -min(2, q.shape[-1])]
        count = self.updates_summed or np.nan
        row = {
            "eval_return": greedy_return,
            "loss": self.loss_sum / count,
            "td_error": self.td_error_sum / count,
            "q_probe": best,
            "action_gap": (best - second).mean(-1),
            "max_abs_q": np.abs(q).max((-1, -2)),
        }
        for name, value in row.items():
            self.evaluations[name].append(value)
        self.eval_step.append(step)
        self.loss_sum[:] = self.td_error_sum[:] = self.updates_summed = 0

    def history(self, config: DQNConfig, step: int) -> History:
        """Everything so far, as frozen arrays."""
        none, empty = (len(self.seeds), 0), {"q_probe": (len(self.seeds), 0, 0)}
        arrays = {
            name: np.stack(rows, axis=1) if rows else np.zeros(empty.get(name, none))
            for name, rows in self.evaluations.items()
        }
        tables = np.array(self.episodes, EPISODE_DTYPE), np.array(self.eval_step, np.int64)
        complete = step >= config.steps and len(self.eval_step) == step // config.eval_period
        return History(config, self.seeds, step, complete, *tables, **arrays)
