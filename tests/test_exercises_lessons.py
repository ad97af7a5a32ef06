"""Every exercise of every lesson: each wrong answer earns its own hint, each right one passes."""

import ast
import functools
import itertools
import math

import numpy as np
import pytest

from dqn_lessons.exercises import engine

TASKS = list(engine.EXERCISES.values())
EACH = pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
MISTAKES = [
    pytest.param(task, known, id=f"{task.name}-{known.name}")
    for task in TASKS
    for known in task.misconceptions
]


@pytest.mark.parametrize(("task", "known"), MISTAKES)
def test_every_misconception_earns_its_own_hint(task, known):
    outcome = engine.check(task, known.wrong)
    assert (outcome.status, outcome.mistake, outcome.text) == ("wrong", known.name, (known.hint,))


@EACH
def test_the_probes_tell_all_mistakes_apart(task):
    answers = {known.name: engine._answers(task, known.wrong) for known in task.misconceptions}
    answers["reference"] = engine._answers(task, task.reference)
    for (one, a), (other, b) in itertools.combinations(answers.items(), 2):
        assert not all(map(engine._equal, a, b)), f"{one} and {other} give the same numbers"


@EACH
def test_hints_and_names_are_distinct(task):
    assert len({known.hint for known in task.misconceptions}) == len(task.misconceptions) >= 8
    assert len({known.name for known in task.misconceptions}) == len(task.misconceptions)
    assert task.difficulty in (1, 2, 3)
    assert len(task.probes) >= 5


@EACH
def test_the_reference_passes_and_its_source_is_the_solution(task):
    assert engine.check(task, task.reference).status == "passes"
    assert f"def {task.name}(" in task.solution


@EACH
def test_the_arithmetic_comes_out_as_the_reference(task):
    for probe in task.probes:
        line = task.arithmetic(*probe).replace("×", "*").replace("^", "**")
        assert eval(line) == pytest.approx(task.reference(*probe), rel=1e-9), line


@EACH
def test_the_last_hint_is_code(task):
    ast.parse(task.hints[2])


def discounted_by_horner(rewards, gamma):
    total = 0
    for reward in reversed(rewards):
        total = reward + gamma * total
    return total


def hard_by_division(bias, target_bias, step, target_period):
    return bias if step / target_period == step // target_period else target_bias


def bound_by_recursion(k, reward, gamma, initial_bias=0.0):
    below = initial_bias if k == 0 else bound_by_recursion(k - 1, reward, gamma, initial_bias)
    return reward + gamma * below


def bound_by_loop(k, reward, gamma, initial_bias=0.0):
    total = 0
    for i in range(k + 1):
        total += gamma**i * reward
    return total + gamma ** (k + 1) * initial_bias


def tau_by_steps(target_period, learning_rate):
    eta = 2 * learning_rate
    lag = target_period / (1 - (1 - eta) ** target_period)
    return np.float64(1) / (lag - 1 / eta + 1)


RIGHT = {
    "discounted_return": [
        discounted_by_horner,
        lambda rewards, gamma: np.dot(rewards, gamma ** np.arange(len(rewards))),
        lambda rewards, gamma: math.fsum(gamma**i * r for i, r in enumerate(rewards)),
        lambda rewards, gamma: np.polyval(list(rewards)[::-1], gamma),
    ],
    "bias_td_target": [
        lambda reward, gamma, target_bias: gamma * target_bias + reward,
        lambda reward, gamma, target_bias: np.float64(reward + gamma * target_bias),
        lambda reward, gamma, target_bias: sum([reward, gamma * target_bias]),
    ],
    "hard_update": [
        hard_by_division,
        lambda bias, target_bias, step, target_period: (
            target_bias if step % target_period else bias
        ),
        lambda bias, target_bias, step, target_period: np.where(
            step % target_period == 0, bias, target_bias
        ),
        lambda bias, target_bias, step, target_period: (target_bias, bias)[
            step % target_period == 0
        ],
    ],
    "soft_update": [
        lambda bias, target_bias, tau: target_bias + tau * (bias - target_bias),
        lambda bias, target_bias, tau: np.average([bias, target_bias], weights=[tau, 1 - tau]),
        lambda bias, target_bias, tau: bias - (1 - tau) * (bias - target_bias),
    ],
    "horizon_bound": [
        bound_by_recursion,
        bound_by_loop,
        functools.cache(bound_by_recursion),
        lambda k, reward, gamma, initial_bias=0.0: np.polyval(
            [initial_bias] + [reward] * (k + 1), gamma
        ),
        # The two formulas that the text of lesson 1 gives.
        lambda k, reward, gamma, initial_bias=0.0: (
            reward * (1 - gamma ** (k + 1)) / (1 - gamma) + gamma ** (k + 1) * initial_bias
        ),
        lambda k, reward, gamma, initial_bias=0.0: (
            reward / (1 - gamma) + gamma ** (k + 1) * (initial_bias - reward / (1 - gamma))
        ),
    ],
    "equivalent_tau": [tau_by_steps],
}


@pytest.mark.parametrize(
    ("name", "function"), [(name, f) for name, functions in RIGHT.items() for f in functions]
)
def test_other_right_answers_pass(name, function):
    outcome = engine.check(engine.EXERCISES[name], function)
    assert outcome.status == "passes", outcome


# What students write, as they write it, and what it must be called.
AS_WRITTEN = [
    ("bias_td_target", lambda reward, gamma, target_bias: reward / (1 - gamma), "fixed point"),
    (
        "horizon_bound",
        lambda k, reward, gamma, initial_bias=0.0: reward * (1 - gamma**k) / (1 - gamma),
        "k rewards, start forgotten",
    ),
    (
        "horizon_bound",
        lambda k, reward, gamma, initial_bias=0.0: reward * (1 - gamma ** (k + 1)) / (1 - gamma),
        "start forgotten",
    ),
    (
        "horizon_bound",
        lambda k, reward, gamma, initial_bias=0.0: reward / (1 - gamma),
        "infinite horizon",
    ),
    (
        "hard_update",
        lambda bias, target_bias, step, target_period: (
            bias if step % target_period else target_bias
        ),
        "inverted",
    ),
    (
        "soft_update",
        lambda bias, target_bias, tau: bias + tau * (target_bias - bias),
        "swapped",
    ),
]


@pytest.mark.parametrize(("name", "function", "mistake"), AS_WRITTEN)
def test_a_mistake_is_named_however_it_is_written(name, function, mistake):
    assert engine.check(engine.EXERCISES[name], function).mistake == mistake


def test_every_exercise_has_other_right_answers():
    assert set(RIGHT) == set(engine.EXERCISES)
