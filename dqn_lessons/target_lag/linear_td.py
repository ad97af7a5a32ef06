"""Two small MDPs in which a lagging target rescues learning, and some in which it does not."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dqn_lessons import checks as check
from dqn_lessons.target_lag.simulate import adam, sgd
from dqn_lessons.target_lag.theory import PERIOD, RATE

Floats = NDArray[np.float64]
# An eigenvalue of S below this is rounding: no state in the data sees that direction of w.
_UNSEEN = 1e-9


@dataclass(frozen=True)
class LinearTD:
    """Linear TD learning in expectation: values are ``features @ w``.

    One SGD step moves w by ``learning_rate * (A @ w_target + c - S @ w)``, the mean over
    the transitions (the factor 2 of the squared error is left out, as in the textbook).

    Args:
        features: of each transition's state, shape [T, D].
        next_features: of the state it leads to (zero if terminal), shape [T, D].
        weights: how often each transition is seen, shape [T], sums to 1.
        rewards: shape [T].
        gamma: discount.
        start: weights w at the start, shape [D].
    """

    features: Floats
    next_features: Floats
    weights: Floats
    rewards: Floats
    gamma: float
    start: Floats

    @property
    def covariance(self) -> Floats:
        """S = E[phi phi'], shape [D, D]."""
        return self.features.T @ (self.weights[:, None] * self.features)

    @property
    def bootstrap(self) -> Floats:
        """A = gamma * E[phi phi_next'], shape [D, D]."""
        return self.gamma * self.features.T @ (self.weights[:, None] * self.next_features)

    @property
    def pull(self) -> Floats:
        """c = E[phi r], shape [D]."""
        return self.features.T @ (self.weights * self.rewards)

    @property
    def solution(self) -> Floats:
        """The fixed point of smallest size, shape [D]."""
        return np.linalg.pinv(self.covariance - self.bootstrap) @ self.pull


def baird(gamma: float = 0.99) -> LinearTD:
    """Return Baird's counterexample: 7 states, 8 weights, reward 0, every move leads to state 7.

    Source: Baird (1995); Sutton and Barto (2018), section 11.2, as expected updates with all
    states equally often.
    """
    features = np.zeros((7, 8))
    features[range(6), range(6)] = 2
    features[:6, 7] = 1
    features[6, 6:] = 1, 2
    everywhere_to_seven = np.tile(features[6], (7, 1))
    start = np.array([1, 1, 1, 1, 1, 1, 10, 1.0])
    return LinearTD(features, everywhere_to_seven, np.full(7, 1 / 7), np.zeros(7), gamma, start)


def two_weight_rescue(gamma: float = 0.99) -> LinearTD:
    """Return the smallest rescue: two weights; without lag every learning rate diverges.

    s1 leads to s3 (90 % of the data) and s2 to s4 (10 %); s3 and s4 are never updated.

    Source: built for this course; both claims are derived and tested.
    """
    following = np.array([[2.0, 2.0], [-2.0, -2.0]])
    return LinearTD(np.eye(2), following, np.array([0.9, 0.1]), np.ones(2), gamma, np.zeros(2))


def one_weight(kappa: float) -> LinearTD:
    """Return one weight whose target is kappa times itself; no lag rescues kappa > 1.

    Source: derived; the textbook's example of w and 2w has kappa = 2 gamma.
    """
    one = np.ones((1, 1))
    return LinearTD(one, kappa * one, np.ones(1), np.zeros(1), 1.0, np.ones(1))


def tsitsiklis_van_roy(gamma: float = 0.99, epsilon: float = 0.0) -> LinearTD:
    """Return the two-state, one-weight chain on which even exact fitting diverges.

    Source: Tsitsiklis and Van Roy (1996); Sutton and Barto (2018), example 11.1. The values
    are w and 2w, both states are updated equally often, and the end comes with epsilon.
    """
    features = np.array([[1.0], [2.0]])
    following = np.array([[2.0], [2.0 * (1 - epsilon)]])
    return LinearTD(features, following, np.full(2, 0.5), np.zeros(2), gamma, np.ones(1))


@np.errstate(over="ignore", invalid="ignore")  # an error that explodes is a result
def hard_sync_map(problem: LinearTD, learning_rate: float, target_period: int) -> Floats:
    """Return the map of the error ``w - w*`` by one period of C updates, ``[D, D]``.

    Source: derived; with ``P = (1 - learning_rate * S)**C`` it is P plus
    ``learning_rate * sum((1 - learning_rate * S)**j for j < C) @ A``, here from the eigenvalues of
    S, so that it costs the same for every C and S may be singular.
    """
    period, rate = PERIOD("target_period", target_period), RATE("learning_rate", learning_rate)
    sizes, directions = np.linalg.eigh(problem.covariance)
    power = (1 - rate * sizes) ** period
    # A only ever pulls in directions that the data show: elsewhere no gain is needed.
    gain = (1 - power) / np.where(sizes > _UNSEEN, sizes, np.inf)
    keep, fit = directions * power @ directions.T, directions * gain @ directions.T
    return np.asarray(keep + fit @ problem.bootstrap)


def hard_sync_rate(problem: LinearTD, learning_rate: float, target_period: int) -> float:
    """Return the factor per update by which the error grows (> 1) or shrinks (< 1).

    Source: derived; the C-th root of the largest eigenvalue of `hard_sync_map`.
    """
    sizes, directions = np.linalg.eigh(problem.covariance)
    seen = directions[:, sizes > _UNSEEN]  # updates move w in these directions only
    period_map = seen.T @ hard_sync_map(problem, learning_rate, target_period) @ seen
    if not np.isfinite(period_map).all():
        found = f" with learning_rate = {learning_rate:g} leaves the range of numbers"
        check.refuse_value("target_period", target_period, "smaller", "Use 1.", found=found)
    return float(np.abs(np.linalg.eigvals(period_map)).max() ** (1 / target_period))


def error_over_time(
    problem: LinearTD, learning_rate: float, target_period: int, updates: int, points: int = 200
) -> tuple[NDArray[np.int64], Floats]:
    """Return (updates made, root-mean-square value error), ``[<= points]`` each.

    The error is that of the states in the data, at the end of whole periods. One that explodes
    becomes inf or nan.

    Args:
        updates: number of updates; the period in which the last one falls is the last.
        points: at most so many are returned, >= 2.

    Source: derived; powers of `hard_sync_map`.
    """
    check.integer("updates", updates, 1, remedy="Use a number of updates such as 10_000.")
    check.integer("points", points, 2, remedy="Use as many as the figure can show, such as 200.")
    period_map = hard_sync_map(problem, learning_rate, target_period)
    periods = math.ceil(updates / target_period)
    stride = max(1, math.ceil(periods / (points - 1)))
    error = problem.start - problem.solution
    made = np.arange(0, periods + 1, stride) * target_period
    values = np.empty(len(made))
    with np.errstate(over="ignore", invalid="ignore"):
        jump = np.linalg.matrix_power(period_map, stride)
        for i in range(len(made)):
            values[i] = np.sqrt(problem.weights @ (problem.features @ error) ** 2)
            error = jump @ error
    return made, values


@dataclass(frozen=True)
class CorridorResult:
    """What tables of action values have learned about the corridor, one table per learner.

    Args:
        q: learned action values by cell, left end first, of left and right, ``[S, L - 1, 2]``.
        truth: exact values of moving right, ``[L - 1]``.
    """

    q: Floats
    truth: Floats

    @property
    def wrong_actions(self) -> NDArray[np.int64]:
        """Number of cells in which moving right does not look best, shape [S]."""
        return np.asarray((self.q[:, :, 0] >= self.q[:, :, 1]).sum(axis=1))

    @property
    def exact_distance(self) -> NDArray[np.int64]:
        """Number of cells, counted from the goal, whose value is right to 1e-3, shape [S]."""
        right = np.abs(self.q.max(axis=2) - self.truth)[:, ::-1] <= 1e-3
        return np.asarray(np.cumprod(right, axis=1).sum(axis=1))


def corridor(
    target_period: int,
    rngs: Sequence[np.random.Generator],
    *,
    updates: int = 6_000,
    learning_rate: float = 0.01,
    optimizer: str = "adam",
    gamma: float = 0.99,
    cells: int = 20,
) -> CorridorResult:
    """Learn a corridor by Q-learning on tables, with a hard sync every C updates.

    The agent moves left or right; entering the last cell ends the episode with reward 1.
    Every update uses all transitions at once, so nothing is random but the start.

    Args:
        rngs: one per learner; draws its values at the start (normal, standard deviation 0.1).
        learning_rate: step size of the optimiser.
        updates, optimizer: number of updates; ``"adam"`` or ``"sgd"``.
        cells: length of the corridor, the goal included.

    Source: built for this course; Adam as in Kingma and Ba (2015), Algorithm 1.
    """
    check.integer("updates", updates, 1, 10**6, remedy="Use a number of updates such as 6_000.")
    check.integer("cells", cells, 2, 10_000, remedy="Use 20, the goal included.")
    gamma = check.real("gamma", gamma, 0, 1, remedy="Use a discount such as 0.99.")
    if not rngs:
        check.refuse_value("rngs", rngs, "one per learner", "Pass [np.random.default_rng(0)].")
    period = PERIOD("target_period", target_period)
    rate = RATE("learning_rate", learning_rate)
    check.choice("optimizer", optimizer, ("adam", "sgd"), remedy="Use one of them.")
    optimiser = sgd(rate) if optimizer == "sgd" else adam(rate, sqrt=np.sqrt)
    next(optimiser)
    here = np.arange(cells - 1)
    following = np.stack([np.maximum(here - 1, 0), here + 1], axis=1)
    at_goal = following == cells - 1
    q = np.stack([0.1 * rng.standard_normal((cells - 1, 2)) for rng in rngs])
    with np.errstate(over="ignore", invalid="ignore"):  # a step size that explodes is a result
        for step in range(updates):
            if step % period == 0:
                # Value 0 behind the goal: terminal states are not bootstrapped from.
                best = np.pad(q.max(axis=2), ((0, 0), (0, 1)))
                target = at_goal + gamma * best[:, following]
            q = q + optimiser.send((q - target) / following.size * 2)
    return CorridorResult(q, np.float64(gamma) ** (cells - 2 - here))
