"""Updates are named by what they aim at, whatever loss, clipping, optimiser or batch they have."""

import weakref

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from dqn_classroom.clinic import aims as a
from dqn_classroom.clinic.aims import aims_of

TEMPLATE = """
def update(batch, online, target, optimizer, gamma):
    {first}
    rows = torch.arange(len(batch.reward))
    {constant}:
        y = {r} + {g} * {v} * {m}
    every = online(batch.obs)
    q = every[rows, batch.action]
    {loss}
    {zero}
    {backward}
    {clip}
    {step}
    {last}
"""
USUAL = {
    "first": "pass",
    "constant": "with torch.no_grad()",
    "r": "batch.reward",
    "g": "gamma",
    "v": "target(batch.next_obs).amax(1)",
    "m": "~batch.terminated",
    "loss": "loss = F.mse_loss(q, y)",
    "zero": "optimizer.zero_grad()",
    "backward": "loss.backward()",
    "clip": "pass",
    "step": "optimizer.step()",
    "last": "pass",
}


def written(**parts):
    """An update whose lines differ from the usual ones."""
    space = {"torch": torch, "F": F, "nn": nn, "weakref": weakref}
    space["optimizers"] = weakref.WeakKeyDictionary()
    exec(TEMPLATE.format(**USUAL | parts), space)
    return space["update"]


OWN = "optimizer = optimizers.setdefault(online, torch.optim.{}(online.parameters(), {}))"
DOUBLE = "target(batch.next_obs).gather(1, online(batch.next_obs).argmax(1)[:, None])[:, 0]"
LABEL = "label = every.detach().clone(); label[rows, batch.action] = y; "
# name -> the lines, and what the report says of it
DIALECTS = {
    "MSE": ({}, "squared error"),
    "half MSE": ({"loss": "loss = ((y - q) ** 2 / 2).mean()"}, "squared error"),
    "sum": ({"loss": "loss = ((y - q) ** 2).sum()"}, "sum over the batch"),
    "Huber": ({"loss": "loss = F.huber_loss(q, y, delta=2.0)"}, "linear beyond an error of 2"),
    "smooth L1": ({"loss": "loss = F.smooth_l1_loss(q, y)"}, "linear beyond an error of 1"),
    "smooth L1, beta 0.3": (
        {"loss": "loss = F.smooth_l1_loss(q, y, beta=0.3)"},
        "linear beyond an error of 0.3",
    ),
    "log-cosh": ({"loss": "loss = (q - y).cosh().log().mean()"}, ""),
    "gradient clipped by value": (
        {"clip": "nn.utils.clip_grad_value_(online.parameters(), 0.1)"},
        "linear beyond an error of 0.6",
    ),
    "gradient clipped by norm": (
        {"clip": "nn.utils.clip_grad_norm_(online.parameters(), 0.5)"},
        "clipping the norm",
    ),
    "clipped before the square": (
        {"loss": "loss = ((y - q).clamp(-1, 1) ** 2).mean()"},
        "clipped before they are squared",
    ),
    "clipped rewards": ({"r": "batch.reward.clamp(-1, 1)"}, "rewards are clipped: clip"),
    "full labels": ({"loss": LABEL + "loss = F.mse_loss(every, label)"}, "squared error"),
    "Double DQN": ({"v": DOUBLE}, "Double DQN"),
    "n-step": ({"g": "batch.discount"}, "n-step"),
    "importance weights": (
        {"loss": "loss = (batch.weights * (q - y) ** 2).mean()"},
        "importance weights",
    ),
    "its own AdamW": ({"first": OWN.format("AdamW", "lr=1e-3")}, "squared error"),
    "soft updates": (
        {"last": "[t.lerp_(o, 0.005) for t, o in zip(target.parameters(), online.parameters())]"},
        "soft update, τ = 0.005, at each call",
    ),
}
BUGS = {
    "no terminal mask": {"m": "1"},
    "terminal mask reversed": {"m": "batch.terminated"},
    "truncation is an end": {"m": "~(batch.terminated | batch.truncated)"},
    "the last reward is masked too": {"m": "~batch.terminated; y = y * ~batch.terminated"},
    "the reward is left out": {"r": "0"},
    "it never looks ahead": {"v": "0"},
    "no discount": {"g": "1"},
    "another discount": {"g": "0.97"},
    "γ instead of γ^n": {"g": "(batch.discount, gamma)[1]"},
    "max over the batch": {"v": "target(batch.next_obs).max()"},
    "min over actions for the max": {"v": "target(batch.next_obs).amin(1)"},
    "mean over actions for the max": {"v": "target(batch.next_obs).mean(1)"},
    "sum over actions for the max": {"v": "target(batch.next_obs).sum(1)"},
    "the first action for the best": {"v": "target(batch.next_obs)[:, 0]"},
    "the last action for the best": {"v": "target(batch.next_obs)[:, -1]"},
    "the stored action for the best": {"v": "target(batch.next_obs)[rows, batch.action]"},
    "the index of the best action for its value": {"v": "target(batch.next_obs).argmax(1)"},
    "this state for the next": {"v": "target(batch.obs).amax(1)"},
    "the best action of this state for that of the next": {
        "v": "target(batch.next_obs)[rows, target(batch.obs).argmax(1)]"
    },
    "online network for the target": {"v": "online(batch.next_obs).amax(1)"},
    "networks of Double DQN swapped": {
        "v": "online(batch.next_obs)[rows, target(batch.next_obs).argmax(1)]"
    },
    "gradient through the target": {
        "v": "online(batch.next_obs).amax(1)",
        "constant": "if True",
    },
    a.MIXED: {"last": "pass"},
    "gradients pile up": {"zero": "pass"},
    a.STILL: {"backward": "pass"},
    "the loss is climbed": {"backward": "(-loss).backward()"},
    "synced at every update": {"last": "target.load_state_dict(online.state_dict())"},
    "synced the wrong way round": {"last": "online.load_state_dict(target.state_dict())"},
    "never synced": {"last": "target.load_state_dict(target.state_dict())"},
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_healthy_dialect_is_healthy_and_its_habits_are_named(dialect):
    lines, said = DIALECTS[dialect]
    found = aims_of(written(**lines))
    assert found.faults == ()
    assert said in "; ".join(found.dialect)


@pytest.mark.parametrize("bug", BUGS)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_each_bug_keeps_its_name_in_each_dialect(dialect, bug):
    lines = DIALECTS[dialect][0] | BUGS[bug]
    if bug == a.MIXED:
        if dialect == "full labels":
            return  # labels of a full vector cannot be broadcast
        loss = lines.get("loss", USUAL["loss"])
        lines |= {"loss": f"q = q[:, None]; y = y[None, :] + 0 * q; q = q + 0 * y; {loss}"}
    found = aims_of(written(**lines))
    if bug == a.STILL and "clip_grad_value_" in lines.get("clip", ""):
        assert found.stopped  # there is no gradient to clip
        return
    expected = {bug}
    if bug == "gradient through the target":
        expected |= {"online network for the target"}
    assert set(found.faults) == expected, (found.aim, found.dialect)
