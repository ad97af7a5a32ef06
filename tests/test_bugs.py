"""Bugs of published DQN code, planted in the one loop: each is caught by the check that names it.

A bug is an edit of one function's source. The sources of the bugs are listed with the lessons.
"""

import inspect
import textwrap
from dataclasses import replace

import numpy as np
import pytest
import torch

import dqn_lessons.train as loop
from dqn_lessons import envs, replay, td
from tests import _gym_helpers as helpers


def one_state():
    """Values of lesson 1 that only the right update gives: 5.9099, 27.8713 and 2."""
    for period in (50, 1):
        values = helpers.one_state(target_period=period)
        assert values == pytest.approx([helpers.closed_form(period)], rel=1e-4)
    assert helpers.one_state(target_period=1_000) == pytest.approx([2], abs=1e-3)


def batches():
    """Two rows that say the same teach what one row teaches."""
    two = helpers.one_state(batch_size=2, replay_capacity=2, learning_starts=2, steps=151)
    assert two == pytest.approx([helpers.closed_form()], rel=1e-4)


def learners_apart():
    """Sixteen learners each take the step that one alone takes."""
    assert helpers.one_state(seeds=range(16)) == pytest.approx(16 * [helpers.closed_form()], 1e-4)


def terminal_mask():
    """Nothing follows the end."""
    assert helpers.one_state("dqn_lessons/OneStateEnd-v0") == pytest.approx([2], abs=1e-3)


def trained(world, **changes):
    config = replace(helpers.PROBE, env_id=f"dqn_lessons/{world}-v0", **changes)
    return loop.train(config, [0], td_target=td.td_target, progress=False)


def exact(*worlds):
    for world in worlds:
        obs, truth = envs.exact_q(f"dqn_lessons/{world}-v0", helpers.PROBE.gamma)
        run = trained(world, steps=4_000 if world == "Corridor" else helpers.PROBE.steps)
        with torch.no_grad():
            learned = run.online(torch.from_numpy(obs)[None])[0]
        np.testing.assert_allclose(learned, truth, atol=0.05)
        assert (run.history.eval_return[:, -1] == best(world)).all(), "greedy is not the best"


def best(world):
    """What a greedy player of the exact values earns, evaluated on the loop's episodes."""
    return {"Clock": 10}.get(world, 1)


def probes():
    """Values and greedy play in worlds that can be solved exactly."""
    exact("DelayedReward", "ActionReward", "ObservationAction", "Corridor")


def truncation():
    """The clock stops the episode, not the future."""
    exact("Clock")


def episodes():
    """Every episode of the clock is ten steps long, every one begins afresh."""
    table = trained("Clock", steps=400).history.episodes
    assert set(table["length"]) == {10}
    assert len(table) == 40
    catch = trained("Catch", steps=400, replay_capacity=400)
    rows = catch.replay.rows[0]
    assert set(catch.history.episodes["length"]) == {9}
    begins = rows["obs"].reshape(-1, 10, 5)[:, 0].any(1)
    assert begins.sum() == 45, "one row in nine begins an episode"
    assert len(np.unique(rows["obs"][begins], axis=0)) == 5, "all five starts are met"


def transitions():
    """Each stored row is one true step of the world, in order; only true ends are marked."""
    run = trained("Catch", steps=360, replay_capacity=360)
    rows = run.replay.rows[0]
    ball = rows["obs"].reshape(-1, 10, 5)[:, :-1].any(2).argmax(1)
    after = rows["next_obs"].reshape(-1, 10, 5)
    assert (after[rows["terminated"]][:, -1].sum(1) <= 2).all()
    falls = after[~rows["terminated"]][:, :-1].any(2).argmax(1)
    assert (falls == ball[~rows["terminated"]] + 1).all(), "a ball falls one row per step"
    assert (rows["terminated"] == (ball == 8)).all()
    assert ((rows["reward"] != 0) == rows["terminated"]).all()


def ring():
    """Over three turns the buffer holds the last of what was added."""
    memory = replay.Replay(5, 1, [np.random.default_rng(0)])
    for i in range(17):
        one = np.array([i])
        memory.add(one[:, None], one, one, one[:, None] + 1, np.array([False]))
        assert len(memory) == min(i + 1, 5)
        assert sorted(memory.rows["action"][0, : len(memory)]) == list(range(max(i - 4, 0), i + 1))
    drawn = memory.sample(5).action
    assert set(drawn.flatten().tolist()) <= set(range(12, 17))


def exploration():
    """Epsilon starts at its start, ends at its end, is counted in steps, and is the risk taken."""
    run = trained("Clock", steps=400, epsilon_end=0.1, epsilon_duration=200)
    epsilon = run.history.episodes["epsilon"]
    assert epsilon[0] == pytest.approx(1 - 0.9 * 9 / 200)
    assert epsilon[9] == pytest.approx(1 - 0.9 * 99 / 200)
    assert epsilon[-1] == pytest.approx(0.1)
    seldom = trained("ActionReward", epsilon_start=0.1, epsilon_end=0.1)
    assert seldom.history.episodes["return"][-500:].mean() == pytest.approx(0.9, abs=0.1)


def updates():
    """One update per step from the moment that enough is stored, never before."""
    run = trained("Clock", steps=400)
    assert run.updates == 400 - 100 + 1


def independence():
    """A learner among others is what it is alone; its luck is its own."""
    config = replace(helpers.PROBE, env_id="CartPole-v1", steps=60, learning_starts=32)
    together = loop.train(config, [3, 4], progress=False)
    alone = loop.train(config, [4], progress=False)
    ours = together.history.episodes
    assert list(ours[ours["seed"] == 4]["return"]) == list(alone.history.episodes["return"])
    for mine, theirs in zip(together.online.parameters(), alone.online.parameters(), strict=True):
        torch.testing.assert_close(mine[1], theirs[0], atol=1e-4, rtol=1e-3)


CHECKS = [
    one_state,
    batches,
    learners_apart,
    terminal_mask,
    probes,
    truncation,
    episodes,
    transitions,
    ring,
    exploration,
    updates,
    independence,
]

LEARN, TARGET, LOSS = (loop.Run, "learn"), (td, "td_target"), (td, "td_loss")
TRAIN, INIT = (loop, "train"), (loop.Run, "__init__")
LENGTH, SAMPLE, TAKEN = (replay.Replay, "__len__"), (replay.Replay, "sample"), (td, "taken_values")
BEGIN, EPSILON = (loop.Run, "begin_episodes"), (loop, "_epsilon")

# name -> the check that must catch it, and the edits: where, what is replaced, by what
BUGS = {
    "no terminal mask": (terminal_mask, (TARGET, " * ~terminated", "")),
    "mask inverted": (one_state, (TARGET, "~terminated", "terminated")),
    "mask on the reward too": (
        terminal_mask,
        (TARGET, "reward + gamma * q_next.amax(-1)", "(reward + gamma * q_next.amax(-1))"),
    ),
    "no discount": (one_state, (TARGET, "gamma * q_next", "q_next")),
    "mean instead of max": (probes, (TARGET, "amax(-1)", "mean(-1)")),
    "max over the batch": (probes, (TARGET, "amax(-1)", "amax((-2, -1)).unsqueeze(-1)")),
    "truncation is an end": (truncation, (TRAIN, "next_obs, terminated)", "next_obs, ended)")),
    "no reset after truncation": (
        episodes,
        (TRAIN, "if ended.any():", "if terminated.any():"),
    ),
    "gradient through a shared target": (
        one_state,
        (LEARN, "with torch.no_grad():", "if True:"),
        (LEARN, "self.target(batch", "self.online(batch"),
    ),
    "online network for the target": (one_state, (LEARN, "self.target(batch", "self.online(batch")),
    "never synced": (one_state, (LEARN, "self.updates % config.target_period == 0", "False")),
    "synced at every update": (
        one_state,
        (LEARN, "self.updates % config.target_period == 0", "True"),
    ),
    "synced the wrong way": (
        one_state,
        (LEARN, "td.hard_update_(*self._params)", "td.hard_update_(*self._params[::-1])"),
    ),
    "target by reference": (
        one_state,
        (INIT, "copy.deepcopy(self.online).requires_grad_(False)", "self.online"),
    ),
    "epsilon for gamma": (one_state, (LEARN, "config.gamma", "config.epsilon_end")),
    "sum instead of mean": (batches, (LOSS, ".mean(-1)", ".sum(-1)")),
    "learners share a mean": (learners_apart, (LEARN, "loss.sum()", "loss.mean()")),
    "[B] against [B, 1]": (one_state, (TAKEN, ".squeeze(-1)", "")),
    "gradients pile up": (one_state, (LEARN, "param.grad = None", "pass")),
    "the newest is dropped": (
        ring,
        ((replay, "ring_row"), "added % capacity", "min(added, capacity - 1)"),
    ),
    "never full": (ring, (LENGTH, "min(self.added, self.capacity)", "self.added")),
    "full from the start": (ring, (LENGTH, "min(self.added, self.capacity)", "self.capacity")),
    "one learner's rows for all": (independence, (SAMPLE, " + self._first_row", "")),
    "one luck for all learners": (
        independence,
        (INIT, "_rng(s.replay) for s in streams", "_rng(streams[0].replay) for s in streams"),
    ),
    "observation overwritten": (
        transitions,
        (TRAIN, "run.replay.add(run.obs,", "run.replay.add(next_obs,"),
    ),
    "rows of the autoreset are stored": (
        transitions,
        ((loop, "make_envs"), "AutoresetMode.DISABLED", "AutoresetMode.NEXT_STEP"),
        (TRAIN, "run.begin_episodes(ended)", "pass"),
    ),
    "every episode the same": (
        episodes,
        (BEGIN, "reset(options", "reset(seed=[0] * len(self.seeds), options"),
    ),
    "epsilon never decays": (exploration, (EPSILON, "run.step if", "0 if")),
    "epsilon decays per episode": (
        exploration,
        (EPSILON, "run.step if", "run.records.episode_count if"),
    ),
    "epsilon jumps to its end": (exploration, (EPSILON, "config.epsilon_duration", "1")),
    "explores when it should not": (
        exploration,
        ((td, "epsilon_greedy"), "explore < epsilon", "explore >= epsilon"),
    ),
    "learns before the buffer is warm": (
        updates,
        ((td, "update_is_due"), "step >= learning_starts", "True"),
    ),
    "evaluates the worst action": (probes, ((loop, "evaluate"), "q.argmax(-1)", "q.argmin(-1)")),
}


# Bugs that never get as far as a wrong number: the loop refuses them, in these words.
REFUSED = {
    "gradient through a shared target": "target carries a gradient",
    "[B] against [B, 1]": "row shapes differ",
    "target by reference": "shares its memory",
}


def plant(monkeypatch, where, old, new):
    """Replace ``old`` by ``new`` in the source of one function, for the length of a test."""
    owner, name = where
    original = inspect.getattr_static(owner, name)
    source = getattr(original, "source", None) or textwrap.dedent(inspect.getsource(original))
    assert source.count(old) == 1, f"{old!r} stands {source.count(old)} times in {name}"
    source = source.replace(old, new)
    namespace = dict(inspect.unwrap(original).__globals__)
    exec("from __future__ import annotations\n" + source, namespace)
    namespace[name].source = source  # the next edit goes on from here
    monkeypatch.setattr(owner, name, namespace[name])


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_healthy_loop_passes(check):
    check()


@pytest.mark.parametrize("name", BUGS)
def test_each_bug_is_caught_by_the_check_that_names_it(name, monkeypatch):
    check, *edits = BUGS[name]
    for edit in edits:
        plant(monkeypatch, *edit)
    words = REFUSED.get(name)
    with pytest.raises(ValueError if words else AssertionError, match=words):
        check()


def test_every_check_is_needed():
    assert {check for check, *_ in BUGS.values()} == set(CHECKS)
