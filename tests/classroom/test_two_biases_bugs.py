"""Bugs of Double DQN and of n-step windows, planted in the one loop: each is named.

The clinic's cases have neither, so these are no cases of it. `clinic.report` names what is wrong
with a target; windows made in plain Python name what is wrong with the replay buffer's.
"""

from types import SimpleNamespace

import numpy as np
import pytest

import dqn_lessons.train as loop
from dqn_classroom import clinic
from dqn_classroom.clinic.inject import Edit
from dqn_lessons.config import DQNConfig
from dqn_lessons.replay import Replay, Transition

DOUBLE, THREE_STEPS = {"double": True}, {"n_step": 3}
NETWORKS = "[self.online(batch.next_obs), q_next]"
OF_TARGETS = {
    "networks of Double DQN swapped": (DOUBLE, NETWORKS, "[q_next, self.online(batch.next_obs)]"),
    "the best action of this state for that of the next": (
        DOUBLE,
        NETWORKS,
        "[self.online(batch.obs), q_next]",
    ),
    "online network for the target": (DOUBLE, "self.target(batch", "self.online(batch"),
    "γ instead of γ^n": (THREE_STEPS, "_tensor(self.replay.discount)", "config.gamma"),
}
OF_WINDOWS = {
    "crosses an end": ('rows["ended"][at] | (window ==', "(window =="),
    "crosses the write position": (
        " | (window == write_index(self.added - 1, self.capacity))",
        "",
    ),
    "γ instead of γ^n": ("self.gamma**steps", "self.gamma + 0 * steps"),
    "γ^n where it was cut": ("self.gamma**steps", "self.gamma ** (self.n_step + 0 * steps)"),
    "truncation is an end": ('last["terminated"]', 'last["ended"]'),
}


def update_of_the_loop(**new):
    """The loop's gradient as it is now, as an update that can be brought."""

    def update(batch, online, target, optimizer, gamma):
        discount = batch.discount if new == THREE_STEPS else gamma
        online.flat_grad = SimpleNamespace(fill=lambda _zero: optimizer.zero_grad())
        run = SimpleNamespace(
            config=DQNConfig(gamma=gamma, **new),
            replay=SimpleNamespace(discount=discount),
            online=online,
            target=target,
        )
        loop.Run.autograd_gradients(run, Transition(*batch), None)
        optimizer.step()

    return update


@pytest.mark.parametrize(("new", "said"), [(DOUBLE, "Double DQN"), (THREE_STEPS, "n-step targets")])
def test_without_a_bug_it_is_healthy(new, said):
    report = clinic.report(update_of_the_loop(**new))
    assert report.like == ("healthy",), report.card
    assert any(line.startswith(said) for line in report.aims.dialect)


@pytest.mark.parametrize("name", OF_TARGETS)
def test_a_bug_of_the_target_is_named(name):
    new, *edit = OF_TARGETS[name]
    with clinic.injected([Edit("train.Run.autograd_gradients", *edit)]):
        report = clinic.report(update_of_the_loop(**new))
    assert report.like == (name,), report.card


def window(kept, first, n, gamma, bug):
    """Return, discount, what comes after and whether it ends, of steps ``(reward, after, end)``.

    The oldest step comes first, and after the newest one in the ring.
    """
    total, made, over = 0.0, 0, False
    while not over:
        reward, after, end = kept[(first + made) % len(kept)]
        total += gamma**made * reward
        made += 1
        newest = (first + made) % len(kept) == 0
        over = made == n or (bool(end) and bug != "crosses an end")
        over |= newest and bug != "crosses the write position"
    power = {"γ instead of γ^n": 1, "γ^n where it was cut": n}.get(bug, made)
    ends = bool(end) if bug == "truncation is an end" else end == "terminated"
    return total, gamma**power, after, ends


@pytest.mark.parametrize("name", ["healthy", *OF_WINDOWS])
def test_a_bug_of_the_windows_is_named(name):
    capacity, n, gamma, rng = 40, 3, 0.9, np.random.default_rng(0)
    each = SimpleNamespace(random=lambda out: np.divide(np.arange(40) + 0.5, 40, out=out))
    replay, steps = Replay(capacity, 1, [each], n, gamma), []
    for t in range(100):
        end = rng.choice(["", "", "", "terminated", "truncated"]) if t < 98 else ""
        steps.append((rng.normal(), t + 0.5, end))
        ended = [[end == "terminated"], [bool(end)]]
        replay.add([[t]], [t], [steps[-1][0]], [[t + 0.5]], *map(np.array, ended))
    kept = steps[-capacity:]
    edits = [Edit("replay.Replay._lengthen", *OF_WINDOWS[name])] if name in OF_WINDOWS else []
    with clinic.injected(edits):
        batch = replay.sample(capacity)
    found = np.stack([batch.reward, replay.discount + 0 * batch.reward, batch.next_obs[..., 0],
                      batch.terminated], -1)[0]  # fmt: skip
    explains = []
    for bug in ("healthy", *OF_WINDOWS):
        rows = [window(kept, t - (100 - capacity), n, gamma, bug) for t in batch.action[0]]
        explains += [bug] * np.allclose(found, rows, atol=1e-5)
    assert explains == [name]
