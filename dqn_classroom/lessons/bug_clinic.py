"""The exercises of lesson 6: the numbers and the looks that catch a bug."""

from typing import Any

import numpy as np

from dqn_classroom.exercises.check import Exercise, Misconception
from dqn_classroom.exercises.questions import Question
from dqn_lessons.diagnostics import broken_rows, expected_value, outside_band


def _value(reward: float, gamma: float, shrinks: float, copies: float) -> float:
    return float(reward / (1 - gamma) * (1 - shrinks**copies))


def _shrinks(gamma: float, learning_rate: float, target_period: int, factor: float = 2) -> float:
    return gamma + (1 - gamma) * (1 - factor * learning_rate) ** target_period


EXPECTED_VALUE = Exercise(
    expected_value,
    probes=[
        (2.0, 0.99, 0.05, 150, 50),
        (2.0, 0.99, 0.05, 150, 1),
        (1.0, 0.9, 0.1, 100, 20),
        (-3.0, 0.5, 0.2, 12, 4),
        (2.0, 0.0, 0.05, 10, 5),
        (5.0, 0.8, 0.01, 300, 300),
    ],
    arithmetic=lambda reward, gamma, learning_rate, updates, target_period: (
        f"{reward:g} / (1 - {gamma:g}) × (1 - ({gamma:g} + (1 - {gamma:g}) × "
        f"(1 - 2 × {learning_rate:g})^{target_period})^{updates // target_period})"
    ),
    misconceptions=[
        Misconception(
            "no factor 2",
            lambda reward, gamma, learning_rate, updates, target_period: _value(
                reward,
                gamma,
                _shrinks(gamma, learning_rate, target_period, 1),
                updates // target_period,
            ),
            "The gradient of a square has a 2 in front: an update closes 2 × learning_rate of the "
            "distance.",
        ),
        Misconception(
            "plus for minus",
            lambda reward, gamma, learning_rate, updates, target_period: _value(
                reward,
                gamma,
                _shrinks(gamma, learning_rate, target_period, -2),
                updates // target_period,
            ),
            "An update makes the distance smaller: it keeps 1 - 2 × learning_rate of it.",
        ),
        Misconception(
            "one update per copy",
            lambda reward, gamma, learning_rate, updates, target_period: _value(
                reward, gamma, _shrinks(gamma, learning_rate, 1), updates // target_period
            ),
            "Between two copies there are target_period updates, not one: raise to that power.",
        ),
        Misconception(
            "counts updates for copies",
            lambda reward, gamma, learning_rate, updates, target_period: _value(
                reward, gamma, _shrinks(gamma, learning_rate, target_period), updates
            ),
            "The last power counts copies: updates // target_period of them.",
        ),
        Misconception(
            "counts the period for copies",
            lambda reward, gamma, learning_rate, updates, target_period: _value(
                reward, gamma, _shrinks(gamma, learning_rate, target_period), target_period
            ),
            "target_period is the length of a period. The last power is the number of periods.",
        ),
        Misconception(
            "the limit only",
            lambda reward, gamma, learning_rate, updates, target_period: reward / (1 - gamma),
            "That is where the value ends. After so many updates it is still on its way.",
        ),
        Misconception(
            "what is left",
            lambda reward, gamma, learning_rate, updates, target_period: (
                reward
                / (1 - gamma)
                * _shrinks(gamma, learning_rate, target_period) ** (updates // target_period)
            ),
            "That is the distance still to go. The value is what has been gone: 1 minus it.",
        ),
        Misconception(
            "no limit in front",
            lambda reward, gamma, learning_rate, updates, target_period: _value(
                reward, 0.0, _shrinks(gamma, learning_rate, target_period), updates // target_period
            ),
            "The share is right, but it is a share of reward / (1 - gamma), not of the reward.",
        ),
        Misconception(
            "the copy does not look ahead",
            lambda reward, gamma, learning_rate, updates, target_period: (
                reward * (1 - (1 - 2 * learning_rate) ** updates)
            ),
            "That is a number that learns its reward alone: gamma is missing.",
        ),
        Misconception(
            "gamma turned round",
            lambda reward, gamma, learning_rate, updates, target_period: _value(
                reward,
                gamma,
                _shrinks(1 - gamma, learning_rate, target_period),
                updates // target_period,
            ),
            "gamma and 1 - gamma are swapped: the larger part stays as it is.",
        ),
        Misconception(
            "never copied",
            lambda reward, gamma, learning_rate, updates, target_period: _value(
                reward, gamma, (1 - 2 * learning_rate) ** target_period, updates // target_period
            ),
            "The distance to the limit shrinks by gamma + (1 - gamma) × (...): the copy stands "
            "still while the number moves.",
        ),
        Misconception(
            "times for power",
            lambda reward, gamma, learning_rate, updates, target_period: _value(
                reward,
                gamma,
                gamma + (1 - gamma) * (1 - 2 * learning_rate) * target_period,
                updates // target_period,
            ),
            "Each update keeps 1 - 2 × learning_rate of what the one before it left: a power, not "
            "a product.",
        ),
        Misconception(
            "all updates in one period",
            lambda reward, gamma, learning_rate, updates, target_period: _value(
                reward, gamma, _shrinks(gamma, learning_rate, updates), updates // target_period
            ),
            "Between two copies there are target_period updates, not all of them.",
        ),
        Misconception(
            "remainder for division",
            lambda reward, gamma, learning_rate, updates, target_period: _value(
                reward,
                gamma,
                _shrinks(gamma, learning_rate, target_period),
                updates % target_period,
            ),
            "% is what is left over. The number of whole periods is updates // target_period.",
        ),
        Misconception(
            "multiplied by 1 - gamma",
            lambda reward, gamma, learning_rate, updates, target_period: (
                reward
                * (1 - gamma)
                * (1 - _shrinks(gamma, learning_rate, target_period) ** (updates // target_period))
            ),
            "The limit is reward / (1 - gamma): a division, so it is larger than the reward.",
        ),
    ],
    hints=(
        "Call the distance to the limit reward / (1 - gamma) the gap. One copy shrinks it by a "
        "factor.",
        "With gamma 0.99, rate 0.05 and a copy every 50: 0.9^50 stays of the way to the target, "
        "so the gap shrinks to 0.99 + 0.01 × 0.9^50 of itself.",
        "stays = (1 - 2 * learning_rate) ** target_period; "
        "shrinks = gamma + (1 - gamma) * stays; "
        "value = reward / (1 - gamma) * (1 - shrinks ** (updates // target_period))",
    ),
    insight="A test with an exact number catches what a curve hides.",
    difficulty=2,
    minutes=6,
)


def _goes_on(obs: Any, next_obs: Any) -> Any:
    return (next_obs[:-1] == obs[1:]).all(-1)


def _broken_lines(obs: Any, next_obs: Any, ended: Any) -> str:
    lines = [
        f"({next_obs[t].tolist()} == {obs[t + 1].tolist()}) == {bool(ended[t])}"
        for t in range(len(obs) - 1)
    ]
    return f"[{', '.join(lines)}]"


def _rows(obs: list[list[float]], next_obs: list[list[float]], ended: list[int]) -> Any:
    return np.array(obs, float), np.array(next_obs, float), np.array(ended, bool)


BROKEN_ROWS = Exercise(
    broken_rows,
    probes=[
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
    arithmetic=_broken_lines,
    misconceptions=[
        Misconception(
            "ends are forgiven",
            lambda obs, next_obs, ended: ~_goes_on(obs, next_obs) & ~ended[:-1],
            "You ask nothing of rows that end an episode. But after an end the next row must "
            "begin somewhere else: one that goes on is broken, too.",
        ),
        Misconception(
            "ends are not looked at",
            lambda obs, next_obs, ended: ~_goes_on(obs, next_obs),
            "After an end the next row begins a new episode, and that is right: look at `ended`.",
        ),
        Misconception(
            "rows that are fine",
            lambda obs, next_obs, ended: _goes_on(obs, next_obs) != ended[:-1],
            "These are the rows that are fine. What is asked for are the others.",
        ),
        Misconception(
            "only ends",
            lambda obs, next_obs, ended: _goes_on(obs, next_obs) & ended[:-1],
            "You find the ends that go on. A row in the middle that leads nowhere is broken, too.",
        ),
        Misconception(
            "not shifted",
            lambda obs, next_obs, ended: (next_obs == obs).all(-1) == ended,
            "You compare the two observations of one row. Compare next_obs of a row with obs of "
            "the row after it.",
        ),
        Misconception(
            "shifted the wrong way",
            lambda obs, next_obs, ended: (next_obs[1:] == obs[:-1]).all(-1) == ended[:-1],
            "The row after comes later: next_obs[:-1] belongs to obs[1:].",
        ),
        Misconception(
            "the end of the wrong row",
            lambda obs, next_obs, ended: _goes_on(obs, next_obs) == ended[1:],
            "It is the earlier row that may end the episode: ended[:-1].",
        ),
        Misconception(
            "one equal number is enough",
            lambda obs, next_obs, ended: (next_obs[:-1] == obs[1:]).any(-1) == ended[:-1],
            "It goes on only if all numbers of the observation agree: all, not any.",
        ),
        Misconception(
            "the first number only",
            lambda obs, next_obs, ended: (next_obs[:-1, 0] == obs[1:, 0]) == ended[:-1],
            "You look at the first number of an observation. Look at all of them.",
        ),
        Misconception(
            "observation with observation",
            lambda obs, next_obs, ended: (obs[:-1] == obs[1:]).all(-1) == ended[:-1],
            "You compare obs with the obs after it. It is next_obs that must come back.",
        ),
        Misconception(
            "one answer per number",
            lambda obs, next_obs, ended: (next_obs[:-1] == obs[1:]) == ended[:-1, None],
            "The answer is one truth value per row: all(-1) over the numbers of an observation.",
        ),
        Misconception(
            "how many",
            lambda obs, next_obs, ended: int(broken_rows(obs, next_obs, ended).sum()),
            "You count them. What is asked for is which rows.",
        ),
        Misconception(
            "any row at all",
            lambda obs, next_obs, ended: bool(broken_rows(obs, next_obs, ended).any()),
            "You say whether there is one. What is asked for is which rows.",
        ),
    ],
    hints=(
        "What a row says comes next must be what the following row begins with, unless it ended.",
        "Rows [0] → [1], [1] → [2], [5] → [6]: the second row is broken, it leads to 2. If it "
        "ended the episode, it is fine.",
        "goes_on = (next_obs[:-1] == obs[1:]).all(-1); broken = goes_on == ended[:-1]",
    ),
    insight="Data can be checked against the rules of the world, without any learning.",
    difficulty=2,
    minutes=5,
)


def _band_lines(curve: Any, healthy: Any) -> str:
    lines = [
        f"(not {low:g} <= {value:g} <= {high:g})"
        for value, low, high in zip(curve, healthy.min(0), healthy.max(0), strict=True)
    ]
    return f"({' + '.join(lines)}) / {len(curve)}"


OUTSIDE_BAND = Exercise(
    outside_band,
    probes=[
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
    arithmetic=_band_lines,
    misconceptions=[
        Misconception(
            "below only",
            lambda curve, healthy: (curve < healthy.min(0)).mean(),
            "A curve can also leave the band above, as values that run away do.",
        ),
        Misconception(
            "above only",
            lambda curve, healthy: (curve > healthy.max(0)).mean(),
            "A curve can also leave the band below, as returns of a broken agent do.",
        ),
        Misconception(
            "below and above at once",
            lambda curve, healthy: ((curve < healthy.min(0)) & (curve > healthy.max(0))).mean(),
            "Nothing is below and above at the same time: use |, not &.",
        ),
        Misconception(
            "the share inside",
            lambda curve, healthy: 1 - outside_band(curve, healthy),
            "That is the share inside the band. Outside is the rest.",
        ),
        Misconception(
            "one band for all times",
            lambda curve, healthy: ((curve < healthy.min()) | (curve > healthy.max())).mean(),
            "The band differs from evaluation to evaluation: take min and max over the seeds only, "
            "axis 0.",
        ),
        Misconception(
            "a count",
            lambda curve, healthy: outside_band(curve, healthy) * len(curve),
            "You count the evaluations. A share is their mean.",
        ),
        Misconception(
            "per cent",
            lambda curve, healthy: 100 * outside_band(curve, healthy),
            "A share lies between 0 and 1; yours is in per cent.",
        ),
        Misconception(
            "the edge counts as outside",
            lambda curve, healthy: ((curve <= healthy.min(0)) | (curve >= healthy.max(0))).mean(),
            "A curve on the edge of the band is still inside: < and >.",
        ),
        Misconception(
            "compared with the mean",
            lambda curve, healthy: (curve != healthy.mean(0)).mean(),
            "Hardly any curve equals the mean. The band reaches from the lowest to the highest.",
        ),
        Misconception(
            "one standard deviation",
            lambda curve, healthy: (np.abs(curve - healthy.mean(0)) > healthy.std(0)).mean(),
            "One standard deviation about the mean leaves a third of healthy runs outside. The "
            "band reaches from the lowest to the highest.",
        ),
        Misconception(
            "the last evaluation only",
            lambda curve, healthy: outside_band(curve[-1:], healthy[:, -1:]),
            "You look at the end. All evaluations count.",
        ),
        Misconception(
            "which, not how much",
            lambda curve, healthy: (curve < healthy.min(0)) | (curve > healthy.max(0)),
            "You say at which evaluations it is outside. The share is the mean of that.",
        ),
        Misconception(
            "edges swapped",
            lambda curve, healthy: ((curve < healthy.max(0)) | (curve > healthy.min(0))).mean(),
            "The edges are swapped: outside is below the lowest or above the highest.",
        ),
    ],
    hints=(
        "The band has a lower and an upper edge at each evaluation.",
        "healthy.min(axis=0) is the lower edge. With a band from 0 to 3, the curve 1, 4, 2 is "
        "outside for a third of the time.",
        "return ((curve < healthy.min(axis=0)) | (curve > healthy.max(axis=0))).mean()",
    ),
    insight="Without healthy runs beside it, a curve says nothing.",
    difficulty=1,
    minutes=4,
)

EXERCISES = [EXPECTED_VALUE, BROKEN_ROWS, OUTSIDE_BAND]

QUIZ = [
    Question(
        "Returns lie within the healthy band. What do you know?",
        {
            "the code is right": "Many bugs of this lesson leave returns where they were.",
            "no bug shows in the returns": "Look at values, at the memory, at epsilon, and run "
            "the unit tests.",
            "the bug is in the evaluation": "That is one possibility among many.",
        },
        right="no bug shows in the returns",
    ),
    Question(
        "The one-state test gives 27.87 with a copy every 50 updates, where 5.91 is right. What "
        "is it?",
        {
            "the target moves with every update": "Read the code for the reason: no copy, a name "
            "for a copy, or the wrong network.",
            "the step size is too large": "Then it would not be exactly what a copy at every "
            "update gives.",
            "gamma is missing": "Without gamma three copies bring the value to 6, not to 27.",
        },
        right="the target moves with every update",
    ),
    Question(
        "You train on Catch and your terminal mask is missing. What do you see?",
        {
            "values above 1, and the usual returns": "No true value exceeds 1 there. The best "
            "action stays the best, so the returns say nothing.",
            "returns that fall": "On CartPole they do, where a step that ends looks like others.",
            "an error": "No line of it is invalid.",
        },
        right="values above 1, and the usual returns",
    ),
]
