"""Every exercise of every lesson: each wrong answer earns its own hint, each right one passes."""

import ast
import functools
import itertools
import math
import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.stats import trim_mean

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
def test_what_is_said_holds_no_markup_that_a_card_would_show_as_it_is(task):
    said = [task.insight, *task.hints[:2], *(known.hint for known in task.misconceptions)]
    assert [text for text in said if re.search(r"(^|\s)\*\w+\*", text)] == []


@EACH
def test_the_reference_passes_and_its_source_is_the_solution(task):
    assert engine.check(task, task.reference).status == "passes"
    assert f"def {task.name}(" in task.solution


@EACH
def test_the_arithmetic_comes_out_as_the_reference(task):
    for probe in task.probes:
        line = task.arithmetic(*probe).replace("×", "*").replace("^", "**")
        answer = engine.array(engine.call(task, task.reference, probe))
        rtol = 1e-5 if answer.dtype == np.float32 else 1e-9
        np.testing.assert_allclose(eval(line), answer, rtol=rtol, err_msg=line)


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


def action_by_loop(q, epsilon, explore, random_action):
    if np.ndim(explore) == 0:
        return random_action if explore < epsilon else np.argmax(q)
    rows = zip(q, explore, random_action, strict=True)
    return [int(pick) if coin < epsilon else int(np.argmax(row)) for row, coin, pick in rows]


def action_by_mask(q, epsilon, explore, random_action):
    chance = explore < epsilon
    return chance * random_action + (1 - chance) * q.argmax(axis=-1)


def taken_by_loop(q, action):
    if action.dim() == 2:
        return torch.stack([taken_by_loop(*pair) for pair in zip(q, action, strict=True)])
    return torch.stack([q[i, action[i]] for i in range(len(action))])


def target_by_loop(reward, terminated, q_next, gamma):
    target = reward.clone()
    for i in np.ndindex(*reward.shape):
        if not terminated[i]:
            target[i] += gamma * max(q_next[i])
    return target


def correlation_by_loop(series, lag):
    mean = sum(series) / len(series)
    top = sum((series[i] - mean) * (series[i + lag] - mean) for i in range(len(series) - lag))
    return top / sum((value - mean) ** 2 for value in series)


def correlation_by_numpy(series, lag):
    centred = np.asarray(series) - np.mean(series)
    full = np.correlate(centred, centred, "full")
    return full[len(centred) - 1 + lag] / full[len(centred) - 1]


def copy_by_detach(target_params, online_params):
    for target, online in zip(target_params, online_params, strict=True):
        target.copy_(online.detach())


def copy_by_data(target_params, online_params):
    for target, online in zip(target_params, online_params, strict=True):
        target.data = online.data.clone()


def copy_by_slice(target_params, online_params):
    with torch.no_grad():
        for target, online in zip(target_params, online_params, strict=True):
            target[...] = online


def soft_by_lerp(target_params, online_params, tau):
    with torch.no_grad():
        for target, online in zip(target_params, online_params, strict=True):
            target.lerp_(online, tau)


@torch.no_grad()
def soft_in_steps(target_params, online_params, tau):
    for target, online in zip(target_params, online_params, strict=True):
        target.mul_(1 - tau)
        target.add_(online, alpha=tau)


def soft_by_data(target_params, online_params, tau):
    for target, online in zip(target_params, online_params, strict=True):
        target.data.copy_(target.data + tau * (online.data - target.data))


def loss_by_torch(q_taken, target, kind="mse"):
    function = F.mse_loss if kind == "mse" else F.smooth_l1_loss
    return function(q_taken, target, reduction="none").mean(-1)


def loss_by_clamp(q_taken, target, kind="mse"):
    size = (q_taken - target).abs()
    inside = size.clamp(max=1)
    loss = size * size if kind == "mse" else 0.5 * inside**2 + size - inside
    return loss.sum(-1) / size.shape[-1]


def interval_by_sorting(estimates, level=0.95):
    """Quantiles by hand: the place in the sorted row, and so far towards the next."""
    ordered = np.sort(estimates, axis=0)
    ends = []
    for share in ((1 - level) / 2, (1 + level) / 2):
        place = share * (len(ordered) - 1)
        below = math.floor(place)
        above = min(below + 1, len(ordered) - 1)
        ends.append(ordered[below] + (place - below) * (ordered[above] - ordered[below]))
    return np.stack(ends)


def iqm_by_loop(scores, axis=0):
    columns = np.moveaxis(np.asarray(scores), axis, -1)
    if columns.ndim > 1:
        return np.array([iqm_by_loop(column) for column in columns])
    ordered = sorted(columns.tolist())
    cut = len(ordered) // 4
    middle = ordered[cut : len(ordered) - cut]
    return sum(middle) / len(middle)


def rank_by_loop(score, scores):
    points = sum((other < score) + 0.5 * (other == score) for other in scores)
    return 100 * points / len(scores)


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
    "epsilon_greedy": [
        lambda q, epsilon, explore, random_action: np.where(
            explore >= epsilon, np.argmax(q, axis=-1), random_action
        ),
        action_by_loop,
        action_by_mask,
    ],
    "linear_schedule": [
        lambda step, start, end, duration: float(np.interp(step, [0, duration], [start, end])),
        lambda step, start, end, duration: (
            end if step >= duration else start + step * (end - start) / duration
        ),
        lambda step, start, end, duration: end + (start - end) * max(1 - step / duration, 0),
    ],
    "taken_values": [
        lambda q, action: torch.take_along_dim(q, action[..., None], -1)[..., 0],
        lambda q, action: (q * F.one_hot(action, q.shape[-1])).sum(-1),
        lambda q, action: torch.einsum(
            "...a,...a->...", q, F.one_hot(action, q.shape[-1]).to(q.dtype)
        ),
        taken_by_loop,
        lambda q, action: np.take_along_axis(q.numpy(), action.numpy()[..., None], -1)[..., 0],
    ],
    "td_target": [
        lambda reward, terminated, q_next, gamma: torch.where(
            terminated, reward, reward + gamma * q_next.max(-1).values
        ),
        lambda reward, terminated, q_next, gamma: (
            reward + gamma * (1 - terminated.float()) * q_next.max(dim=-1)[0]
        ),
        lambda reward, terminated, q_next, gamma: (
            reward
            + gamma
            * q_next.gather(-1, q_next.argmax(-1, keepdim=True)).squeeze(-1)
            * terminated.logical_not()
        ),
        lambda reward, terminated, q_next, gamma: (
            reward.double() + gamma * q_next.double().amax(-1).masked_fill(terminated, 0)
        ),
        target_by_loop,
    ],
    "ring_row": [
        lambda added, capacity: divmod(added, capacity)[1],
        lambda added, capacity: added - added // capacity * capacity,
        lambda added, capacity: np.int64(added) % capacity,
    ],
    "sample_rows": [
        lambda draws, stored: np.floor(draws * stored).astype(int),
        lambda draws, stored: np.floor(draws * stored),
        lambda draws, stored: np.vectorize(int)(draws * stored),
        lambda draws, stored: (stored * draws) // 1,
    ],
    "update_is_due": [
        lambda step, learning_starts, update_period: (
            not (step < learning_starts or step % update_period)
        ),
        lambda step, learning_starts, update_period: np.bool_(
            step >= learning_starts and step % update_period == 0
        ),
        lambda step, learning_starts, update_period: (
            step / update_period == step // update_period and learning_starts <= step
        ),
    ],
    "autocorrelation": [correlation_by_loop, correlation_by_numpy],
    "hard_update_": [
        torch.no_grad()(
            lambda target_params, online_params: [
                t.copy_(o) for t, o in zip(target_params, online_params, strict=True)
            ]
        ),
        copy_by_detach,
        copy_by_data,
        copy_by_slice,
    ],
    "soft_update_": [soft_by_lerp, soft_in_steps, soft_by_data],
    "td_loss": [
        loss_by_torch,
        loss_by_clamp,
        lambda q_taken, target, kind="mse": loss_by_torch(target, q_taken, kind),
    ],
    "reachable_share": [
        lambda updates, target_period, gamma: (
            sum(gamma**i for i in range((updates - 1) // target_period + 1)) * (1 - gamma)
        ),
        lambda updates, target_period, gamma: 1 - gamma ** -(-updates // target_period),
    ],
    "percentile_interval": [
        interval_by_sorting,
        lambda estimates, level=0.95: np.percentile(
            estimates, [50 * (1 - level), 50 * (1 + level)], axis=0
        ),
        lambda estimates, level=0.95: [
            np.quantile(estimates, 0.5 + side * level / 2, axis=0) for side in (-1, 1)
        ],
    ],
    "iqm": [
        lambda scores, axis=0: trim_mean(scores, 0.25, axis=axis),
        iqm_by_loop,
    ],
    "percentile_rank": [
        rank_by_loop,
        lambda score, scores: 50 * ((scores < score).mean(0) + (scores <= score).mean(0)),
        lambda score, scores: 50 * (1 + np.sign(score - scores).mean(axis=0)),
    ],
    "performance_profile": [
        lambda scores, levels: [np.mean(scores > level) for level in levels],
        lambda scores, levels: 1 - np.searchsorted(np.sort(scores), levels, "right") / len(scores),
        lambda scores, levels: np.greater.outer(scores, levels).mean(0),
    ],
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
