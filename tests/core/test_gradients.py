"""The loop in NumPy is the readable one in PyTorch: values, gradients, Adam, whole trainings."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dqn_classroom.clinic.inject import replaced
from dqn_lessons import td
from dqn_lessons.adam import Adam
from dqn_lessons.config import DQNConfig
from dqn_lessons.replay import Transition
from dqn_lessons.train import Run, train

SMALL = DQNConfig(
    steps=200, batch_size=16, replay_capacity=100, learning_starts=20, update_period=1,
    target_period=7, epsilon_duration=100, eval_period=100, eval_episodes=2,
)  # fmt: skip


def batch_of(learners, size, rng):
    obs, next_obs = rng.normal(size=(2, learners, size, 4)).astype(np.float32)
    action, terminated = rng.integers(0, 2, (learners, size)), rng.random((learners, size)) < 0.3
    reward = (3 * rng.normal(size=(learners, size))).astype(np.float32)
    return Transition(obs, action, reward, next_obs, terminated)


@given(
    learners=st.integers(1, 5),
    size=st.integers(1, 70),
    hidden=st.lists(st.integers(1, 40), max_size=3),
    loss=st.sampled_from(["mse", "huber"]),
    values=st.sampled_from([None, (-0.1, 0.2)]),
    seed=st.integers(0, 99),
)
def test_gradients_by_hand_are_autograd_s(learners, size, hidden, loss, values, seed):
    config = replace(SMALL, hidden_sizes=tuple(hidden), loss=loss, value_range=values)
    run, rng = Run(config, range(seed, seed + learners)), np.random.default_rng(seed)
    run.target.flat[:] = rng.normal(size=run.target.flat.shape) / 3
    batch = batch_of(learners, size, rng)
    results = []
    for find in (run.autograd_gradients, run.gradients):
        run.online.flat_grad.fill(np.nan if find == run.gradients else 7)
        loss_and_error = find(batch, None)
        results.append([*loss_and_error, run.online.flat_grad.copy()])
    for theirs, ours in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-6 * np.abs(theirs).max() + 1e-12)
    with_theirs = [*run.gradients(batch, td.td_target), run.online.flat_grad.copy()]
    for theirs, ours in zip(results[1], with_theirs, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-6 * np.abs(theirs).max() + 1e-12)


@pytest.mark.parametrize("size", [5, 40_000])  # within a block, and over its edge
def test_adam_is_pytorch_s(size):
    rng = np.random.default_rng(0)
    ours = rng.normal(size=size).astype(np.float32)
    theirs = torch.nn.Parameter(torch.from_numpy(ours.copy()))
    grad = np.empty_like(ours)
    adam, reference = Adam(ours, grad, 0.01), torch.optim.Adam([theirs], lr=0.01)
    for step in range(60):
        grad[:] = rng.normal(size=size) * 10.0 ** (step % 5 - 3)
        grad[::3] = 0
        theirs.grad = torch.from_numpy(grad.copy())
        adam.step()
        reference.step()
        np.testing.assert_allclose(ours, theirs.detach(), atol=1e-6)


@pytest.mark.parametrize("changes", [{}, {"loss": "huber", "tau": 0.05, "max_grad_norm": 0.5}])
def test_both_ways_train_the_same(changes):
    config = replace(SMALL, **changes)
    by_hand = train(config, [3, 4], progress=False)
    with replaced({}):
        assert Run.gradients is Run.autograd_gradients  # it is the other way
        by_autograd = train(config, [3, 4], progress=False)
    np.testing.assert_allclose(by_hand.online.flat, by_autograd.online.flat, atol=1e-4)
    np.testing.assert_array_equal(
        by_hand.history.episodes["return"], by_autograd.history.episodes["return"]
    )


def test_a_target_of_one_s_own_trains_the_same():
    own = lambda r, e, q, g: r + g * q.amax(-1) * ~e  # noqa: E731
    ours, theirs = (train(SMALL, [3], td_target=t, progress=False) for t in (None, own))
    np.testing.assert_allclose(ours.online.flat, theirs.online.flat, atol=1e-5)


def test_denormal_numbers_are_flushed_in_training_and_nowhere_else():
    def flushed():
        return bool(np.float32(1e-38) * np.float32(0.1) == 0)

    seen, before = [], flushed()
    train(SMALL, [0], on_eval=lambda _: seen.append(flushed()), progress=False)
    able = torch.set_flush_denormal(True)
    try:
        train(SMALL, [0], progress=False)
        assert flushed() == able  # as whoever called it had set it
    finally:
        torch.set_flush_denormal(False)
    assert (seen, before, flushed()) == ([able, able], False, False)
