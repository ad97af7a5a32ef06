"""The probes of the exercises on what catches a bug; a test is asked to tell updates apart."""

import warnings
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from dqn_classroom.exercises import check
from dqn_classroom.exercises.check import Probes
from dqn_classroom.exercises.stages import Questions, Wrong
from dqn_classroom.lessons import plain_dqn
from dqn_classroom.lessons.lesson import edited


def value(reward: float, gamma: float, left: float, syncs: float) -> float:
    """The value after so many syncs, each of which leaves a part of the distance to the limit."""
    return float(reward / (1 - gamma) * (1 - left**syncs))


def kept(gamma: float, learning_rate: float, target_period: int, factor: float = 2) -> float:
    """The part of the distance to the limit that one sync leaves."""
    return gamma + (1 - gamma) * (1 - factor * learning_rate) ** target_period


EXPECTED_VALUE = Probes(
    [
        (2.0, 0.99, 0.05, 150, 50),
        (2.0, 0.99, 0.05, 150, 1),
        (1.0, 0.9, 0.1, 100, 20),
        (-3.0, 0.5, 0.2, 12, 4),
        (2.0, 0.0, 0.05, 10, 5),
        (5.0, 0.8, 0.01, 300, 300),
    ],
    lambda reward, gamma, learning_rate, updates, target_period: (
        f"{reward:g} / (1 - {gamma:g}) × (1 - ({gamma:g} + (1 - {gamma:g}) × "
        f"(1 - 2 × {learning_rate:g})^{target_period})^{updates // target_period})"
    ),
)


def goes_on(obs: Any, next_obs: Any) -> Any:
    """Whether each row leads to where the next one begins."""
    return (next_obs[:-1] == obs[1:]).all(-1)


def _broken_lines(obs: Any, next_obs: Any, ended: Any) -> str:
    lines = [
        f"({next_obs[t].tolist()} == {obs[t + 1].tolist()}) == {bool(ended[t])}"
        for t in range(len(obs) - 1)
    ]
    return f"[{', '.join(lines)}]"


def _rows(obs: list[list[float]], next_obs: list[list[float]], ended: list[int]) -> Any:
    return np.array(obs, float), np.array(next_obs, float), np.array(ended, bool)


BROKEN_ROWS = Probes(
    [
        _rows(
            [[0, 0], [1, 0], [2, 0], [9, 9], [8, 9], [7, 9]],
            [[1, 0], [2, 0], [3, 0], [8, 9], [6, 9], [7, 8]],
            [0, 0, 1, 0, 0, 0],
        ),
        _rows([[0], [1], [2], [5]], [[1], [2], [3], [6]], [0, 0, 0, 0]),
        _rows([[0], [1], [2], [0], [1]], [[1], [2], [0], [1], [2]], [0, 1, 0, 0, 1]),
        _rows([[1, 2], [1, 3], [1, 4]], [[1, 3], [2, 4], [0, 0]], [0, 0, 1]),
        _rows([[4], [4], [3], [2]], [[4], [4], [2], [1]], [1, 0, 0, 0]),
        _rows(
            [[1, 1], [1, 1], [2, 5], [2, 7], [3, 7]],
            [[1, 1], [2, 2], [2, 6], [8, 8], [4, 4]],
            [0, 0, 0, 1, 0],
        ),
    ],
    _broken_lines,
)


def _band_lines(curve: Any, healthy: Any) -> str:
    lines = [
        f"(not {low:g} <= {value:g} <= {high:g})"
        for value, low, high in zip(curve, healthy.min(0), healthy.max(0), strict=True)
    ]
    return f"({' + '.join(lines)}) / {len(curve)}"


OUTSIDE_BAND = Probes(
    [
        (
            np.array([-1.0, 1.0, 9.0, 2.0, 6.0]),
            np.array([[0, 3, 3, 5, 6], [2, 2, 2, 3, 5], [1, 1, 4, 4, 4.0]]),
        ),
        (np.array([0.0, 1.5, 2.0]), np.array([[0, 0, 0], [3, 3, 3.0]])),
        (np.array([-1.0, -1.0, 7.0, 3.0]), np.array([[0, 0, 0, 0], [1, 2, 5, 2.0]])),
        (np.array([3.0, 3.0]), np.array([[1, 5], [2, 9], [2.5, 6.0]])),
        (
            np.array([10.0, 11, 12, 13, 14, 0]),
            np.array([[9, 9, 5, 9, 15, 9], [10, 12, 11, 12, 20, 20], [9.5, 10, 10, 10, 16, 12.0]]),
        ),
    ],
    _band_lines,
)


# What a test must pass -> the edit of the plain update that makes it.
_DIALECTS = {
    "the Huber loss is refused": "mse_loss => huber_loss",
    "Double DQN is refused": "max(dim=1).values => \
gather(1, online(next_obs).argmax(1, True)).T[0]",
    "soft updates are refused": """optimizer.step() => optimizer.step()
    [t.data.lerp_(o, 0.005) for t, o in zip(target.parameters(), online.parameters())]""",
}  # fmt: skip
# Wrong update of lesson 6 that a test lets pass -> why, and how all that it brought tells so.
_CAUSES: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "terminal mask reversed": ("gamma is 0", lambda b: not b.gamma.any()),
    "no terminal mask": ("no row ends", lambda b: not b.ends.any()),
    "the reward is left out": ("no reward", lambda b: not b.reward.any()),
    "the last reward is masked too": ("the end pays nothing", lambda b: not b.reward[b.ends].any()),
    "no discount": ("gamma is 1", lambda b: (b.gamma == 1).all()),
    "online network for the target": ("both networks are equal", lambda b: b.now.equal(b.later)),
    "mean over actions for the max": ("next values are alike", lambda b: b.best.equal(b.mean)),
    "the stored action for the best": ("the stored action is the best", lambda b: b.stored.all()),
    "max over the batch": ("one best value for all rows", lambda b: b.best[~b.ends].std() == 0),
    "[B] against [B, 1]": ("one target for all rows", lambda b: len(b.y.unique()) == 1),
    "gradients pile up": ("gradients are cleared", lambda _: True),
}  # fmt: skip


def _update(edit: str) -> Any:
    return edited([edit], plain_dqn.update, {})


def _passes(test: Any, update: Any) -> bool:
    """Return what a test says of an update."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch warns of [B] against [B, 1]
        try:
            answer = test(update)
        except AssertionError:
            raise Wrong("an assert for an answer") from None
    if answer is None:
        raise Wrong("nothing is returned")
    if np.size(check.array(answer)) != 1:
        raise Wrong("one answer per row", f"expected  True or False\nyours     {answer}")
    return bool(answer)


def _aims_anywhere(test: Any, rows: str = "") -> list[bool]:
    """Return whether a test passes targets that are far too high, or far too low, in some rows."""
    far = (f"* ~terminated => * ~terminated + {shift}{rows}" for shift in ("1e3", "-1e3"))
    return [_passes(test, _update(edit)) for edit in far]


def _brought(test: Any) -> SimpleNamespace:
    """Return the columns of all batches of a test, with their targets, and the longest batch."""
    seen = list[tuple[Any, ...]]()

    def update(batch: Any, online: Any, target: Any, optimizer: Any, gamma: float) -> None:
        _, action, reward, next_obs, ends = batch
        with torch.no_grad():
            now, later = online(next_obs).clone(), target(next_obs).clone()
        y, best = reward + gamma * later.amax(1) * ~ends, later.amax(1)
        stored, gammas = ends | (later.argmax(1) == action), torch.full(reward.shape, gamma)
        seen.append((reward, ends, now, later, y, best, later.mean(1), stored, gammas))
        plain_dqn.update(batch, online, target, optimizer, gamma)

    _passes(test, update)
    if not seen:
        raise Wrong("no update is called")
    names = ("reward", "ends", "now", "later", "y", "best", "mean", "stored", "gamma")
    columns = dict(zip(names, map(torch.cat, zip(*seen, strict=True)), strict=True))
    return SimpleNamespace(rows=max(len(call[0]) for call in seen), **columns)


def _tells_updates_apart(test: Any) -> None:
    brought = _brought(test)
    wrong = {known.name: known.wrong for known in check.find("update").mistakes}
    if not _passes(test, plain_dqn.update):
        if _passes(test, wrong["the loss is climbed"]):
            raise Wrong("the sign is reversed")
        for bug in _CAUSES:
            if _passes(test, wrong[bug]):
                raise Wrong("its targets are those of a bug", f"the bug: {bug}")
        said = f"the targets of your batch: {brought.y.tolist()}"
        raise Wrong("a right update is refused", said)
    for name, edit in _DIALECTS.items():
        if not _passes(test, _update(edit)):
            raise Wrong(name)
    if _passes(test, wrong["the weights do not change"]):
        raise Wrong("nothing has to move")
    high, low = _aims_anywhere(test)
    if high or low:
        one = "from below only" if high else "from above only"
        raise Wrong("any move will do" if high and low else one)
    for row in range(brought.rows):
        if any(_aims_anywhere(test, f" * (torch.arange(len(reward)) == {row})")):
            raise Wrong("not every row counts", f"row {row} may aim anywhere")
    for bug, (cause, holds) in _CAUSES.items():
        if _passes(test, wrong[bug]):
            name = cause if holds(brought) else "too far from the target"
            name = "every row ends" if brought.ends.all() else name
            name = "one row only" if brought.rows == 1 else name
            raise Wrong(name, f"passes    an update with the bug “{bug}”")


UPDATE_IS_RIGHT = Questions(asked=(_tells_updates_apart,))
