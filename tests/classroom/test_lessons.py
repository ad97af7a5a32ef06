"""Every exercise of every lesson: each wrong answer earns its own hint, each right one passes."""

import ast
import copy
import functools
import inspect
import itertools
import math
import re
import statistics
from collections import deque
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.stats import beta, sem, trim_mean

from dqn_classroom.clinic import BUGS
from dqn_classroom.exercises import check
from dqn_classroom.exercises.stages import Stage
from dqn_classroom.lessons import LESSONS
from dqn_classroom.lessons.two_biases_probes import window_sum
from tests.classroom import mutants, stages

EXERCISES = {name: check.find(name) for name in check.LOADERS}
TASKS = list(EXERCISES.values())
EACH = pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
# Those whose answers are numbers; a stage is asked questions instead.
OF_NUMBERS = [task for task in TASKS if not isinstance(task, Stage)]
EACH_OF_NUMBERS = pytest.mark.parametrize("task", OF_NUMBERS, ids=lambda task: task.name)
MISTAKES = [
    pytest.param(task, known, id=f"{task.name}-{known.name}")
    for task in TASKS
    for known in task.mistakes
]


@pytest.mark.parametrize(("task", "known"), MISTAKES)
def test_every_mistake_earns_its_own_hint(task, known):
    outcome = check.check(task, known.wrong)
    assert (outcome.status, outcome.mistake, outcome.text) == ("wrong", known.name, (known.hint,))


# Mistakes that are bugs of the clinic, too.
BUGS_OF = [
    pytest.param(task, name, id=f"{task.name}-{name}")
    for lesson in LESSONS.values()
    for task in map(EXERCISES.get, lesson.exercises)
    for name, row in lesson.exercises[task.name]["mistakes"].items()
    if row.get("bug")
]


@pytest.mark.parametrize(("task", "name"), BUGS_OF)
def test_a_bug_of_the_clinic_is_the_mistake_of_its_name(task, name):
    edits = BUGS[name].edits
    if {edit.where.rpartition(".")[2] for edit in edits} != {task.name}:
        # The clinic has them in the loss, and in a function that gives the row alone.
        assert name in ("[B] against [B, 1]", "the newest is dropped")
        return
    source = task.solution
    for edit in edits:
        assert edit.old in source
        source = source.replace(edit.old, edit.new)
    planted = mutants.compiled(source, inspect.unwrap(task.reference).__globals__)
    if name == "max over the batch":  # planted, it leaves each learner a batch of its own
        alone = [given for given in task.probes.inputs if given[0].dim() == 1]
        task = replace(task, probes=replace(task.probes, inputs=alone))
    assert check.check(task, planted).mistake == name


def test_a_mistake_that_the_clinic_names_is_named_once():
    taken = {name for _, name in (parameter.values for parameter in BUGS_OF)}
    assert len(taken) == len(BUGS_OF) == 11


def answers_of(task, function):
    return [check.array(check.call(task, function, given)) for given in task.probes.inputs]


@EACH_OF_NUMBERS
def test_the_probes_tell_all_mistakes_apart(task):
    answers = {known.name: answers_of(task, known.wrong) for known in task.mistakes}
    answers["reference"] = answers_of(task, task.reference)
    for (one, a), (other, b) in itertools.combinations(answers.items(), 2):
        assert not all(map(check._equal, a, b)), f"{one} and {other} give the same numbers"


@EACH
def test_hints_and_names_are_distinct(task):
    assert len({known.hint for known in task.mistakes}) == len(task.mistakes) >= 8
    assert len({known.name for known in task.mistakes}) == len(task.mistakes)
    assert task.difficulty in (1, 2, 3)
    assert len(task.probes.inputs) >= 5 or isinstance(task, Stage)


@EACH
def test_what_is_said_holds_no_markup_that_a_card_would_show_as_it_is(task):
    said = [task.insight, *task.hints[:2], *(known.hint for known in task.mistakes)]
    assert [text for text in said if re.search(r"(^|\s)\*\w+\*", text)] == []


@EACH
def test_the_reference_passes_and_its_source_is_the_solution(task):
    assert check.check(task, task.reference).status == "passes"
    kind = "class" if inspect.isclass(task.reference) else "def"
    assert f"{kind} {task.name}" in task.solution


def observed(task, probe):
    given = copy.deepcopy(probe)
    return check.array(task.probes.observe(task.reference, given))


@EACH_OF_NUMBERS
def test_a_long_row_of_numbers_has_a_name_for_each(task):
    for probe in task.probes.inputs:
        right = observed(task, probe)
        if task.probes.names is None:
            assert right.ndim != 1 or right.size < 10
            continue
        names = list(task.probes.names(*probe))
        assert len(names) == len({*names}) == right.size, task.name


# exercise -> what is changed in the solution, and what the card says of it: by hand
CARDS = {
    "dqn_update": (
        ("config.target_period == 0", "config.target_period == 1"),
        "where     target_net.weight[0, 0] after update 6; 11 more differ\n"
        "expected  1 = 1 × 1 + (1 - 1) × 0.5\n"
        "yours     0.5",
    ),
    "store_": (
        ("column[row] = value", "column[row] = value if np.ndim(value) or value != 2 else 1"),
        "where     buffer[1][0]\nexpected  2\nyours     1",
    ),
    "soft_update_": (
        ("(online, tau)", "(online, tau if target.dim() == 2 else 0.5)"),
        "where     target_params[1], number 1; 1 more differs\n"
        "expected  5 = 0.25 × 8 + (1 - 0.25) × 4\n"
        "yours     6",
    ),
}


@pytest.mark.parametrize("name", CARDS)
def test_of_many_numbers_the_first_that_differs_is_shown(name):
    (before, after), said = CARDS[name]
    task, space = EXERCISES[name], {}
    assert before in task.solution
    program = task.solution.replace(before, after)
    exec(program, dict(inspect.unwrap(task.reference).__globals__), space)
    outcome = check.check(task, space[name])
    assert outcome.status == "wrong"
    assert outcome.code.endswith(f"\n{said}")


@pytest.mark.parametrize(
    "task", [task for task in OF_NUMBERS if task.probes.arithmetic], ids=lambda task: task.name
)
def test_the_arithmetic_comes_out_as_the_reference(task):
    for probe in task.probes.inputs:
        line = check.laid_out(task.probes.arithmetic(*probe)).replace("×", "*").replace("^", "**")
        answer = check.array(check.call(task, task.reference, probe))
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


def critic_in_an_array(reward, gamma, steps, target_period, change):
    biases = np.zeros(steps + 1)
    for i in range(steps):
        last_sync = i // target_period * target_period
        y = reward + gamma * biases[last_sync]
        biases[i + 1] = biases[i] + change(2 * (biases[i] - y))
    return biases[1:]


def critic_by_while(reward, gamma, steps, target_period, change):
    b, b_target, updates, out = 0.0, 0.0, 0, ()
    while updates < steps:
        b = b + change(2 * b - 2 * reward - 2 * gamma * b_target)
        out += (b,)
        updates += 1
        b_target = b_target if updates % target_period else b
    return out


def critic_by_periods(reward, gamma, steps, target_period, change):
    bias, biases = 0.0, []
    while len(biases) < steps:
        y = reward + gamma * bias
        for _ in range(min(target_period, steps - len(biases))):
            bias += change(-2 * (y - bias))
            biases.append(bias)
    return biases


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


def action_by_loop(q, epsilon, uniform, random_action):
    if np.ndim(uniform) == 0:
        return random_action if uniform < epsilon else np.argmax(q)
    rows = zip(q, uniform, random_action, strict=True)
    return [int(pick) if draw < epsilon else int(np.argmax(row)) for row, draw, pick in rows]


def action_by_mask(q, epsilon, uniform, random_action):
    chance = uniform < epsilon
    return chance * random_action + (1 - chance) * q.argmax(axis=-1)


def learn_by_loop(net, optimizer, batch, gamma):
    total = 0.0
    for obs, action, reward, next_obs, terminated in zip(*batch, strict=True):
        future = 0.0 if terminated else gamma * net(next_obs).max().item()
        total = total + (net(obs)[action] - (reward + future)) ** 2
    optimizer.zero_grad()
    (total / len(batch[0])).backward()
    optimizer.step()


def learn_and_forget(net, optimizer, batch, gamma):
    obs, action, reward, next_obs, terminated = batch
    best = net(next_obs).detach().max(dim=1).values
    y = reward + gamma * best * (1 - terminated.float())
    q = net(obs)[range(len(action)), action]
    F.mse_loss(q, y).backward()
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)


def learn_by_one_hot(net, optimizer, batch, gamma):
    obs, action, reward, next_obs, terminated = batch
    target = reward.clone()
    with torch.no_grad():
        target[~terminated] += gamma * net(next_obs[~terminated]).amax(-1)
    q = net(obs)
    error = (q * F.one_hot(action, q.shape[1])).sum(-1) - target
    params = list(net.parameters())
    for param, grad in zip(params, torch.autograd.grad((error**2).mean(), params), strict=True):
        param.grad = grad
    optimizer.step()


def update_by_hand(net, target_net, optimizer, batch, number, config):
    obs, action, reward, next_obs, terminated = batch
    best = target_net(next_obs).max(1)[0].masked_fill(terminated, 0)
    q = net(obs).gather(1, action[:, None])[:, 0]
    loss = F.mse_loss if config.loss == "mse" else F.smooth_l1_loss
    optimizer.zero_grad()
    loss(q, reward + config.gamma * best).backward()
    optimizer.step()
    pairs = list(zip(target_net.parameters(), net.parameters(), strict=True))
    with torch.no_grad():
        for target, online in pairs:
            if config.tau:
                target += config.tau * (online - target)
            elif not number % config.target_period:
                target.copy_(online)


def update_by_data(net, target_net, optimizer, batch, number, config):
    learn_towards(net, target_net, optimizer, batch, config)
    if config.tau is None and number / config.target_period != number // config.target_period:
        return
    tau = 1 if config.tau is None else config.tau
    for target, online in zip(target_net.parameters(), net.parameters(), strict=True):
        target.data = tau * online.data + (1 - tau) * target.data


def learn_towards(net, target_net, optimizer, batch, config):
    obs, action, reward, next_obs, terminated = batch
    y = target_by_loop(reward, terminated, target_net(next_obs), config.gamma)
    loss_by_clamp(
        torch.stack([q[a] for q, a in zip(net(obs), action, strict=True)]), y, config.loss
    ).backward()
    optimizer.step()
    net.zero_grad()


def update_by_state(net, target_net, optimizer, batch, number, config):
    learn_towards(net, target_net, optimizer, batch, config)
    new, old = net.state_dict(), target_net.state_dict()
    if config.tau is not None:
        target_net.load_state_dict(
            {key: config.tau * new[key] + (1 - config.tau) * old[key] for key in new}
        )
    elif number in range(0, number + 1, config.target_period):
        for key in old:
            old[key].copy_(new[key])


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


def power_by_loop(differences, effect, draws):
    centre = sum(differences) / len(differences)
    shares = []
    for n in range(2, len(draws[0]) + 1):
        found = 0
        for draw in draws:
            study = [differences[row] - centre + effect for row in draw[:n]]
            mean = sum(study) / n
            variance = sum((one - mean) ** 2 for one in study) / (n - 1)
            error = (variance / n) ** 0.5
            if mean + 2 * error < 0 or mean - 2 * error > 0:
                found += 1
        shares.append(found / len(draws))
    return np.array(shares)


def search_by_loop(studies, seeds):
    on_them = elsewhere = 0
    for scores in studies.tolist():
        sums = [sum(row[:seeds]) for row in scores]
        row = scores[sums.index(max(sums))]
        on_them += sum(row[:seeds]) / seeds / len(studies)
        elsewhere += sum(row[seeds:]) / len(row[seeds:]) / len(studies)
    return np.array([on_them, elsewhere])


def search_at_once(studies, seeds):
    seen, unseen = studies[..., :seeds].mean(axis=-1), studies[..., seeds:].mean(axis=-1)
    each = np.arange(len(studies)), seen.argmax(axis=1)
    return np.stack([seen[each].mean(), unseen[each].mean()])


def running_by_slices(returns, window):
    return [np.mean(returns[max(0, end - window) : end]) for end in range(1, len(returns) + 1)]


def running_by_queue(returns, window):
    last, means = deque(maxlen=window), []
    for value in returns:
        last.append(value)
        means.append(sum(last) / len(last))
    return means


def summary_by_statistics(returns, every):
    so_far, lines = [], []
    for number, value in enumerate(returns, start=1):
        so_far.append(float(value))
        if number % every == 0:
            lines.append([statistics.mean(so_far), statistics.stdev(so_far)])
    return lines


def means_by_loop(seed, returns, seeds, first):
    totals, counts = dict.fromkeys(seeds, 0.0), dict.fromkeys(seeds, 0)
    for one, value in zip(seed, returns, strict=True):
        if one in counts and counts[one] < first:
            totals[one] += value
            counts[one] += 1
    return [totals[one] / counts[one] for one in seeds]


def syncs_by_simulation(steps, learning_starts, update_period, target_period):
    updates = used = waiting = 0
    for step in range(1, steps + 1):
        if step >= learning_starts and step % update_period == 0:
            used, waiting = used + waiting, 0
            updates += 1
            waiting = int(updates % target_period == 0)
    return used


def rank_by_loop(score, scores):
    points = sum((other < score) + 0.5 * (other == score) for other in scores)
    return 100 * points / len(scores)


def expected_by_updates(reward, gamma, learning_rate, updates, target_period):
    value = copy = 0.0
    for update in range(1, updates + 1):
        value -= learning_rate * 2 * (value - (reward + gamma * copy))
        if update % target_period == 0:
            copy = value
    return value


def broken_by_loop(obs, next_obs, ended):
    rows = []
    for t in range(len(obs) - 1):
        goes_on = list(next_obs[t]) == list(obs[t + 1])
        rows.append(goes_on if ended[t] else not goes_on)
    return np.array(rows)


def outside_by_loop(curve, healthy):
    out = 0
    for e, value in enumerate(curve):
        out += not min(healthy[:, e]) <= value <= max(healthy[:, e])
    return out / len(curve)


def discounted_step_by_step(rewards, gamma):
    total, power = 0.0, 1.0
    for reward in rewards:
        total += power * reward
        power *= gamma
    return total


def bound_by_syncs(k, reward, gamma, initial_bias=0.0):
    bound = initial_bias
    for _ in range(k + 1):
        bound = reward + gamma * bound
    return bound


def tau_by_algebra(target_period, learning_rate):
    eta = 2 * learning_rate
    left = 1.0
    for _ in range(target_period):
        left *= 1 - eta
    done = 1 - left
    return eta * done / (target_period * eta - done + eta * done)


def schedule_by_steps(step, start, end, duration):
    value = start
    for _ in range(min(step, duration)):
        value += (end - start) / duration
    return value


def target_by_filling(reward, terminated, q_next, gamma):
    future, _ = q_next.max(dim=-1)
    future = future.clone()
    future[terminated] = 0
    return gamma * future + reward


def store_by_turns(buffer, added, transition):
    row, capacity = added, buffer[0].shape[0]
    while row >= capacity:
        row -= capacity
    for part in range(len(buffer)):
        buffer[part][row, ...] = transition[part]
    return 1 + added


def store_by_slices(buffer, added, transition):
    _, row = divmod(added, len(buffer[-1]))
    for column, value in zip(buffer, transition, strict=True):
        column[row : row + 1] = value
    added += 1
    return np.int64(added)


def batch_by_loop(buffer, added, draws):
    stored = added if added < len(buffer[0]) else len(buffer[0])
    rows = [int(draw * stored) for draw in draws]
    return tuple(torch.tensor(np.array([column[row] for row in rows])) for column in buffer)


def batch_by_take(buffer, added, draws):
    filled = [column[:added] for column in buffer]
    rows = np.floor(draws * len(filled[0])).astype(np.int32)
    return [torch.as_tensor(column.take(rows, axis=0)) for column in filled]


def batch_by_torch(buffer, added, draws):
    rows = (torch.as_tensor(draws) * min(len(buffer[0]), added)).long()
    return [torch.from_numpy(column)[rows] for column in buffer]


def correlation_in_single_precision(series, lag):
    centred = np.asarray(series, np.float32)
    centred = centred - centred.mean()
    return (centred[lag:] * centred[: centred.size - lag]).sum() / (centred**2).sum()


def soft_by_index(target_params, online_params, tau):
    for i, online in enumerate(online_params):
        target_params[i].copy_(tau * online.detach() + (1 - tau) * target_params[i])


def loss_by_mask(q_taken, target, kind="mse"):
    error = q_taken - target
    if kind == "mse":
        return torch.einsum("...b,...b->...", error, error) / error.shape[-1]
    near = (error.abs() < 1).float()
    return (near * error**2 / 2 + (1 - near) * (error.abs() - 0.5)).mean(dim=-1)


def loss_in_double_precision(q_taken, target, kind="mse"):
    return loss_by_clamp(q_taken.double(), target.double(), kind)


def share_by_loop(updates, target_period, gamma):
    share, last = 0.0, (updates - 1) // target_period
    for i in range(last + 1):
        share += gamma**i * (1 - gamma)
    return share


def iqm_by_weights(scores, axis=0):
    ordered = np.moveaxis(np.sort(scores, axis=axis), axis, -1)
    n = ordered.shape[-1]
    inside = (np.arange(n) >= n // 4) & (np.arange(n) < n - n // 4)
    return np.einsum("...s,s->...", ordered, inside / inside.sum())


def value_by_periods(reward, gamma, learning_rate, updates, target_period):
    value = 0.0
    for _ in range(updates // target_period):
        goal = reward + gamma * value
        value = goal + (value - goal) * (1 - 2 * learning_rate) ** target_period
    return value


def backup_by_loop(probability, reward, next_state, terminated, v, gamma):
    q = np.zeros(reward.shape[:2])
    for n, a, k in np.ndindex(*reward.shape):
        future = 0 if terminated[n, a, k] else v[next_state[n, a, k]]
        q[n, a] += probability[n, a, k] * (reward[n, a, k] + gamma * future)
    return q


def sweeps_by_loop(outcomes, gamma, tolerance=1e-9):
    rows = [[0.0] * len(outcomes.reward)]
    while True:
        q = backup_by_loop(*outcomes, np.array(rows[-1]), gamma)
        rows.append([max(actions) for actions in q])
        if all(abs(a - b) <= tolerance for a, b in zip(rows[-1], rows[-2], strict=True)):
            return rows


def sweeps_by_recursion(outcomes, gamma, tolerance=1e-9, before=None):
    before = np.zeros((1, len(outcomes[0]))) if before is None else before
    new = np.amax(backup_by_loop(*outcomes, before[-1], gamma), axis=-1)
    rows = np.vstack([before, new])
    still = np.max(np.abs(np.diff(rows[-2:], axis=0))) <= tolerance
    return rows if still else sweeps_by_recursion(outcomes, gamma, tolerance, rows)


def greedy_by_loop(q):
    if q.ndim > 1:
        return np.array([greedy_by_loop(row) for row in q])
    best = np.flatnonzero(q == max(q))
    return np.array([1 / len(best) if a in best else 0 for a in range(len(q))])


def greedy_by_where(q):
    top = np.where(q < q.max(-1)[..., None], 0.0, 1.0)
    return top / top.sum(-1)[..., None]


def q_learning_by_loop(q, state, action, reward, next_state, terminated, alpha, gamma):
    for i in range(len(q)):
        y = reward[i]
        if not terminated[i]:
            y += gamma * max(q[i, next_state[i]])
        q[i, state[i], action[i]] = (1 - alpha) * q[i, state[i], action[i]] + alpha * y


def q_learning_by_mask(q, state, action, reward, next_state, terminated, alpha, gamma):
    rows = range(len(q))
    target = reward + gamma * np.max(q[rows, next_state], axis=1) * (1 - terminated)
    old = q[rows, state, action]
    q[rows, state, action] = old + alpha * (target - old)


def q_learning_that_returns(q, *step):
    q_learning_by_mask(q, *step)
    return q


def sarsa_by_loop(q, state, action, reward, next_state, next_action, terminated, alpha, gamma):
    for table, s, a, r, s2, a2, end in zip(
        q, state, action, reward, next_state, next_action, terminated, strict=True
    ):
        table[s, a] += alpha * (r + gamma * table[s2, a2] * (not end) - table[s, a])


def sarsa_by_flat(q, state, action, reward, next_state, next_action, terminated, alpha, gamma):
    flat, width = q.reshape(len(q), -1), q.shape[2]
    rows, now = np.arange(len(q)), state * width + action
    future = flat[rows, next_state * width + next_action]
    future[terminated] = 0
    flat[rows, now] += alpha * (reward + gamma * future - flat[rows, now])


def n_step_by_loop(reward, terminated, truncated, v_next, gamma):
    """Forwards, window by window."""
    totals = np.zeros(reward.shape[:-1])
    for where in np.ndindex(totals.shape):
        discount = 1.0
        for i, r in enumerate(reward[where]):
            totals[where] += discount * r
            discount *= gamma
            if terminated[where][i] or truncated[where][i] or i == reward.shape[-1] - 1:
                totals[where] += 0 if terminated[where][i] else discount * v_next[where][i]
                break
    return totals


def lambda_by_windows(reward, terminated, truncated, v_next, lam, gamma):
    """The mean of windows of 1, 2, ... steps, with weights that fall by lam."""
    steps, targets = reward.shape[-1], np.zeros(reward.shape)
    for t in range(steps):
        for n in range(1, steps - t + 1):
            weight = lam ** (n - 1) * (1 if n == steps - t else 1 - lam)
            parts = (part[..., t : t + n] for part in (reward, terminated, truncated, v_next))
            targets[..., t] += weight * n_step_by_loop(*parts, gamma)
    return targets


def lambda_by_list(reward, terminated, truncated, v_next, lam, gamma):
    """Backwards, with masks for ``where``."""
    found, after = [], v_next[..., -1]
    for t in range(reward.shape[-1] - 1, -1, -1):
        share = lam * ~truncated[..., t]
        after = reward[..., t] + gamma * ~terminated[..., t] * (
            share * after + (1 - share) * v_next[..., t]
        )
        found.append(after)
    return np.stack(found[::-1], axis=-1)


RIGHT = {
    "bellman_backup": [
        backup_by_loop,
        lambda probability, reward, next_state, terminated, v, gamma: np.einsum(
            "nak,nak->na", probability, reward + gamma * v[next_state] * ~terminated
        ),
        lambda probability, reward, next_state, terminated, v, gamma: (
            (probability * reward).sum(-1)
            + gamma * (probability * (1 - terminated) * np.take(v, next_state)).sum(-1)
        ),
    ],
    "value_iteration": [
        lambda outcomes, gamma, tolerance=1e-9: np.array(
            sweeps_by_loop(outcomes, gamma, tolerance)
        ),
        lambda outcomes, gamma, tolerance=1e-9: sweeps_by_recursion(outcomes, gamma, tolerance),
    ],
    "greedy_policy": [
        greedy_by_loop,
        greedy_by_where,
        lambda q: (
            (q >= q.max(-1, keepdims=True)) / (q >= q.max(-1, keepdims=True)).sum(-1)[..., None]
        ),
    ],
    "q_learning_update": [
        q_learning_by_loop,
        q_learning_by_mask,
        lambda q, state, action, reward, next_state, terminated, alpha, gamma: (
            q_learning_that_returns(q, state, action, reward, next_state, terminated, alpha, gamma)
        ),
    ],
    "sarsa_update": [sarsa_by_loop, sarsa_by_flat],
    "discounted_return": [
        discounted_step_by_step,
        lambda rewards, gamma: np.einsum("t,t->", rewards, gamma ** np.arange(len(rewards))),
        lambda rewards, gamma: np.float32(discounted_step_by_step(rewards, gamma)),
        discounted_by_horner,
        lambda rewards, gamma: np.dot(rewards, gamma ** np.arange(len(rewards))),
        lambda rewards, gamma: math.fsum(gamma**i * r for i, r in enumerate(rewards)),
        lambda rewards, gamma: np.polyval(list(rewards)[::-1], gamma),
    ],
    "bias_td_target": [
        lambda reward, gamma, target_bias: np.dot([1, gamma], [reward, target_bias]),
        lambda reward, gamma, target_bias: np.float32(reward + target_bias * gamma),
        lambda reward, gamma, target_bias: gamma * target_bias + reward,
        lambda reward, gamma, target_bias: np.float64(reward + gamma * target_bias),
        lambda reward, gamma, target_bias: sum([reward, gamma * target_bias]),
    ],
    "train_critic": [critic_in_an_array, critic_by_while, critic_by_periods],
    "soft_update": [
        lambda bias, target_bias, tau: torch.lerp(
            torch.tensor(target_bias), torch.tensor(bias), tau
        ),
        lambda bias, target_bias, tau: np.dot([tau, 1 - tau], [bias, target_bias]),
        lambda bias, target_bias, tau: target_bias + tau * (bias - target_bias),
        lambda bias, target_bias, tau: np.average([bias, target_bias], weights=[tau, 1 - tau]),
        lambda bias, target_bias, tau: bias - (1 - tau) * (bias - target_bias),
    ],
    "horizon_bound": [
        bound_by_syncs,
        lambda k, reward, gamma, initial_bias=0.0: (
            np.sum(reward * gamma ** np.arange(k + 1)) + initial_bias * gamma ** (k + 1)
        ),
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
    "equivalent_tau": [tau_by_steps, tau_by_algebra],
    "epsilon_greedy": [
        lambda q, epsilon, uniform, random_action: np.choose(
            uniform < epsilon, [q.argmax(-1), random_action]
        ),
        lambda q, epsilon, uniform, random_action: torch.where(
            torch.as_tensor(uniform < epsilon),
            torch.as_tensor(random_action),
            torch.as_tensor(q).argmax(-1),
        ),
        lambda q, epsilon, uniform, random_action: np.where(
            uniform >= epsilon, np.argmax(q, axis=-1), random_action
        ),
        action_by_loop,
        action_by_mask,
    ],
    "linear_schedule": [
        schedule_by_steps,
        lambda step, start, end, duration: start + np.clip(step / duration, 0, 1) * (end - start),
        lambda step, start, end, duration: float(np.interp(step, [0, duration], [start, end])),
        lambda step, start, end, duration: (
            end if step >= duration else start + step * (end - start) / duration
        ),
        lambda step, start, end, duration: end + (start - end) * max(1 - step / duration, 0),
    ],
    "learn_step": [learn_by_loop, learn_and_forget, learn_by_one_hot],
    "td_target": [
        target_by_filling,
        lambda reward, terminated, q_next, gamma: (
            reward
            + gamma
            * torch.einsum(
                "...a,...a->...", q_next, F.one_hot(q_next.argmax(-1), q_next.shape[-1]).float()
            )
            * ~terminated
        ),
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
    "store_": [
        store_by_turns,
        store_by_slices,
    ],
    "minibatch": [batch_by_loop, batch_by_take, batch_by_torch],
    "should_update": [
        lambda step, learning_starts, update_period: (
            False if step < learning_starts else step in range(0, step + 1, update_period)
        ),
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
    "autocorrelation": [
        correlation_by_loop,
        correlation_by_numpy,
        correlation_in_single_precision,
        lambda series, lag: (
            np.einsum(
                "t,t->",
                (series - series.mean())[: len(series) - lag],
                (series - series.mean())[lag:],
            )
            / len(series)
            / np.var(series)
        ),
    ],
    "dqn_update": [update_by_hand, update_by_data, update_by_state],
    "soft_update_": [soft_by_lerp, soft_in_steps, soft_by_data, soft_by_index],
    "td_loss": [
        loss_by_torch,
        loss_by_clamp,
        loss_by_mask,
        loss_in_double_precision,
        lambda q_taken, target, kind="mse": loss_by_torch(target, q_taken, kind),
    ],
    "reachable_share": [
        share_by_loop,
        lambda updates, target_period, gamma: 1 - gamma ** len(range(0, updates, target_period)),
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
        iqm_by_weights,
        lambda scores, axis=0: np.apply_along_axis(iqm_by_loop, axis, scores),
    ],
    "power": [
        power_by_loop,
        lambda differences, effect, draws: np.array(
            [
                np.mean([abs(d.sum()) > 2 * n**0.5 * np.std(d, ddof=1) for d in studies[:, :n]])
                for studies in [(differences - np.mean(differences) + effect)[draws]]
                for n in range(2, len(draws[0]) + 1)
            ]
        ),
        lambda differences, effect, draws: np.array(
            [
                np.mean(abs(some.mean(1)) > 2 * sem(some, axis=1))
                for n in range(2, draws.shape[1] + 1)
                for some in [differences[draws[:, :n]] - differences.mean() + effect]
            ]
        ),
    ],
    "largest_failure_rate": [
        lambda seeds, level=0.95: 1 - np.exp(np.log(1 - level) / seeds),
        lambda seeds, level=0.95: -np.expm1(np.log1p(-level) / seeds),
        lambda seeds, level=0.95: beta(1, seeds).ppf(level),
    ],
    "search_scores": [
        search_by_loop,
        search_at_once,
        lambda studies, seeds: tuple(search_at_once(studies, seeds)),
    ],
    "running_mean": [
        running_by_slices,
        running_by_queue,
        lambda returns, window: (
            np.convolve(returns, np.ones(window))[: len(returns)]
            / np.minimum(np.arange(len(returns)) + 1, window)
        ),
    ],
    "printed_summary": [
        summary_by_statistics,
        lambda returns, every: [
            (sum(seen) / len(seen), math.sqrt(np.cov(seen)))
            for seen in (returns[: every * (n + 1)] for n in range(len(returns) // every))
        ],
        lambda returns, every: np.array(
            [
                np.cumsum(returns) / np.arange(1, len(returns) + 1),
                [np.nan, *(np.std(returns[:n], ddof=1) for n in range(2, len(returns) + 1))],
            ]
        ).T[every - 1 :: every],
    ],
    "mean_returns": [
        means_by_loop,
        lambda seed, returns, seeds, first: [
            np.average(returns[np.flatnonzero(seed == one)[:first]]) for one in seeds
        ],
        lambda seed, returns, seeds, first: np.float32(
            [returns[seed == one][:first].mean() for one in seeds]
        ),
    ],
    "syncs_used": [
        syncs_by_simulation,
        lambda steps, learning_starts, update_period, target_period: (
            (
                len(
                    range(
                        -(-learning_starts // update_period) * update_period,
                        steps + 1,
                        update_period,
                    )
                )
                - 1
            )
            // target_period
        ),
    ],
    "double_td_target": [
        lambda reward, terminated, q_online, q_next, gamma: torch.where(
            terminated,
            reward,
            reward + gamma * (q_next * F.one_hot(q_online.argmax(-1), q_next.shape[-1])).sum(-1),
        ),
        lambda reward, terminated, q_online, q_next, gamma: (
            reward
            + gamma
            * torch.take_along_dim(q_next, q_online.max(-1, True).indices, -1)[..., 0]
            * (1 - terminated.float())
        ),
    ],
    "n_step_return": [
        n_step_by_loop,
        lambda reward, terminated, truncated, v_next, gamma: window_sum(
            reward, terminated, truncated, v_next, gamma
        ),
    ],
    "n_step_bound": [
        lambda k, n, reward, gamma: sum(reward * gamma**i for i in range(n * k + n)),
        lambda k, n, reward, gamma: np.dot(
            np.full(n * k + n, reward), gamma ** np.arange(n * k + n)
        ),
        lambda k, n, reward, gamma: np.polyval([reward] * (n * (k + 1)), gamma),
    ],
    "lambda_return": [
        lambda_by_windows,
        lambda_by_list,
    ],
    "percentile_rank": [
        rank_by_loop,
        lambda score, scores: 100 * np.average([scores < score, scores <= score], axis=(0, 1)),
        lambda score, scores: 50 * ((scores < score).mean(0) + (scores <= score).mean(0)),
        lambda score, scores: 50 * (1 + np.sign(score - scores).mean(axis=0)),
    ],
    "performance_profile": [
        lambda scores, levels: [np.mean(scores > level) for level in levels],
        lambda scores, levels: 1 - np.searchsorted(np.sort(scores), levels, "right") / len(scores),
        lambda scores, levels: np.greater.outer(scores, levels).mean(0),
        lambda scores, levels: (
            np.float32(np.einsum("sl->l", 1 * (scores[:, None] > levels))) / len(scores)
        ),
    ],
    "expected_value": [
        expected_by_updates,
        value_by_periods,
        lambda reward, gamma, learning_rate, updates, target_period: (
            reward
            / (1 - gamma)
            * (
                1
                - (1 - (1 - gamma) * (1 - (1 - 2 * learning_rate) ** target_period))
                ** (updates / target_period)
            )
        ),
    ],
    "broken_rows": [
        broken_by_loop,
        lambda obs, next_obs, ended: (next_obs[:-1] != obs[1:]).any(1) ^ ended[:-1],
        lambda obs, next_obs, ended: (
            np.where(ended[:-1], 0, 1) == np.sign(np.abs(next_obs[:-1] - obs[1:]).sum(axis=1))
        ),
    ],
    "outside_band": [
        outside_by_loop,
        lambda curve, healthy: np.float32(
            np.where((curve < np.amin(healthy, 0)) | (curve > np.amax(healthy, 0)), 1, 0).mean()
        ),
        lambda curve, healthy: np.mean(np.clip(curve, healthy.min(0), healthy.max(0)) != curve),
        lambda curve, healthy: 1 - ((curve >= healthy).any(0) & (curve <= healthy).any(0)).mean(),
    ],
}


@pytest.mark.parametrize(
    ("name", "function"), [(name, f) for name, functions in RIGHT.items() for f in functions]
)
def test_other_right_answers_pass(name, function):
    outcome = check.check(EXERCISES[name], function)
    assert outcome.status == "passes", outcome


STAGES = [(name, answer) for name, answers in stages.RIGHT.items() for answer in answers]


@pytest.mark.parametrize(
    ("name", "answer"), STAGES, ids=lambda part: part if isinstance(part, str) else part.__doc__
)
def test_other_right_stages_pass(name, answer):
    outcome = check.check(EXERCISES[name], answer)
    assert outcome.status == "passes", outcome


@pytest.mark.parametrize(
    ("name", "answer", "status", "mistake"),
    [pytest.param(*row, id=f"{row[0]}-{row[1].__doc__}") for row in stages.AS_WRITTEN],
)
def test_a_wrong_stage_is_named_however_it_is_written(name, answer, status, mistake):
    outcome = check.check(EXERCISES[name], answer)
    assert (outcome.status, outcome.mistake) == (status, mistake), outcome
    assert status == "not attempted" or outcome.text[0]


def critic_with_the_test_reversed(reward, gamma, steps, target_period, change):
    bias = target_bias = 0.0
    biases = []
    for step in range(1, steps + 1):
        bias += change(-2 * (reward + gamma * target_bias - bias))
        biases.append(bias)
        if step % target_period:
            target_bias = bias
    return biases


def critic_counted_from_zero(reward, gamma, steps, target_period, change):
    bias = target_bias = 0.0
    biases = []
    for step in range(steps):
        bias += change(-2 * (reward + gamma * target_bias - bias))
        biases.append(bias)
        if step % target_period == 0:
            target_bias = bias
    return np.array(biases)


def learn_without_no_grad(net, optimizer, batch, gamma):
    obs, action, reward, next_obs, terminated = batch
    y = reward + gamma * net(next_obs).amax(-1) * ~terminated
    loss = ((net(obs)[range(len(action)), action] - y) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def learn_with_zero_grad_late(net, optimizer, batch, gamma):
    obs, action, reward, next_obs, terminated = batch
    y = target_by_loop(reward, terminated, net(next_obs).detach(), gamma)
    loss = F.mse_loss(net(obs).gather(1, action[:, None]).squeeze(1), y)
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()


def learn_with_an_axis_too_many(net, optimizer, batch, gamma):
    obs, action, reward, next_obs, terminated = batch
    y = target_by_loop(reward, terminated, net(next_obs).detach(), gamma)
    optimizer.zero_grad()
    F.mse_loss(net(obs).gather(1, action[:, None]), y).backward()
    optimizer.step()


def update_with_a_new_network(net, target_net, optimizer, batch, number, config):
    learn_towards(net, target_net, optimizer, batch, config)
    if config.tau is not None:
        soft_by_lerp(target_net.parameters(), net.parameters(), config.tau)
    elif number % config.target_period == 0:
        target_net = copy.deepcopy(net)


def update_counted_from_zero(net, target_net, optimizer, batch, number, config):
    learn_towards(net, target_net, optimizer, batch, config)
    if config.tau is not None:
        soft_by_lerp(target_net.parameters(), net.parameters(), config.tau)
    elif (number + 1) % config.target_period == 0:
        target_net.load_state_dict(net.state_dict())


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
    ("train_critic", critic_with_the_test_reversed, "inverted"),
    ("train_critic", critic_counted_from_zero, "one late"),
    (
        "soft_update",
        lambda bias, target_bias, tau: bias + tau * (target_bias - bias),
        "swapped",
    ),
    ("learn_step", learn_without_no_grad, "gradient through the target"),
    ("learn_step", learn_with_zero_grad_late, "no step"),
    ("learn_step", learn_with_an_axis_too_many, "axis kept"),
    ("dqn_update", update_with_a_new_network, "another name"),
    ("dqn_update", update_counted_from_zero, "one early"),
]


@pytest.mark.filterwarnings("ignore:Using a target size")
@pytest.mark.parametrize(("name", "function", "mistake"), AS_WRITTEN)
def test_a_mistake_is_named_however_it_is_written(name, function, mistake):
    assert check.check(EXERCISES[name], function).mistake == mistake


def put_in_the_list(target_params, online_params, tau):
    for i, online in enumerate(online_params):
        target_params[i] = tau * online.detach() + (1 - tau) * target_params[i]


# The numbers are right, and the notebook would stop all the same.
UNUSABLE = [
    ("value_iteration", sweeps_by_loop, "TypeError"),
    ("greedy_policy", lambda q: greedy_by_loop(q).tolist(), "TypeError"),
    (
        "minibatch",
        lambda buffer, added, draws: [part.numpy() for part in batch_by_take(buffer, added, draws)],
        "no tensor",
    ),
    ("minibatch", lambda buffer, added, draws: [column[draws] for column in buffer], "IndexError"),
    (
        "epsilon_greedy",
        lambda q, epsilon, uniform, random_action: (
            1.0 * action_by_mask(q, epsilon, uniform, random_action)
        ),
        "dtype",
    ),
    (
        "learn_step",
        lambda net, optimizer, batch, gamma: np.square(net(batch[0]).numpy()).mean(),
        "RuntimeError",
    ),
    (
        "td_target",
        lambda reward, terminated, q_next, gamma: (
            reward.numpy() + gamma * q_next.numpy().max(-1) * ~terminated.numpy()
        ),
        "no tensor",
    ),
    (
        "td_loss",
        lambda q_taken, target, kind="mse": loss_by_torch(q_taken.detach(), target, kind),
        "no gradient",
    ),
    ("soft_update_", put_in_the_list, "another name"),
]


@pytest.mark.parametrize(("name", "function", "mistake"), UNUSABLE)
def test_right_numbers_that_would_stop_the_notebook_do_not_pass(name, function, mistake):
    outcome = check.check(EXERCISES[name], function)
    assert outcome.status in ("wrong", "raised")
    assert outcome.mistake == mistake


def test_every_exercise_has_other_right_answers():
    assert set(RIGHT) | set(stages.RIGHT) == set(EXERCISES)
