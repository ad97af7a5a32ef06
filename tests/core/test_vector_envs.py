"""Environments side by side: the truth about ends, each with its own random draws."""

from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest

from dqn_lessons import envs, vector_envs
from dqn_lessons.config import DQNConfig
from dqn_lessons.experiments import checkpoint
from dqn_lessons.rng import RngStreams
from dqn_lessons.train import Run
from tests.core import gym_helpers  # noqa: F401


def balanced(obs, rng, lazy):
    """A policy that reaches the time limit; a lazy one falls."""
    action = (obs @ [0.1, 0.3, 3.0, 1.0] > 0).astype(np.int64)
    lazy = rng.random(len(obs)) < lazy
    return np.where(lazy, rng.integers(0, 2, len(obs)), action)


@pytest.mark.parametrize("count", [1, 6])
def test_the_fast_cartpoles_are_gymnasium_s_single_ones(count):
    seeds, rng = list(range(count)), np.random.default_rng(0)
    fast = vector_envs.make_envs("CartPole-v1", count)
    single = [gym.make("CartPole-v1") for _ in seeds]
    obs, _ = fast.reset(seed=seeds)
    truth = np.stack([env.reset(seed=s)[0] for env, s in zip(single, seeds, strict=True)])
    ends = np.zeros(2, int)
    for step in range(5000):
        np.testing.assert_array_equal(obs, truth)
        action = balanced(obs, rng, lazy=0.5 * (step // 1000 % 2))
        obs, reward, terminated, truncated, _ = fast.step(action)
        results = [env.step(int(a)) for env, a in zip(single, action, strict=True)]
        np.testing.assert_array_equal(obs, [r[0] for r in results])
        assert (reward == 1).all()
        assert terminated.tolist() == [r[2] for r in results]
        assert truncated.tolist() == [r[3] for r in results]
        ends += terminated.sum(), truncated.sum()
        if (terminated | truncated).any():
            obs, _ = fast.reset(options={"reset_mask": terminated | truncated})
        truth = np.stack(
            [
                env.reset()[0] if r[2] or r[3] else r[0]
                for env, r in zip(single, results, strict=True)
            ]
        )
    assert ends.min() >= 3  # both kinds of end were seen


def test_where_gymnasium_changes_its_physics_its_own_are_taken(monkeypatch):
    assert vector_envs._physics_is_known()

    def step(self, action):
        ended = np.zeros(self.num_envs, bool)
        return self.state.T, np.full(self.num_envs, 2.0), ended, ended, {}

    monkeypatch.setattr(vector_envs.CartPoleVectorEnv, "step", step)
    vector_envs._physics_is_known.cache_clear()
    envs = vector_envs.make_envs("CartPole-v1", 2)
    envs.reset(seed=[0, 1])
    assert envs.step(np.array([0, 1]))[1].tolist() == [2, 2]
    monkeypatch.undo()
    vector_envs._physics_is_known.cache_clear()


@pytest.mark.parametrize("name", [*envs.TABULAR_MDPS])
def test_tables_at_once_are_the_single_environments(name):
    seeds, rng = list(range(5)), np.random.default_rng(1)
    fast = vector_envs.make_envs(f"dqn_lessons/{name}", 5)
    single = [gym.make(f"dqn_lessons/{name}") for _ in seeds]
    obs, _ = fast.reset(seed=seeds)
    truth = np.stack([env.reset(seed=s)[0] for env, s in zip(single, seeds, strict=True)])
    for _ in range(300):
        np.testing.assert_array_equal(obs, truth)
        action = rng.integers(0, fast.single_action_space.n, 5)
        obs, *rest, _ = fast.step(action)
        results = [env.step(int(a)) for env, a in zip(single, action, strict=True)]
        for i, field in enumerate([obs, *rest]):
            np.testing.assert_array_equal(field, [r[i] for r in results])
        ended = rest[1] | rest[2]
        if ended.any():
            obs, _ = fast.reset(options={"reset_mask": ended})
        pairs = zip(single, results, ended, strict=True)
        truth = np.stack([env.reset()[0] if end else r[0] for env, r, end in pairs])


@pytest.mark.parametrize("env_id", ["CartPole-v1", "Acrobot-v1", "tests/TimeLimit-v0"])
def test_an_environment_depends_on_its_own_seed_only(env_id):
    def play(seeds, actions):
        envs, seen = vector_envs.make_envs(env_id, len(seeds)), []
        obs, _ = envs.reset(seed=seeds)
        for action in actions:
            obs, _, terminated, truncated, _ = envs.step(action)
            seen.append(obs[0])
            if (terminated | truncated).any():
                obs, _ = envs.reset(options={"reset_mask": terminated | truncated})
                seen.append(obs[0])
        return np.array([s for s in seen if not np.array_equal(s, seen[0])])

    actions = np.random.default_rng(0).integers(0, 2, (300, 3))
    others = np.concatenate([actions[:, :1], 1 - actions[:, 1:]], axis=1)
    one, two = play([5, 6, 7], actions), play([5, 1, 2], others)
    alone = play([5], actions[:, :1])
    for each in (one, two):  # rows are repeated when *others* reset, so compare what is new
        assert {row.tobytes() for row in each} == {row.tobytes() for row in alone}


@pytest.mark.parametrize(
    "env_id", ["CartPole-v1", "Acrobot-v1", "tests/TimeLimit-v0", "dqn_lessons/Corridor-v0"]
)
def test_rebuilding_leads_to_the_same_future(env_id):
    rng, envs = np.random.default_rng(3), vector_envs.make_envs(env_id, 3)
    seeds = [4, 5, 6]
    states, pasts = [vector_envs.seed_state(s) for s in seeds], [[], [], []]
    envs.reset(seed=seeds)

    def advance(envs, action):
        obs, reward, terminated, truncated, _ = envs.step(action)
        ended = terminated | truncated
        for i in range(3):
            pasts[i].append(action[i])
            if ended[i]:
                states[i], pasts[i] = vector_envs.rng_state(envs.envs[i]), []
        if ended.any():
            obs, _ = envs.reset(options={"reset_mask": ended})
        return np.concatenate([obs.ravel(), reward, ended])

    actions = rng.integers(0, 2, (120, 3))
    for action in actions[:61]:
        advance(envs, action)
    again = vector_envs.make_envs(env_id, 3)
    seen = np.zeros((3, *again.single_observation_space.shape), np.float32)
    checkpoint._replay_episodes(again, list(states), [list(past) for past in pasts], seen)
    ours = [advance(envs, action) for action in actions[61:]]
    theirs = [advance(again, action) for action in actions[61:]]
    np.testing.assert_array_equal(ours, theirs)


class Slippery(gym.envs.classic_control.CartPoleEnv):
    """A CartPole whose reward is one's own."""

    def step(self, action):
        obs, _, *rest = super().step(action)
        return obs, float(obs[0]), *rest


PLAIN = gym.spec("CartPole-v1")
NEGATED = gym.wrappers.TransformReward.wrapper_spec(func=np.negative)
OTHERS = {
    "keywords": {"kwargs": {"sutton_barto_reward": True}},
    "wrappers": {"additional_wrappers": (NEGATED,)},
    "a class of one's own": {"entry_point": Slippery},
    "another vector class": {"vector_entry_point": None},
    "no time limit": {"max_episode_steps": None},
    "another time limit": {"max_episode_steps": 17},
}


@pytest.mark.parametrize("changes", OTHERS.values(), ids=OTHERS)
def test_what_is_not_quite_cartpole_is_not_trained_as_cartpole(changes, monkeypatch):
    spec = replace(PLAIN, id="tests/NotQuite-v0", **changes)
    monkeypatch.setitem(gym.registry, "tests/NotQuite-v0", spec)
    run = Run(DQNConfig(env_id="tests/NotQuite-v0", steps=10), [0, 1])
    seeds = [RngStreams.spawn(seed).env_seed() for seed in (0, 1)]
    singles = [gym.make("tests/NotQuite-v0") for _ in seeds]
    obs = [env.reset(seed=seed)[0] for env, seed in zip(singles, seeds, strict=True)]
    np.testing.assert_array_equal(run.obs, obs)
    rng = np.random.default_rng(0)
    for _ in range(60):
        action = rng.integers(0, 2, 2)
        ours = run.envs.step(action)[:4]
        theirs = [env.step(int(a)) for env, a in zip(singles, action, strict=True)]
        for i in range(4):
            np.testing.assert_array_equal(ours[i], [single[i] for single in theirs])
        if (ended := ours[2] | ours[3]).any():
            run.envs.reset(options={"reset_mask": ended})
            [env.reset() for env, end in zip(singles, ended, strict=True) if end]


def test_what_cannot_be_learned_is_refused_in_a_sentence():
    with pytest.raises(ValueError, match="Discrete from 0"):
        vector_envs.make_envs("tests/Unusable-v0", 1)
    with pytest.raises(ValueError, match="a Box with one axis"):
        vector_envs.make_envs("tests/Picture-v0", 1)
    with pytest.raises(ValueError, match="a Box with one axis"):
        vector_envs.make_envs("tests/Blind-v0", 1)
    with pytest.raises(ValueError, match="env_id = "):
        vector_envs.make_envs("NoSuchWorld-v0", 1)
