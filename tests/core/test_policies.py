"""Rollouts repeat, and animations are small and real."""

import io

import numpy as np
import pytest
import torch
from PIL import Image, ImageSequence

from dqn_classroom import shipped
from dqn_classroom.figures import animate, film_of
from dqn_lessons.config import DQNConfig
from dqn_lessons.experiments import policies
from dqn_lessons.experiments.flight_recorder import FlightRecorder
from dqn_lessons.train import train


@pytest.fixture(scope="module")
def policy():
    return policies.greedy_policy(shipped.ShippedRun("solve_cartpole", "agent").weights(0))


@pytest.fixture(scope="module")
def trained(policy):
    return policies.rollout("CartPole-v1", policy, seed=0)


def test_the_shipped_agent_holds_the_pole(policy):
    episodes = [policies.rollout("CartPole-v1", policy, seed, render=False) for seed in range(5)]
    assert np.mean([episode.episode_return for episode in episodes]) >= 475
    assert not any(episode.terminated for episode in episodes if len(episode.rewards) == 500)


def test_a_random_agent_does_not():
    policy = policies.random_policy(2, np.random.default_rng(0))
    episodes = [policies.rollout("CartPole-v1", policy, seed, render=False) for seed in range(30)]
    assert all(episode.terminated for episode in episodes)
    assert np.mean([episode.episode_return for episode in episodes]) < 60


def test_another_environment_by_one_string():
    policy = policies.random_policy(3, np.random.default_rng(0))
    episode = policies.rollout("Acrobot-v1", policy, seed=0, render=False)
    assert episode.episode_return == -500 or episode.terminated


def test_a_rollout_repeats_to_the_byte(policy):
    pair = [policies.rollout("CartPole-v1", lambda obs: 0, seed=3) for _ in range(2)]
    one, two = (animate([episode], "x").png for episode in pair)
    assert one == two
    other = policies.rollout("CartPole-v1", policy, seed=4, render=False)
    assert other.frames == []


def test_there_is_a_picture_before_the_first_step_and_after_the_last(trained):
    assert len(trained.frames) == len(trained.rewards) + 1


def test_five_hundred_steps_are_small_and_move(trained):
    animation = animate([trained], "a pole", every=2)
    assert len(trained.rewards) == 500
    assert len(animation.png) < 350_000  # a third more once it is text in a notebook
    picture = Image.open(io.BytesIO(animation.png))
    assert picture.n_frames > 100
    assert picture.size == (300, 200)


def test_two_agents_stand_side_by_side_and_the_shorter_waits(trained):
    short = policies.rollout("CartPole-v1", lambda obs: 0, seed=0)
    picture = Image.open(io.BytesIO(animate([short, trained], "two", every=50).png))
    assert picture.size == (600, 200)
    # Pictures that are alike are stored as one that lasts longer.
    shown = sum(frame.info["duration"] for frame in ImageSequence.Iterator(picture))
    assert shown == 11 * 40


def test_it_shows_itself_with_its_words():
    episode = policies.rollout("CartPole-v1", lambda obs: 0, seed=0)
    animation = animate([episode], 'a "pole" <falls>')
    html = animation._repr_html_()
    assert 'alt="a &quot;pole&quot; &lt;falls&gt;"' in html
    assert "data:image/png;base64," in html
    assert repr(animation) == '[animation: a "pole" <falls>]'


def test_no_frames_no_animation():
    blind = policies.rollout("CartPole-v1", lambda obs: 0, seed=0, render=False)
    with pytest.raises(ValueError, match="render=True"):
        animate([blind], "nothing")


def test_the_greedy_policy_computes_the_network():
    rng = np.random.default_rng(0)
    w1, b1, w2, b2 = (
        rng.normal(size=(4, 8)),
        rng.normal(size=8),
        rng.normal(size=(8, 3)),
        np.ones(3),
    )
    policy = policies.greedy_policy([w1, b1, w2, b2])
    for obs in rng.normal(size=(20, 4)):
        by_hand = [
            sum(max(obs @ w1[:, j] + b1[j], 0) * w2[j, a] for j in range(8)) for a in range(3)
        ]
        assert policy(obs) == int(np.argmax(by_hand))


def recorded(every=50, **changes):
    config = DQNConfig(
        steps=100, eval_period=50, eval_episodes=1, batch_size=8, learning_starts=8, **changes
    )
    recorder = FlightRecorder(every, learner=1, seed=3)
    return recorder, train(config, [5, 6], on_eval=recorder, progress=False)


def test_a_video_shows_the_greedy_policy_of_its_moment():
    recorder, run = recorded()
    animation = film_of(recorder)
    policy = run.online.learner(1)
    last = policies.rollout(
        "CartPole-v1", lambda obs: int(policy(torch.from_numpy(obs)).argmax()), 3, render=False
    )
    assert animation.captions[1] == f"100 steps: return {last.episode_return:g}"
    assert animation.captions[0].startswith("50 steps")
    assert animation._repr_html_().count("50 steps: return") == 2  # below the picture, and as text
    assert Image.open(io.BytesIO(animation.png)).size[0] == 2 * 220


def test_recording_changes_nothing():
    _, recorded_run = recorded()
    plain = train(recorded_run.config, [5, 6], progress=False)
    assert recorded_run.history.episodes.tobytes() == plain.history.episodes.tobytes()


def test_our_own_worlds_can_be_recorded_too():
    recorder, _ = recorded(env_id="dqn_lessons/Catch-v0")
    assert len(film_of(recorder).captions) == 2


def test_a_video_of_nothing_says_why():
    recorder, _ = recorded(every=70)
    with pytest.raises(ValueError, match=r"every = 70.*multiple of eval_period"):
        film_of(recorder)
