"""The stacked network is S ordinary networks: torch.nn per learner is the oracle."""

import copy
import math

import numpy as np
import pytest
import torch

from dqn_lessons.nets import StackedMLP
from dqn_lessons.td import hard_update_


def stacked(learners=3, sizes=(4, 16, 8, 2)):
    return StackedMLP(sizes, [np.random.default_rng(s) for s in range(learners)])


@pytest.mark.parametrize("rows", [1, 5, 16, 64])  # both memory layouts
@pytest.mark.parametrize("sizes", [(4, 2), (4, 16, 8, 2), (3, 7, 5)])
def test_outputs_and_gradients_equal_ordinary_networks(rows, sizes):
    net = stacked(3, sizes)
    obs = torch.randn(3, rows, sizes[0])
    q = net(obs)
    assert q.shape == (3, rows, sizes[-1])
    q.square().sum().backward()
    for s in range(3):
        plain = net.learner(s)
        plain(obs[s]).square().sum().backward()
        torch.testing.assert_close(plain(obs[s]), q[s], atol=1e-5, rtol=1e-5)
        linears = [m for m in plain if isinstance(m, torch.nn.Linear)]
        for linear, weight, bias in zip(linears, net.weights, net.biases, strict=True):
            torch.testing.assert_close(linear.weight.grad, weight.grad[s], atol=1e-4, rtol=1e-4)
            torch.testing.assert_close(linear.bias.grad, bias.grad[s, :, 0], atol=1e-4, rtol=1e-4)


def test_acting_reads_the_weights_as_they_are_now():
    net, other = stacked(), copy.deepcopy(stacked())
    obs = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
    for param in net.parameters():
        param.data.add_(0.1)
    hard_update_(list(other.parameters()), list(net.parameters()))
    for each in (net, other, copy.deepcopy(net)):
        expected = each(torch.from_numpy(obs)[:, None])[:, 0].detach().numpy()
        np.testing.assert_allclose(each.values(obs[:, None])[:, 0], expected, atol=1e-6)
    other.load_state_dict(stacked().state_dict())
    np.testing.assert_allclose(other.values(obs[:, None]), stacked().values(obs[:, None]))


def test_one_learner_s_weights_reach_no_other():
    net, obs = stacked(), torch.randn(3, 20, 4)
    before = net(obs).detach()
    with torch.no_grad():
        for param in net.parameters():
            param[1] += 1
    after = net(obs).detach()
    assert torch.equal(before[[0, 2]], after[[0, 2]])
    assert not torch.equal(before[1], after[1])
    net(obs)[0].sum().backward()
    assert all(not param.grad[1:].any() for param in net.parameters())


def test_initial_weights_follow_torch_s_law_and_the_generator():
    sizes = (100, 200)
    net = stacked(2, sizes)
    ours = net.weights[0].detach()
    reference = torch.nn.Linear(*sizes).weight.detach()
    assert ours.abs().max() <= 1 / math.sqrt(100)
    assert ours.std().item() == pytest.approx(reference.std().item(), rel=0.02)
    assert net.biases[0].std().item() == pytest.approx(1 / math.sqrt(300), rel=0.15)
    assert not torch.equal(ours[0], ours[1])
    alone = StackedMLP(sizes, [np.random.default_rng(1)])
    assert torch.equal(alone.weights[0][0], net.weights[0][1])


def test_a_network_without_layers_or_learners_is_refused():
    with pytest.raises(ValueError, match=r"sizes = \[4\]"):
        StackedMLP([4], [np.random.default_rng(0)])
    with pytest.raises(ValueError, match="0 generators"):
        StackedMLP([4, 2], [])


def test_layers_are_a_learner_s_weights_and_copies():
    net = stacked()
    x = np.random.default_rng(1).normal(size=(5, 4)).astype(np.float32)
    layers = net.layers(2)
    hidden = x
    for matrix, bias in zip(layers[:-2:2], layers[1:-2:2], strict=True):
        hidden = np.maximum(hidden @ matrix + bias, 0)
    expected = net.learner(2)(torch.from_numpy(x)).detach().numpy()
    np.testing.assert_allclose(hidden @ layers[-2] + layers[-1], expected, atol=1e-5)
    layers[0][:] = 0
    assert net.weights[0].abs().min() > 0
