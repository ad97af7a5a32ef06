"""The probes of the exercises on Q-learning with a network."""

from collections.abc import Callable
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor, nn

from dqn_classroom.exercises.check import Probes
from dqn_lessons.td import q_of_action, td_loss, td_target


def _action_lines(q: Any, epsilon: float, uniform: Any, random_action: Any) -> Any:
    rows = zip(
        np.reshape(q, (-1, np.shape(q)[-1])),
        np.ravel(uniform),
        np.ravel(random_action),
        strict=True,
    )
    lines = [f"{pick} if {draw:g} < {epsilon:g} else {row.argmax()}" for row, draw, pick in rows]
    return np.reshape(lines, np.shape(uniform)).tolist()


EPSILON_GREEDY = Probes(
    [
        (
            np.array([[1, 5, 2], [4, 3, 9], [-1, -2, -3], [0, 7, 1], [6, 2, 8.0]]),
            0.3,
            np.array([0.1, 0.65, 0.3, 0.29, 0.9]),
            np.array([2, 0, 1, 0, 1]),
        ),
        (np.array([1.0, 5.0, 2.0]), 0.5, np.float64(0.7), np.int64(0)),
        (np.array([4.0, 5.0, 2.0]), 0.7, np.float64(0.7), np.int64(2)),
        (np.array([1.0, 5.0, 2.0]), 0.6, np.float64(0.45), np.int64(2)),
        (np.array([[3, 1, 2], [1, 2, 3.0]]), 0.0, np.array([0.0, 0.4]), np.array([2, 0])),
        (np.array([[3, 1, 2], [1, 2, 3.0]]), 1.0, np.array([0.99, 0.4]), np.array([1, 1])),
    ],
    _action_lines,
)

LINEAR_SCHEDULE = Probes(
    [
        (0, 1.0, 0.05, 100),
        (40, 1.0, 0.05, 100),
        (100, 1.0, 0.05, 100),
        (250, 1.0, 0.05, 100),
        (20, 0.3, 0.1, 80),
        (30, 0.2, 0.8, 40),
    ],
    lambda step, start, end, duration: (
        f"{start:g} + ({end:g} - {start:g}) × min({step} / {duration}, 1)"
    ),
)

_Q = torch.tensor(
    [[1.5, 4.0, -2.0], [0.5, 7.0, 3.0], [-1.0, -6.0, -3.0], [9.0, 2.5, 8.0], [6.0, 5.5, 10.0]]
)
# Three learners, rows and actions: S = B = A, so that a wrong axis goes unnoticed by shapes.
_Q_STACKED = torch.tensor(
    [
        [[1.0, 8.0, 3.0], [5.0, 2.0, 7.0], [-4.0, 6.0, 0.5]],
        [[2.5, -3.0, 4.5], [9.5, 5.5, -1.0], [3.5, 1.5, 6.5]],
        [[0.5, 7.5, -2.0], [-5.0, -0.5, -1.5], [8.5, 4.0, 2.0]],
    ]
)

_REWARD = torch.tensor([1.0, 0.5, -2.0, 3.0, 1.0])
_ENDS = torch.tensor([False, True, False, True, False])


def _target_lines(reward: Tensor, terminated: Tensor, q_next: Tensor, gamma: float) -> Any:
    best_next = q_next.flatten(0, -2).amax(-1).tolist()
    rows = zip(reward.flatten().tolist(), terminated.flatten().tolist(), best_next, strict=True)
    lines = [f"{r:g}" if end else f"{r:g} + {gamma:g} × {best:g}" for r, end, best in rows]
    return np.reshape(lines, reward.shape).tolist()


TD_TARGET = Probes(
    [
        (_REWARD, _ENDS, _Q, 0.9),
        (_REWARD, ~_ENDS, _Q, 0.5),
        (_REWARD, torch.zeros(5, dtype=torch.bool), _Q, 0.75),
        (_REWARD, _ENDS, _Q, 0.0),
        (_REWARD[:2, None], _ENDS[:2, None], _Q[:2, None], 0.9),
        (
            torch.tensor([[1.0, -1.0, 0.25], [2.0, 0.5, 4.0], [-3.0, 0.0, 1.5]]),
            torch.tensor([[False, True, False], [False, False, True], [True, False, False]]),
            _Q_STACKED,
            0.9,
        ),
    ],
    _target_lines,
)

Batch = tuple[Tensor, ...]


def learn_step(
    net: nn.Module, optimizer: torch.optim.Optimizer, batch: Batch, gamma: float
) -> None:
    """Make one gradient step on a batch; the network makes its own targets.

    Args:
        batch: obs ``[B, D]``, action ``[B]``, reward ``[B]``, next_obs ``[B, D]``, terminated
            ``[B]``.

    Source: Mnih et al. (2013), arXiv:1312.5602, Algorithm 1.
    """
    obs, action, reward, next_obs, terminated = batch
    with torch.no_grad():
        target = td_target(reward, terminated, net(next_obs), gamma)
    loss = td_loss(q_of_action(net(obs), action), target)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def parts(net: nn.Module, batch: Batch, gamma: float) -> tuple[Tensor, Tensor]:
    """Return Q(s, a) with its gradient, and the target without, ``[B]`` each."""
    target = td_target(batch[2], batch[4], net(batch[3]).detach(), gamma)
    return q_of_action(net(batch[0]), batch[1]), target


def follow(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    """Make one step down a loss."""
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


class Line(nn.Linear):
    """A network without hidden layers, which can be computed by hand."""

    @classmethod
    def of(cls, weight: list[list[float]], bias: list[float]) -> Self:
        """Return the network with these numbers, ``[A, D]`` and ``[A]``."""
        net = cls(len(weight[0]), len(weight))
        net.load_state_dict({"weight": torch.tensor(weight), "bias": torch.tensor(bias)})
        return net

    def __repr__(self) -> str:
        """The formula."""
        return f"(obs @ {self.weight.T.tolist()} + {self.bias.tolist()})"

    @property
    def numbers(self) -> Tensor:
        """All weights row by row, then the biases: a copy."""
        return torch.cat([self.weight.detach().flatten(), self.bias.detach()])

    def names(self, of: str = "net") -> list[str]:
        """What each of the numbers is."""
        actions, width = self.weight.shape
        weights = [f"{of}.weight[{a}, {d}]" for a in range(actions) for d in range(width)]
        return [*weights, *(f"{of}.bias[{a}]" for a in range(actions))]


class Descent(torch.optim.SGD):
    """Gradient descent that shows its step size."""

    def __repr__(self) -> str:
        """The step size."""
        return f"SGD(lr={self.defaults['lr']})"


def batch_of(*columns: list[Any]) -> Batch:
    """Return obs, action, reward, next_obs and terminated as tensors."""
    return tuple(map(torch.tensor, columns))


def step_lines(
    numbers: list[float], goal: list[float], batch: Batch, gamma: float, rate: float, kind: str
) -> tuple[list[str], list[float]]:
    """Return the calculation of each number of a `Line` after one gradient step, and its result.

    Args:
        numbers: of the network before the step.
        goal: of the network that makes the target.
        rate: step size.
        kind: ``"mse"`` or ``"huber"``.
    """
    rows, width = list(zip(*(column.tolist() for column in batch), strict=True)), batch[0].shape[1]
    actions = len(numbers) // (width + 1)

    def value(of: list[float], obs: list[float], action: int) -> float:
        row = of[action * width : (action + 1) * width]
        return sum(w * x for w, x in zip(row, obs, strict=True)) + of[actions * width + action]

    terms: list[list[str]] = [[] for _ in numbers]
    after = list(numbers)
    for obs, action, reward, next_obs, end in rows:
        q, best = value(numbers, obs, action), max(value(goal, next_obs, a) for a in range(actions))
        error = q - reward - (0 if end else gamma * best)
        future = "" if end else f" + {gamma:g} × {best:.10g}"
        slope, line = 2 * error, f"2 × ({q:.10g} - ({reward:g}{future}))"
        if kind == "huber":
            slope = max(-1.0, min(error, 1.0))
            line = line[4:] if slope == error else f"{slope:g}"
        places = range(action * width, (action + 1) * width)
        for place, factor in [*zip(places, obs, strict=True), (actions * width + action, 1.0)]:
            terms[place].append(f"{line} × {factor:g}")
            after[place] -= rate * slope * factor / len(rows)
    sums = (f" - {rate:g} × ({' + '.join(some)}) / {len(rows)}" if some else "" for some in terms)
    return [f"{old:.10g}{change}" for old, change in zip(numbers, sums, strict=True)], after


def _learn(net: Line, batch: Batch, gamma: float, lr: float) -> tuple[Any, ...]:
    return net, Descent(net.parameters(), lr), batch, gamma


def _twice(function: Callable[..., Any], given: tuple[Any, ...]) -> Tensor:
    """The network's numbers after one step, and after another on the same batch."""
    after = []
    for _ in range(2):
        function(*given)
        after.append(given[0].numbers)
    return torch.cat(after)


def _twice_lines(net: Line, optimizer: Descent, batch: Batch, gamma: float) -> list[str]:
    lines, numbers = [], net.numbers.tolist()
    for _ in range(2):
        more, numbers = step_lines(numbers, numbers, batch, gamma, optimizer.defaults["lr"], "mse")
        lines += more
    return lines


# All numbers are short binary fractions: sums come out the same in every order.
SLOPE = Line.of([[1.0], [-0.5], [2.0]], [0.5, 3.0, -1.0])
PLANE = Line.of([[0.5, -1.0], [1.5, 0.25], [-0.5, 2.0]], [1.0, 0.0, -0.75])
ONE_ROW = batch_of([[2.0]], [1], [1.0], [[0.5]], [False])
TWO_ROWS = batch_of([[1.0], [-2.0]], [0, 2], [1.0, -0.5], [[2.0], [1.5]], [False, True])
FOUR_ROWS = batch_of(
    [[1.0, 0.5], [0.0, -1.0], [-0.5, 2.0], [1.5, 1.0]],
    [2, 0, 1, 0],
    [1.0, 0.25, -1.0, 2.0],
    [[0.5, 1.0], [1.0, -1.0], [-2.0, 0.5], [0.0, 1.5]],
    [False, False, True, False],
)
LEARN_STEP = Probes(
    [
        _learn(SLOPE, ONE_ROW, 0.5, 0.25),
        _learn(SLOPE, TWO_ROWS, 0.5, 0.125),
        _learn(PLANE, FOUR_ROWS, 0.75, 0.25),
        _learn(PLANE, tuple(column[:2] for column in FOUR_ROWS), 0.5, 0.5),
        _learn(Line.of([[0.0], [0.0], [0.0]], [0.25, 1.0, 0.5]), TWO_ROWS, 0.25, 0.5),
    ],
    _twice_lines,
    observe=_twice,
    names=lambda net, *_: [f"{name} after {n} of 2 steps" for n in (1, 2) for name in net.names()],
)
