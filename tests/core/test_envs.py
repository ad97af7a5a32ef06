"""Our small MDPs: Gymnasium's own checker, exact values by other means, and learning them."""

from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium.utils.env_checker import check_env

from dqn_classroom.clinic.probes import SMALL
from dqn_lessons import envs
from dqn_lessons.experiments.policies import rollout
from dqn_lessons.train import train

IDS = [f"dqn_lessons/{name}" for name in envs.TABULAR_MDPS]
EACH = pytest.mark.parametrize("env_id", IDS)


@EACH
@pytest.mark.filterwarnings("error")
def test_gymnasiums_checker_has_nothing_to_say(env_id):
    check_env(gym.make(env_id, render_mode="rgb_array").unwrapped)


@EACH
@pytest.mark.parametrize("gamma", [0.0, 0.9, 0.99])
def test_exact_q_is_the_fixed_point_that_value_iteration_finds(env_id, gamma):
    mdp = envs.TABULAR_MDPS[env_id.split("/")[1]][0]()
    obs, q = envs.exact_q(env_id, gamma)
    again = np.zeros_like(mdp.reward)
    for _ in range(3_000):
        again = mdp.reward + gamma * ~mdp.terminated * again.max(1)[mdp.next_state]
    rows = [np.flatnonzero((mdp.obs == row).all(1)) for row in obs]
    for values, same in zip(q, rows, strict=True):  # some states look alike
        assert any(np.allclose(values, again[n], atol=1e-9) for n in same)


def test_exact_q_by_hand():
    def q(name, gamma=0.5):
        return envs.exact_q(f"dqn_lessons/{name}-v0", gamma)[1].tolist()

    assert q("DelayedReward") == [[0.5], [1]]
    assert q("ActionReward") == [[-1, 1]]
    assert q("ObservationAction") == [[1, -1], [-1, 1]]
    assert q("TimeLimit") == [[2]]
    assert q("TimeLimitAsEnd")[-3:] == [[1.75], [1.5], [1]]
    assert q("OneState", 0.99) == [[pytest.approx(200)]]
    assert q("OneStateEnd") == [[2]]
    corridor = np.array(q("Corridor", 0.9))
    np.testing.assert_allclose(corridor[:, 1], 0.9 ** np.arange(18, -1, -1))
    assert len(envs.exact_q("dqn_lessons/Catch-v0", 0.5)[0]) == 5 + 15 + 7 * 25, (
        "a paddle needs time to move"
    )


def play(env_id, choose, seed=0):
    """One episode: returns, and the rewards and ends on the way."""
    env = gym.make(env_id)
    obs, _ = env.reset(seed=seed)
    steps, over = [], False
    while not over:
        obs, reward, terminated, truncated, _ = env.step(choose(obs))
        steps.append((reward, terminated, truncated))
        over = terminated or truncated
    return steps


def below_the_ball(obs):
    board = obs.reshape(10, 5)
    ball, paddle = board[:-1].sum(0).argmax(), board[-1].argmax()
    return 1 + int(np.sign(ball - paddle))


def away_from_the_ball(obs):
    return 0 if below_the_ball(obs) == 2 else 2


def test_catch_by_its_rules():
    starts = {gym.make("dqn_lessons/Catch-v0").reset(seed=seed)[0].tobytes() for seed in range(60)}
    assert len(starts) == 5
    for seed in range(10):
        caught = play("dqn_lessons/Catch-v0", below_the_ball, seed)
        assert caught == [(0, False, False)] * 8 + [(1, True, False)]
        missed = play("dqn_lessons/Catch-v0", away_from_the_ball, seed)
        assert missed == [(0, False, False)] * 8 + [(-1, True, False)]
    env = gym.make("dqn_lessons/Catch-v0")
    obs, _ = env.reset(seed=0)
    for action in (0, 0, 0, 2):
        obs = env.step(action)[0]
    assert obs.reshape(10, 5)[-1].tolist() == [0, 1, 0, 0, 0], "the wall stops the paddle"
    assert obs.reshape(10, 5)[4].sum() == 1, "the ball has fallen four rows"


def test_a_greedy_player_of_the_exact_values_always_catches():
    seen, q = envs.exact_q("dqn_lessons/Catch-v0", 0.9)
    table = {row.tobytes(): int(values.argmax()) for row, values in zip(seen, q, strict=True)}
    for seed in range(20):
        steps = play("dqn_lessons/Catch-v0", lambda obs: table[obs.tobytes()], seed)
        assert steps[-1][0] == 1


def test_the_time_limit_truncates_and_its_twin_terminates():
    assert play("dqn_lessons/TimeLimit-v0", lambda _: 0) == [(1, False, False)] * 9 + [
        (1, False, True)
    ]
    twin = play("dqn_lessons/TimeLimitAsEnd-v0", lambda _: 0)
    assert twin == [(1, False, False)] * 9 + [(1, True, False)]


def test_pictures_show_what_is_seen():
    episode = rollout("dqn_lessons/Catch-v0", below_the_ball, seed=1)
    assert len(episode.frames) == 10
    assert episode.frames[0].shape == (10 * 24, 5 * 24, 3)
    assert (episode.frames[0] == 40).any()
    assert not np.array_equal(episode.frames[0], episode.frames[1])


def test_an_unknown_mdp_is_refused_by_name():
    with pytest.raises(ValueError, match=r"CartPole-v1.*Corridor-v0"):
        envs.exact_q("CartPole-v1", 0.9)
    with pytest.raises(ValueError, match="gamma = 1"):
        envs.exact_q(IDS[0], 1.0)


# Small enough for these MDPs, and always exploring.
PROBE = replace(SMALL, steps=1_500)
NAMES = [
    name.removesuffix("-v0")
    for name in envs.TABULAR_MDPS
    if name not in ("Catch-v0", "Corridor-v0", "NoisyChain-v0", "Doors-v0")
]


@pytest.mark.parametrize("name", NAMES)
def test_dqn_learns_each_probe(name):
    env_id = f"dqn_lessons/{name}-v0"
    obs, truth = envs.exact_q(env_id, PROBE.gamma)
    run = train(replace(PROBE, env_id=env_id), [0, 1], progress=False)
    with torch.no_grad():
        learned = run.online(torch.from_numpy(obs).expand(2, -1, -1)).numpy()
    if name == "TimeLimitAsEnd":
        # Ten states that look alike: each is met as often, and one in ten ends.
        truth = np.full_like(truth, 1 / (1 - PROBE.gamma * 0.9))
        np.testing.assert_allclose(learned, np.stack([truth] * 2), rtol=0.1)
        return
    np.testing.assert_allclose(learned, np.stack([truth] * 2), atol=0.05)
