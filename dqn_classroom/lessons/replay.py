"""The exercises of lesson 3, on experience replay."""

from typing import Any

import numpy as np

from dqn_classroom.exercises.check import Exercise, Misconception
from dqn_classroom.exercises.questions import Question
from dqn_lessons.replay import sample_indices, write_index
from dqn_lessons.stats import autocorrelation
from dqn_lessons.td import should_update

RING_ROW = Exercise(
    write_index,
    probes=[(0, 5), (3, 5), (4, 5), (5, 5), (12, 5), (7, 1), (9, 10), (23, 10)],
    arithmetic=lambda added, capacity: f"{added} % {capacity}",
    misconceptions=[
        Misconception(
            "no ring",
            lambda added, capacity: added,
            "It never comes back to row 0: the buffer has only `capacity` rows.",
        ),
        Misconception(
            "stays at the last row",
            lambda added, capacity: min(added, capacity - 1),
            "Once full, each new transition overwrites the newest one. The rest of the buffer is "
            "frozen on the first experience.",
        ),
        Misconception(
            "starts at row 1",
            lambda added, capacity: (added + 1) % capacity,
            "Rows count from 0: the first transition, with nothing added yet, goes to row 0.",
        ),
        Misconception(
            "row of the newest",
            lambda added, capacity: (added - 1) % capacity,
            "That is the row of the newest transition. The next one goes one further.",
        ),
        Misconception(
            "backwards",
            lambda added, capacity: capacity - 1 - added % capacity,
            "It fills from the end. That would work, but fill from row 0: the buffer reads "
            "rows 0 to the number stored.",
        ),
        Misconception(
            "one row too few",
            lambda added, capacity: added % max(capacity - 1, 1),
            "It comes back one row too early: the last row is never used.",
        ),
        Misconception(
            "one row too many",
            lambda added, capacity: added % (capacity + 1),
            "It comes back one row too late: there is no row number `capacity`.",
        ),
        Misconception(
            "division for remainder",
            lambda added, capacity: added // capacity,
            "// counts the turns. What is left over after whole turns is %.",
        ),
        Misconception(
            "stays at row 0",
            lambda added, capacity: added if added < capacity else 0,
            "Once full, row 0 is overwritten again and again. Go on round the ring.",
        ),
        Misconception(
            "turned round",
            lambda added, capacity: capacity % max(added, 1),
            "The two numbers are swapped: it is added % capacity.",
        ),
        Misconception(
            "one turn only",
            lambda added, capacity: added if added < capacity else added - capacity,
            "Taking capacity off once is right for one turn only. The remainder % counts many "
            "turns.",
        ),
    ],
    hints=(
        "It is a clock: after the last row comes row 0 again.",
        "Capacity 5: transitions 0 to 4 go to rows 0 to 4, transition 5 to row 0, 12 to row 2.",
        "return added % capacity",
    ),
    insight='No test for "full", no list that shifts: one remainder, and the oldest leaves.',
    difficulty=1,
    minutes=2,
)

_DRAWS = np.array([0.0, 0.19, 0.2, 0.55, 0.98, 0.61])


def _row_lines(draws: Any, stored: int) -> str:
    def line(row: Any) -> str:
        return f"[{', '.join(f'int({draw:g} × {stored})' for draw in row)}]"

    return line(draws) if np.ndim(draws) == 1 else f"[{', '.join(map(line, draws))}]"


SAMPLE_ROWS = Exercise(
    sample_indices,
    probes=[
        (_DRAWS, 5),
        (_DRAWS, 7),
        (_DRAWS, 1),
        (_DRAWS[::-1].copy(), 100),
        (np.array([[0.9, 0.1, 0.45], [0.3, 0.99, 0.7]]), 10),
    ],
    arithmetic=_row_lines,
    misconceptions=[
        Misconception(
            "rounded",
            lambda draws, stored: np.rint(draws * stored).astype(int),
            "Rounding can give row `stored`, which does not exist, and row 0 only half as often. "
            "Cut the fraction off.",
        ),
        Misconception(
            "rounded up",
            lambda draws, stored: np.ceil(draws * stored).astype(int),
            "ceil can give row `stored`, which does not exist. Rows are 0 to stored - 1.",
        ),
        Misconception(
            "never the last",
            lambda draws, stored: (draws * (stored - 1)).astype(int),
            "The last row is never drawn. A draw is below 1, so draws * stored is below stored.",
        ),
        Misconception(
            "counted from one",
            lambda draws, stored: (draws * stored).astype(int) + 1,
            "Rows count from 0: yours are shifted by one.",
        ),
        Misconception(
            "not whole",
            lambda draws, stored: draws * stored,
            "A row is a whole number. Cut the fraction off: .astype(np.int64).",
        ),
        Misconception(
            "always the newest",
            lambda draws, stored: np.full(draws.shape, stored - 1),
            "It always takes the last row: that is no sample.",
        ),
        Misconception(
            "always the first",
            lambda draws, stored: draws.astype(int),
            "A draw is below 1, so cutting it off gives 0 for all. Multiply by `stored` first.",
        ),
        Misconception(
            "in order",
            lambda draws, stored: np.arange(draws.size).reshape(draws.shape) % stored,
            "You take the rows in order: neighbours in time stay neighbours in the batch.",
        ),
        Misconception(
            "sorted",
            lambda draws, stored: np.sort((draws * stored).astype(int), axis=-1),
            "You sort the rows. It does no harm to the mean, but each draw has its own row.",
        ),
        Misconception(
            "from the end",
            lambda draws, stored: stored - 1 - (draws * stored).astype(int),
            "You count from the newest row. As likely, but then the draw 0 must mean row 0 here.",
        ),
    ],
    hints=(
        "A draw in [0, 1) times the number of rows is in [0, stored).",
        "5 rows: 0.55 × 5 = 2.75, row 2.",
        "return (draws * stored).astype(np.int64)",
    ),
    insight="Multiply before you cut: every row gets an interval of the same length.",
    difficulty=1,
    minutes=3,
)

UPDATE_IS_DUE = Exercise(
    should_update,
    # (step, learning_starts, update_period)
    probes=[
        (4, 1, 4),
        (3, 1, 4),
        (500, 1000, 4),
        (1000, 1000, 4),
        (1002, 1000, 4),
        (16, 12, 5),
        (17, 12, 5),
        (15, 12, 5),
        (13, 12, 5),
        (14, 12, 5),
        (1, 1, 1),
        (10, 12, 5),
        (9, 12, 5),
    ],
    arithmetic=lambda step, learning_starts, update_period: (
        f"{step} >= {learning_starts} and {step} % {update_period} == 0"
    ),
    misconceptions=[
        Misconception(
            "no warm-up",
            lambda step, learning_starts, update_period: step % update_period == 0,
            "It learns before `learning_starts` steps: from a handful of rows, again and again.",
        ),
        Misconception(
            "one step too late",
            lambda step, learning_starts, update_period: (
                step > learning_starts and step % update_period == 0
            ),
            "After exactly `learning_starts` steps it may learn: >=, not >.",
        ),
        Misconception(
            "every step once warm",
            lambda step, learning_starts, update_period: step >= learning_starts,
            "After the warm-up it learns at every step. `update_period` is not used.",
        ),
        Misconception(
            "counted from the warm-up",
            lambda step, learning_starts, update_period: (
                step >= learning_starts and (step - learning_starts) % update_period == 0
            ),
            "You count the period from the end of the warm-up. Here it is counted from step 0.",
        ),
        Misconception(
            "all but the period",
            lambda step, learning_starts, update_period: (
                step >= learning_starts and step % update_period != 0
            ),
            "The test is turned round: it learns at every step except each `update_period`-th.",
        ),
        Misconception(
            "or for and",
            lambda step, learning_starts, update_period: (
                step >= learning_starts or step % update_period == 0
            ),
            "One of the two is enough for you. Both must hold: `and`.",
        ),
        Misconception(
            "one step early",
            lambda step, learning_starts, update_period: (
                step >= learning_starts and (step + 1) % update_period == 0
            ),
            "It learns one step before each multiple of `update_period`.",
        ),
        Misconception(
            "only during the warm-up",
            lambda step, learning_starts, update_period: (
                step <= learning_starts and step % update_period == 0
            ),
            "It learns during the warm-up and stops after it: >=, not <=.",
        ),
        Misconception(
            "never",
            lambda step, learning_starts, update_period: False,
            "It never learns.",
        ),
        Misconception(
            "always",
            lambda step, learning_starts, update_period: True,
            "It learns at every step, from the first.",
        ),
        Misconception(
            "division for remainder",
            lambda step, learning_starts, update_period: (
                step >= learning_starts and step // update_period == 0
            ),
            "// is the whole part of a division. The remainder is %.",
        ),
        Misconception(
            "remainder one",
            lambda step, learning_starts, update_period: (
                step >= learning_starts and step % update_period == 1
            ),
            "You look for a remainder of 1. At each multiple of `update_period` it is 0.",
        ),
        Misconception(
            "remainder up to one",
            lambda step, learning_starts, update_period: (
                step >= learning_starts and step % update_period <= 1
            ),
            "A remainder of 1 is one step after the multiple. It must be 0.",
        ),
        Misconception(
            "before the warm-up ends",
            lambda step, learning_starts, update_period: (
                step < learning_starts and step % update_period == 0
            ),
            "It learns before `learning_starts` and never after: >=, not <.",
        ),
        Misconception(
            "division turned round",
            lambda step, learning_starts, update_period: (
                step >= learning_starts and update_period % step == 0
            ),
            "You divide the period by the step. It is step % update_period.",
        ),
    ],
    hints=(
        "Two conditions, and both must hold.",
        "With learning_starts 12 and update_period 5 the first update comes at step 15.",
        "return step >= learning_starts and step % update_period == 0",
    ),
    insight="The warm-up fills the memory with random play, so the first batches are varied.",
    difficulty=1,
    minutes=2,
)

_WAVE = np.array([2.0, 5.0, 4.0, 1.0, 0.0, 3.0, 6.0, 5.5])


def _correlation_line(series: Any, lag: int) -> str:
    centred = np.asarray(series, float) - np.mean(series)
    pairs = zip(centred[: len(centred) - lag], centred[lag:], strict=True)
    top = " + ".join(f"({a:.17g}) × ({b:.17g})" for a, b in pairs)
    below = " + ".join(f"({a:.17g})^2" for a in centred)
    return f"({top}) / ({below})"


def _products(series: Any, lag: int) -> Any:
    centred = series - series.mean()
    return centred[: len(centred) - lag] * centred[lag:]


AUTOCORRELATION = Exercise(
    autocorrelation,
    probes=[
        (np.array([1.0, -1.0, 1.0, -1.0]), 1),
        (np.array([1, 2, 3]), 1),
        (_WAVE, 0),
        (_WAVE, 1),
        (_WAVE, 3),
        (np.array([4.0, 4.0, 9.0, 4.0, 4.0]), 2),
    ],
    arithmetic=_correlation_line,
    misconceptions=[
        Misconception(
            "mean left in",
            lambda series, lag: series[: len(series) - lag] @ series[lag:] / (series @ series),
            "The mean is still in: a series that hovers around 100 would always look alike. "
            "Subtract it first.",
        ),
        Misconception(
            "not divided",
            lambda series, lag: _products(series, lag).sum(),
            "Divide by the sum of squares, so that lag 0 gives 1 whatever the unit.",
        ),
        Misconception(
            "covariance",
            lambda series, lag: _products(series, lag).sum() / len(series),
            "That is a covariance: divide by the sum of squares, not by the length.",
        ),
        Misconception(
            "means of the pieces",
            lambda series, lag: np.corrcoef(series[: len(series) - lag], series[lag:])[0, 1],
            "You correlate two pieces, each with a mean of its own. Take the mean of the whole "
            "series off both.",
        ),
        Misconception(
            "wrapped round",
            lambda series, lag: (
                (series - series.mean())
                @ np.roll(series - series.mean(), lag)
                / _products(series, 0).sum()
            ),
            "np.roll brings the end back to the beginning: the last value is no neighbour of the "
            "first. Cut both pieces instead.",
        ),
        Misconception(
            "per pair",
            lambda series, lag: _products(series, lag).mean() / _products(series, 0).mean(),
            "You average the products over fewer pairs than the squares. Divide sum by sum.",
        ),
        Misconception(
            "always lag 1",
            lambda series, lag: _products(series, 1).sum() / _products(series, 0).sum(),
            "It ignores `lag` and always looks one step ahead.",
        ),
        Misconception(
            "one step too far",
            lambda series, lag: _products(series, lag + 1).sum() / _products(series, 0).sum(),
            "It looks lag + 1 steps ahead. At lag 0 a series must be alike to itself: 1.",
        ),
        Misconception(
            "absolute values",
            lambda series, lag: np.abs(_products(series, lag)).sum() / _products(series, 0).sum(),
            "Without their signs the products always add up. Opposites must count against.",
        ),
        Misconception(
            "standard deviation",
            lambda series, lag: _products(series, lag).sum() / series.std(),
            "Divide by the sum of squares of the centred series, not by its spread.",
        ),
    ],
    hints=(
        "Take the mean off. Multiply each value by the one `lag` later, add up, then scale.",
        "[1, 2, 3] centred is [-1, 0, 1]. At lag 1: (-1 × 0 + 0 × 1) / (1 + 0 + 1) = 0.",
        "x = series - np.mean(series)\nreturn x[: len(x) - lag] @ x[lag:] / (x @ x)",
    ),
    insight="If lag k gives ρ^k, n steps in a row are worth n (1 - ρ) / (1 + ρ) independent ones.",
    difficulty=3,
    minutes=8,
)

EXERCISES = [RING_ROW, SAMPLE_ROWS, UPDATE_IS_DUE, AUTOCORRELATION]

QUIZ = [
    Question(
        "What does drawing at random from the buffer change?",
        {
            "the agent sees more of the world": "It has played no step more. It sees the same "
            "steps in another order, and more than once.",
            "neighbours in a batch no longer look alike": "That, and each step is used many times.",
            "rewards become larger": "They are what the world paid.",
        },
        right="neighbours in a batch no longer look alike",
    ),
    Question(
        "The transitions in the buffer come from older, worse policies. Why may Q-learning use "
        "them?",
        {
            "it may not, but nobody notices": "It may: look at the target again, and at which "
            "policy is in it.",
            "its target asks for the best next action, not for the one that was taken": "That is "
            "what off-policy means: who collected the step does not matter.",
            "old transitions are deleted at once": "The buffer keeps the last 10,000.",
        },
        right="its target asks for the best next action, not for the one that was taken",
    ),
    Question(
        "Storing the next action too, and using its value in the target: what would that be?",
        {
            "the same thing": "Only if every stored action had been the best one.",
            "another method: it learns the value of an old policy": "That is SARSA, and in a "
            "buffer that action was chosen by a policy long gone.",
            "faster, as no max is needed": "It would learn something else.",
        },
        right="another method: it learns the value of an old policy",
    ),
]
