"""The ring against a deque, batches against what was stored, learners against each other."""

from collections import Counter, deque

import numpy as np
import pytest

from dqn_lessons.replay import Replay


def filled(capacity, steps, learners=3, obs_size=2):
    """Every number of a transition says whose it is and when it was stored."""
    replay = Replay(capacity, obs_size, [np.random.default_rng(s) for s in range(learners)])
    for t in range(steps):
        stamp = 1000.0 * np.arange(learners) + t
        obs = np.stack([stamp, -stamp], 1)
        replay.add(obs, np.arange(learners) + t, stamp / 8, obs + 0.5, stamp % 3 == 0)
    return replay


def test_ring_over_three_turns_equals_a_deque():
    replay, reference = filled(5, 0), deque(maxlen=5)
    for t in range(17):
        stamp = 1000.0 * np.arange(3) + t
        reference.append(t)
        replay.add(stamp[:, None] * [1, -1], [t] * 3, stamp / 8, stamp[:, None] * [1, 1], [0] * 3)
        assert len(replay) == len(reference)
        for s in range(3):
            stored = replay.rows["obs"][s, : len(replay), 0] - 1000 * s
            assert sorted(stored) == sorted(reference)


def test_samples_are_stored_transitions_of_the_same_learner():
    batch = filled(7, 24).sample(50 % 8)
    assert batch.obs.shape == (3, 2, 2)
    replay = filled(50, 170)
    batch = replay.sample(50)
    stamp = batch.obs[..., 0]
    learner = np.arange(3)[:, None]
    t = stamp - 1000 * learner
    assert ((t >= 120) & (t < 170)).all()
    assert np.array_equal(batch.obs[..., 1], -stamp)
    assert np.array_equal(batch.next_obs[..., 0], stamp + 0.5)
    assert np.array_equal(batch.reward, stamp / 8)
    assert np.array_equal(batch.action, t + learner)
    assert np.array_equal(batch.terminated, stamp % 3 == 0)
    dtypes = [field.dtype for field in batch]
    assert dtypes == [np.float32, np.int64, np.float32, np.float32, np.bool_]


def test_sampling_is_uniform_and_reaches_both_ends():
    replay, counts = filled(4, 6, learners=1), Counter()
    for _ in range(2500):
        counts.update(replay.sample(4).obs[0, :, 0].tolist())
    assert set(counts) == {2.0, 3.0, 4.0, 5.0}
    assert all(count == pytest.approx(2500, rel=0.1) for count in counts.values())


def test_a_learner_draws_the_same_batches_alone_and_among_others():
    together = filled(20, 30).sample(8)
    alone = Replay(20, 2, [np.random.default_rng(1)])
    alone.rows[0] = filled(20, 30).rows[1]
    alone.added = 30
    assert np.array_equal(alone.sample(8).obs[0], together.obs[1])
    assert not np.array_equal(together.obs[0], together.obs[1] - np.array([1000.0, -1000.0]))


def test_skip_moves_the_luck_as_sampling_does():
    one, two = filled(20, 30), filled(20, 30)
    one.sample(8)
    one.sample(8)
    two.advance_rng(16)
    assert np.array_equal(one.sample(8).obs, two.sample(8).obs)


def test_batches_are_copies():
    replay = filled(3, 3)
    batch = replay.sample(3)
    replay.rows["obs"] = 0
    assert np.abs(batch.obs).sum() > 0


def test_against_stable_baselines3():
    buffers = pytest.importorskip("stable_baselines3.common.buffers")
    spaces = pytest.importorskip("gymnasium").spaces
    box = spaces.Box(-np.inf, np.inf, (2,), np.float32)
    theirs = buffers.ReplayBuffer(5, box, spaces.Discrete(99), handle_timeout_termination=False)
    ours = filled(5, 0, learners=1)
    for t in range(13):
        obs = np.array([[t, -t]], np.float32)
        theirs.add(obs, obs + 1, np.array([t]), np.array([t / 2]), np.array([t % 4 == 0]), [{}])
        ours.add(obs, [t], [t / 2], obs + 1, [t % 4 == 0])
    rows = ours.rows[0]
    assert np.array_equal(rows["obs"], theirs.observations[:, 0])
    assert np.array_equal(rows["next_obs"], theirs.next_observations[:, 0])
    assert np.array_equal(rows["action"], theirs.actions[:, 0, 0])
    assert np.array_equal(rows["reward"], theirs.rewards[:, 0])
    assert np.array_equal(rows["terminated"], theirs.dones[:, 0].astype(bool))


def test_memory_is_stated_and_refused_in_time():
    replay = filled(10, 0)
    assert replay.nbytes == replay.rows.nbytes
    with pytest.raises(ValueError, match=r"takes .* bytes: it must be at most 2,147,483,648"):
        Replay(10**9, 4, [np.random.default_rng(0)])


def test_too_much_is_refused():
    with pytest.raises(ValueError, match="batch_size = 4 and 3 transitions are stored"):
        filled(10, 3).sample(4)
    with pytest.raises(ValueError, match=r"in \[1, 2\]\. Ask for fewer"):
        filled(2, 9).sample(3)
    with pytest.raises(ValueError, match="batch_size = 0"):
        filled(2, 9).sample(0)
    with pytest.raises(ValueError, match="capacity = 0"):
        filled(0, 0)
