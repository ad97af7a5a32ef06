"""Values worked out by hand, chosen so that each likely mistake changes the answer."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dqn_lessons import td

REWARD = torch.tensor([1.0, 2.0, 3.0, -1.0])
TERMINATED = torch.tensor([False, True, False, False])
Q_NEXT = torch.tensor([[1.0, 5.0, 2.0], [9.0, 0.0, 0.0], [-4.0, -3.0, -8.0], [0.0, 0.0, 0.5]])


def test_td_target_by_hand():
    y = td.td_target(REWARD, TERMINATED, Q_NEXT, 0.9)
    torch.testing.assert_close(y, torch.tensor([5.5, 2.0, 0.3, -0.55]))


def test_td_target_is_the_same_for_stacked_learners():
    stacked = td.td_target(REWARD.view(2, 2), TERMINATED.view(2, 2), Q_NEXT.view(2, 2, 3), 0.9)
    assert torch.equal(stacked.flatten(), td.td_target(REWARD, TERMINATED, Q_NEXT, 0.9))


@given(gamma=st.floats(0, 1), seed=st.integers(0, 1000))
def test_td_target_against_a_loop(gamma, seed):
    rng = np.random.default_rng(seed)
    reward, q_next = rng.normal(size=(3, 4)), rng.normal(size=(3, 4, 5))
    terminated = rng.random((3, 4)) < 0.3
    y = td.td_target(*(torch.tensor(x) for x in (reward, terminated, q_next)), gamma)
    for i in np.ndindex(3, 4):
        future = 0.0 if terminated[i] else gamma * max(q_next[i])
        assert y[i].item() == pytest.approx(reward[i] + future, abs=1e-12)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"reward": REWARD[:, None]}, ValueError, r"reward \[4, 1\], terminated \[4\]"),
        ({"q_next": Q_NEXT[:3]}, ValueError, r"q_next \[3\]"),
        ({"terminated": TERMINATED[:, None]}, ValueError, r"squeeze"),
        ({"terminated": TERMINATED.float()}, TypeError, "torch.bool"),
        ({"terminated": TERMINATED.long()}, TypeError, "torch.bool"),
        ({"reward": REWARD.long()}, TypeError, "reward has dtype torch.int64"),
    ],
)
def test_td_target_says_what_is_wrong(change, error, words):
    arguments = {"reward": REWARD, "terminated": TERMINATED, "q_next": Q_NEXT} | change
    with pytest.raises(error, match=words):
        td.td_target(**arguments, gamma=0.9)


def test_td_loss_by_hand():
    q, y = torch.tensor([[0.0, 1.0], [5.0, 2.0]]), torch.tensor([[0.5, 1.0], [2.0, 2.0]])
    torch.testing.assert_close(td.td_loss(q, y), torch.tensor([0.125, 4.5]))
    torch.testing.assert_close(td.td_loss(q, y, "huber"), torch.tensor([0.0625, 1.25]))
    assert td.td_loss(q[1], y[1]).item() == 4.5


def test_a_learner_s_gradient_does_not_know_how_many_others_there_are():
    q = torch.randn(3, 5, requires_grad=True)
    y = torch.randn(3, 5)
    td.td_loss(q, y).sum().backward()
    alone = q[1].detach().requires_grad_()
    td.td_loss(alone, y[1]).backward()
    assert torch.equal(q.grad[1], alone.grad)


def test_td_loss_says_what_is_wrong():
    q, y = torch.zeros(4), torch.zeros(4)
    with pytest.raises(ValueError, match=r"q_taken \[4\], target \[4, 1\]"):
        td.td_loss(q, y[:, None])
    with pytest.raises(ValueError, match="carries a gradient"):
        td.td_loss(q, y.requires_grad_())
    with pytest.raises(ValueError, match="kind = 'l1'"):
        td.td_loss(q, q, "l1")
    with pytest.raises(TypeError, match="target has dtype"):
        td.td_loss(q, q.long())


def test_epsilon_greedy_by_hand():
    q = np.array([[0.0, 3.0, 1.0], [7.0, 0.0, 1.0], [0.0, 1.0, 2.0]])
    coin, random_action = np.array([0.05, 0.1, 0.9]), np.array([0, 2, 1])
    act = td.epsilon_greedy
    assert act(q, 0.1, coin, random_action).tolist() == [0, 0, 2]
    assert act(q, 0.0, coin, random_action).tolist() == [1, 0, 2]
    assert act(q, 1.0, coin, random_action).tolist() == [0, 2, 1]
    assert act(q, np.array([0.0, 1.0, 0.0]), coin, random_action).tolist() == [1, 2, 2]
    with pytest.raises(ValueError, match=r"uniform \[2\]"):
        act(q, 0.1, coin[:2], random_action)


def test_epsilon_greedy_explores_as_often_as_epsilon_says():
    rng = np.random.default_rng(0)
    q = np.tile([1.0, 0.0, 0.0, 0.0], (40_000, 1))
    action = td.epsilon_greedy(q, 0.2, rng.random(40_000), rng.integers(0, 4, 40_000))
    assert (action != 0).mean() == pytest.approx(0.2 * 3 / 4, abs=0.01)


def test_linear_schedule_by_hand():
    values = [td.linear_schedule(t, 1.0, 0.2, 10) for t in (0, 5, 10, 11, 1000)]
    assert values == pytest.approx([1.0, 0.6, 0.2, 0.2, 0.2])
    assert td.linear_schedule(np.array([0, 5, 99]), 1.0, 0.2, 10) == pytest.approx([1, 0.6, 0.2])
    with pytest.raises(ValueError, match="duration = 0"):
        td.linear_schedule(0, 1.0, 0.2, 0)


def test_target_updates_by_hand_and_against_stable_baselines3():
    utils = pytest.importorskip("stable_baselines3.common.utils")
    online = [torch.tensor([1.0, 2.0]), torch.tensor([[4.0]])]
    target = [torch.tensor([0.0, 0.0]), torch.tensor([[0.0]])]
    theirs = [t.clone() for t in target]
    for _ in range(3):
        td.soft_update_(target, online, 0.25)
        utils.polyak_update(online, theirs, 0.25)
    torch.testing.assert_close(target, theirs)
    assert target[1].item() == pytest.approx(4 * (1 - 0.75**3))
    td.hard_update_(target, online)
    assert torch.equal(target[0], online[0])
    online[0].add_(1)
    assert target[0].tolist() == [1.0, 2.0]


def test_target_updates_say_what_is_wrong():
    net = [torch.ones(2)]
    with pytest.raises(ValueError, match="never lags"):
        td.hard_update_(net, net)
    with pytest.raises(ValueError, match=r"target \[2\], online \[1\]"):
        td.soft_update_(net, [torch.ones(1)], 0.5)
    with pytest.raises(ValueError, match=r"tau = 1\.5"):
        td.soft_update_(net, [torch.ones(2)], 1.5)


def test_clipping_is_per_learner():
    weight = np.array([[[3.0], [4.0]], [[0.3], [0.4]]], np.float32)
    bias = np.array([[[12.0]], [[0.0]]], np.float32)
    td.clip_per_learner_([weight, bias], 1.0)
    np.testing.assert_allclose(weight[0, :, 0], np.array([3.0, 4.0]) / 13, rtol=1e-6)
    np.testing.assert_allclose(weight[1, :, 0], [0.3, 0.4], rtol=1e-6)
    alone = torch.nn.Parameter(torch.zeros(3))
    alone.grad = torch.tensor([3.0, 4.0, 12.0])
    torch.nn.utils.clip_grad_norm_([alone], 1.0)
    np.testing.assert_allclose([*weight[0, :, 0], *bias[0, 0]], alone.grad, rtol=1e-6)


@pytest.mark.parametrize("update", [td.hard_update_, lambda a, b: td.soft_update_(a, b, 0.5)])
def test_parameters_that_can_be_walked_over_once_are_refused(update):
    """They would be used up by the check, and nothing would be copied."""
    one, other = torch.nn.Linear(2, 1), torch.nn.Linear(2, 1)
    with pytest.raises(TypeError, match=r"target_params = .* is a generator.*list\(net.parameters"):
        update(one.parameters(), other.parameters())
    update(list(one.parameters()), list(other.parameters()))
