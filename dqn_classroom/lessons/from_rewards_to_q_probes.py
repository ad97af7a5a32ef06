"""The probes of the exercises on values in tables."""

from collections.abc import Callable
from typing import Any

import numpy as np

from dqn_classroom.exercises.check import Probes
from dqn_lessons.tabular import Outcomes
from dqn_lessons.tabular import bellman_backup as backup

Array = np.ndarray[Any, Any]
_MOST = 60  # sweeps of a mistake that has no end


def as_array(function: Callable[..., Any], given: tuple[Any, ...]) -> Any:
    """Observe what is returned; the lesson goes on to index it, which a list does not bear."""
    answer = function(*given)
    if isinstance(answer, list):
        raise TypeError("a list comes back, and the lesson needs an array: return np.array(...)")
    return answer


def _outcomes(seed: int, states: int, actions: int, many: int) -> Outcomes:
    """Tables in small numbers; the probabilities are eighths."""
    rng = np.random.default_rng(seed)
    shape = (states, actions, many)
    probability = rng.multinomial(8, np.ones(many) / many, size=shape[:2]) / 8
    ends = rng.random(shape) < 0.3
    return Outcomes(
        probability, rng.integers(-4, 7, shape) * 1.0, rng.integers(states, size=shape), ends
    )


def _lines(outcomes: Outcomes, v: Array, gamma: float) -> list[list[str]]:
    """The sum over outcomes for each state and action."""

    def line(*outcome: Any) -> str:
        p, r, after, end = outcome
        return f"{p:g} × {r:g}" if end else f"{p:g} × ({r:g} + {gamma:g} × {float(v[after])!r})"

    shape = outcomes.reward.shape[:2]
    pairs = [zip(*(part[at] for part in outcomes), strict=True) for at in np.ndindex(*shape)]
    lines = [" + ".join(line(*outcome) for outcome in pair if outcome[0]) for pair in pairs]
    return np.reshape(lines, shape).tolist()  # type: ignore[no-any-return]


_TABLES = [_outcomes(seed, *shape) for seed, shape in enumerate(((3, 2, 2), (2, 2, 3), (4, 3, 2)))]
_V = np.array([3.0, -2.0, 5.0, 0.5])

BELLMAN_BACKUP = Probes(
    [
        *((*tables, _V[: len(tables.reward)], 0.5) for tables in _TABLES),
        (*_TABLES[0], -_V[:3], 0.75),
        (*_outcomes(5, 3, 2, 1), _V[1:], 0.9),
        (*_TABLES[2], _V, 0.0),
    ],
    lambda *given: _lines(Outcomes(*given[:4]), *given[4:]),
    observe=as_array,
)


def sweeps(
    outcomes: Outcomes,
    gamma: float,
    tolerance: float,
    best: Callable[[Array], Array] = lambda q: q.max(axis=1),
    change: Callable[[Array], Any] = lambda moved: np.abs(moved).max(),
    start: float = 0.0,
    order: Callable[[int], Any] | None = None,
) -> Array:
    """Value iteration, right or with one part exchanged; ``order`` makes it sweep in place."""
    v = np.full(len(outcomes.reward), start)
    values = [v]
    while len(values) <= _MOST:
        v = v.copy()
        if order is None:
            v = best(backup(*outcomes, v, gamma))
        else:
            for state in order(len(v)):
                v[state] = best(backup(*outcomes, v, gamma))[state]
        values.append(v)
        if change(values[-1] - values[-2]) <= tolerance:
            break
    return np.array(values)


def _sweep_lines(outcomes: Outcomes, gamma: float, tolerance: float) -> list[list[str]]:
    values = sweeps(outcomes, gamma, tolerance)
    best = [_lines(outcomes, v, gamma) for v in values[:-1]]
    rows = [[f"max({', '.join(actions)}, -inf)" for actions in sweep] for sweep in best]
    text = [["0"] * len(values[0]), *rows]
    return [[line.replace("-inf", "-1e9") for line in row] for row in text]


# A corridor of four cells, the goal beyond the last; left is action 0.
_CORRIDOR = Outcomes(
    np.ones((4, 2, 1)),
    np.array([[0.0, 0], [0, 0], [0, 0], [0, 1]])[..., None],
    np.array([[0, 1], [0, 2], [1, 3], [2, 3]])[..., None],
    np.array([[False] * 2] * 3 + [[False, True]])[..., None],
)
VALUE_ITERATION = Probes(
    [
        (_CORRIDOR, 0.5, 1e-9),
        *((tables, 0.5, 0.25) for tables in _TABLES),
        (_TABLES[0]._replace(reward=_TABLES[0].reward - 5), 0.5, 0.125),
        (_TABLES[2]._replace(terminated=_TABLES[2].terminated & False), 0.5, 0.5),
    ],
    _sweep_lines,
    observe=as_array,
)


def shares(best: Any) -> Array:
    """Share 1 evenly among the true entries of each row."""
    count: Array = best / np.maximum(best.sum(axis=-1, keepdims=True), 1)
    return count


_Q = np.array([[1.0, 4, 2], [3, 3, 1], [2, 5, 5], [2, 2, 2]])
GREEDY_POLICY = Probes(
    [
        (_Q,),
        (np.array([[6.0, 2], [1, 1], [-1, -2]]),),
        (np.array([2.0, 7, 7, 1]),),
        (-_Q[:3, ::-1],),
        (np.stack([_Q, _Q[::-1] + 1]),),
    ],
    lambda q: np.reshape(
        [
            f"1 / {(row == row.max()).sum()}" if value == row.max() else "0"
            for row in q.reshape(-1, q.shape[-1])
            for value in row
        ],
        q.shape,
    ).tolist(),
    observe=as_array,
)


def in_place(function: Callable[..., Any], given: tuple[Any, ...]) -> Any:
    """Observe what became of the tables."""
    function(*given)
    return given[0]


def move(
    q: Array, state: Array, action: Array, target: Any, alpha: float, where: Any = None
) -> None:
    """Move one entry per agent a part alpha of the way to its target."""
    agent = np.arange(len(q)) if where is None else where
    q[agent, state, action] += alpha * (target - q[agent, state, action])


def follow(terminated: Array, value: Any) -> Array:
    """Nothing follows an end."""
    return np.where(terminated, 0.0, value)


def _step(seed: int, agents: int, states: int, actions: int) -> list[Any]:
    rng = np.random.default_rng(seed)
    q = rng.permutation(agents * states * actions).reshape(agents, states, actions) / 2 - 3
    state, next_state = rng.integers(states, size=agents), rng.integers(states, size=agents)
    action, next_action = rng.integers(actions, size=agents), rng.integers(actions, size=agents)
    reward, ends = rng.integers(-3, 4, agents) * 1.0, rng.random(agents) < 0.3
    return [q, state, action, reward, next_state, next_action, ends]


_SIZES = [(3, 4, 2), (2, 3, 3), (1, 3, 2), (4, 4, 4), (4, 2, 3)]
_STEPS = [_step(seed, *size) for seed, size in enumerate(_SIZES)]
# No two agents alike, so that agents in another order are seen.
_STEPS[3][4], _STEPS[3][6] = np.arange(4), np.array([False, True, False, False])
_ALPHAS, _GAMMAS = (0.5, 0.25, 0.1, 1.0, 0.75), (0.9, 0.5, 0.9, 0.75, 0.5)


def _moved(given: tuple[Any, ...], q_next: Callable[[int], float]) -> Any:
    q, state, action, reward, *_, ends, alpha, gamma = given
    lines = np.vectorize(lambda value: f"{float(value)!r}", otypes=[object])(q)
    for i, (s, a) in enumerate(zip(state, action, strict=True)):
        target = f"{reward[i]:g}" + ("" if ends[i] else f" + {gamma:g} × {q_next(i):g}")
        lines[i, s, a] = f"{q[i, s, a]:g} + {alpha:g} × ({target} - ({q[i, s, a]:g}))"
    return lines.tolist()


Q_LEARNING_UPDATE = Probes(
    [
        (*step[:5], step[6], alpha, gamma)
        for step, alpha, gamma in zip(_STEPS, _ALPHAS, _GAMMAS, strict=True)
    ],
    lambda *given: _moved(given, lambda i: given[0][i, given[4][i]].max()),
    observe=in_place,
)
SARSA_UPDATE = Probes(
    [(*step, alpha, 0.5) for step, alpha in zip(_STEPS, _ALPHAS, strict=True)],
    lambda *given: _moved(given, lambda i: given[0][i, given[4][i], given[5][i]]),
    observe=in_place,
)
