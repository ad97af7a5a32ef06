"""Updates in the styles of public code, right ones and broken ones, each in words of our own.

K1 to K21 are snippets that the clinic once called wrong.
"""

import weakref

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn

from dqn_classroom import clinic
from dqn_classroom.clinic import aims as a
from dqn_classroom.clinic.aims import Aim, aims_of
from dqn_classroom.clinic.bench import GAMMA


def values(b, net):
    return net(b.obs).gather(1, b.action[:, None])[:, 0]


def y(b, net, gamma):
    with torch.no_grad():
        return b.reward + gamma * net(b.next_obs).amax(1) * ~b.terminated


def step(loss, optimizer):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


# --- right ---------------------------------------------------------------------------------


def only_states_that_go_on(batch, online, target, optimizer, gamma):
    """PyTorch's tutorial: next states of the rows that do not end, smooth L1, clipped gradients."""
    goes_on = torch.tensor([not end for end in batch.done])
    after = torch.cat(
        [s[None] for s, end in zip(batch.next_state, batch.done, strict=True) if not end]
    )
    taken = online(batch.state).gather(1, batch.action.unsqueeze(1))
    future = torch.zeros(len(goes_on))
    with torch.no_grad():
        future[goes_on] = target(after).max(1).values
    loss = nn.SmoothL1Loss()(taken, (future * gamma + batch.reward).unsqueeze(1))
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_value_(online.parameters(), 100)
    optimizer.step()


def with_soft_update(batch, online, target, optimizer, gamma):
    only_states_that_go_on(batch, online, target, optimizer, gamma)
    slow, fast = target.state_dict(), online.state_dict()
    for key in fast:
        slow[key] = fast[key] * 0.005 + slow[key] * (1 - 0.005)
    target.load_state_dict(slow)


def flattened(data, q_network, target_network, optimizer, gamma):
    """CleanRL's style."""
    with torch.no_grad():
        best, _ = target_network(data.next_observations).max(dim=1)
        goal = data.rewards.flatten() + gamma * best * (1 - data.dones.flatten())
    old = q_network(data.observations).gather(1, data.actions.reshape(-1, 1)).squeeze()
    step(F.mse_loss(goal, old), optimizer)


def columns(data, q_net, q_net_target, optimizer, gamma):
    """Stable-Baselines3's style: columns [B, 1], smooth L1, the norm of the gradient clipped."""
    with torch.no_grad():
        best = q_net_target(data.next_observations).max(dim=1)[0].reshape(-1, 1)
        goal = data.rewards + (1 - data.dones) * gamma * best
    loss = F.smooth_l1_loss(torch.gather(q_net(data.observations), 1, data.actions.long()), goal)
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(q_net.parameters(), 10)
    optimizer.step()


def tuple_of_columns(experiences, local, target, optimizer, gamma):
    """Udacity's style: a tuple of columns, and a soft update."""
    states, actions, rewards, next_states, dones = experiences
    best = target(next_states).detach().max(1)[0].unsqueeze(1)
    goals = rewards + (gamma * best * (1 - dones))
    step(F.mse_loss(local(states).gather(1, actions), goals), optimizer)
    for slow, fast in zip(target.parameters(), local.parameters(), strict=True):
        slow.data.copy_(1e-3 * fast.data + (1.0 - 1e-3) * slow.data)


def dictionary(samples, dqn, dqn_target, optimizer, gamma):
    """Double DQN on a dictionary, Huber."""
    action, mask = samples["acts"].reshape(-1, 1), 1 - samples["done"].reshape(-1, 1)
    reward, after = samples["rews"].reshape(-1, 1), samples["next_obs"]
    best = dqn(after).argmax(dim=1, keepdim=True)
    future = dqn_target(after).gather(1, best).detach()
    loss = F.smooth_l1_loss(dqn(samples["obs"]).gather(1, action), reward + gamma * future * mask)
    step(loss, optimizer)


def zeros_where_it_ends(batch, q_eval, q_next, optimizer, gamma):
    rows = np.arange(len(batch.reward))
    future = q_next(batch.new_state).max(dim=1)[0]
    future[batch.terminal] = 0.0
    step(
        nn.MSELoss()(batch.reward + gamma * future, q_eval(batch.state)[rows, batch.action]),
        optimizer,
    )


def mask_means_goes_on(batch, q, q_target, optimizer, gamma):
    """minimalRL's style."""
    s, act, r, s_prime, done_mask = batch
    best = q_target(s_prime).max(1)[0].unsqueeze(1)
    step(F.smooth_l1_loss(q(s).gather(1, act), r + gamma * best * done_mask), optimizer)


def weighted(batch, model, model_old, optimizer, gamma):
    """Tianshou's style: weights, and errors handed back."""
    with torch.no_grad():
        chosen = model(batch.obs_next).argmax(1)
        future = model_old(batch.obs_next)[torch.arange(len(chosen)), chosen]
        returns = batch.rew + gamma * future * (1 - batch.terminated.float())
    error = returns - model(batch.obs)[torch.arange(len(chosen)), batch.act]
    step((error.pow(2) * batch.weight).mean(), optimizer)
    return error.detach()


def whole_vector_as_label(batch, model, target_model, optimizer, gamma):
    """Keon's style, row by row."""
    labels = model(batch.state).detach().clone()
    for i in range(len(batch.reward)):
        if batch.done[i]:
            labels[i][batch.action[i]] = batch.reward[i]
        else:
            best = model(batch.next_state[i]).argmax()
            future = target_model(batch.next_state[i])[best].detach()
            labels[i][batch.action[i]] = batch.reward[i] + gamma * future
    step(F.mse_loss(model(batch.state), labels), optimizer)


def backward_of_the_error(batch, q, target_q, optimizer, gamma):
    now = q(batch.obs).gather(1, batch.action.unsqueeze(1)).squeeze()
    future = (1 - batch.done.float()) * target_q(batch.next_obs).detach().max(1)[0]
    error = batch.reward + gamma * future - now
    optimizer.zero_grad()
    now.backward(-error.clamp(-1, 1).detach())
    optimizer.step()


def another_order(batch, net, target_net, optimizer, gamma):
    states, actions, rewards, dones, next_states = batch
    now = net(states).gather(1, actions.unsqueeze(-1)).squeeze(-1)
    with torch.no_grad():
        future = target_net(next_states).max(1)[0]
        future[dones] = 0.0
    step(nn.MSELoss()(now, future.detach() * gamma + rewards), optimizer)


RIGHT = [
    only_states_that_go_on, with_soft_update, flattened, columns, tuple_of_columns, dictionary,
    zeros_where_it_ends, mask_means_goes_on, weighted, whole_vector_as_label,
    backward_of_the_error, another_order,
]  # fmt: skip


@pytest.mark.parametrize("update", RIGHT, ids=lambda update: update.__name__)
def test_right_code_is_healthy_whatever_its_style(update):
    found = aims_of(update)
    assert (found.faults, found.stopped) == ((), "")


@pytest.mark.parametrize("update", [whole_vector_as_label, dictionary])
def test_it_stays_healthy_in_a_run(update):
    report = clinic.report(update)
    assert report.like == ("healthy",), report.card


# --- broken --------------------------------------------------------------------------------


def index_for_value(b, online, target, optimizer, gamma):
    goal = b.reward + gamma * target(b.next_obs).detach().argmax(1) * ~b.terminated
    step(F.mse_loss(values(b, online), goal), optimizer)


def this_state(b, online, target, optimizer, gamma):
    goal = b.reward + gamma * target(b.obs).detach().amax(1) * ~b.terminated
    step(F.mse_loss(values(b, online), goal), optimizer)


def one_network(b, online, target, optimizer, gamma):
    step(F.smooth_l1_loss(values(b, online), y(b, online, gamma)), optimizer)


def no_mask_clamped(b, online, target, optimizer, gamma):
    goal = b.reward + gamma * target(b.next_obs).detach().max(1).values
    optimizer.zero_grad()
    F.smooth_l1_loss(values(b, online), goal).backward()
    for param in online.parameters():
        param.grad.data.clamp_(-1, 1)
    optimizer.step()


def clone_that_keeps_its_gradient(b, model, _target, optimizer, gamma):
    pred = model(b.obs)
    goal = pred.clone()
    for i in range(len(b.reward)):
        new = b.reward[i]
        if not b.terminated[i]:
            new = b.reward[i] + gamma * torch.max(model(b.next_obs[i]))
        goal[i][b.action[i]] = new
    step(nn.MSELoss()(goal, pred), optimizer)


def never_looks_ahead(b, online, target, optimizer, gamma):
    step(F.mse_loss(values(b, online), b.reward), optimizer)


def gamma_not_handed_on(b, online, target, optimizer, gamma, discount=0.9):
    step(F.mse_loss(values(b, online), y(b, target, discount)), optimizer)


def swapped_networks(b, online, target, optimizer, gamma):
    with torch.no_grad():
        best = target(b.next_obs).argmax(1, keepdim=True)
        goal = b.reward + gamma * online(b.next_obs).gather(1, best)[:, 0] * ~b.terminated
    step(F.smooth_l1_loss(values(b, online), goal), optimizer)


def sum_without_axis(b, online, target, optimizer, gamma):
    taken = torch.sum(online(b.obs) * F.one_hot(b.action, online(b.obs).shape[1]))
    step((y(b, target, gamma) - taken).square().mean(), optimizer)


def mask_on_the_wrong_side(b, online, target, optimizer, gamma):
    goal = b.reward + gamma * target(b.next_obs).detach().amax(1) * b.done
    step(F.smooth_l1_loss(values(b, online), goal), optimizer)


def shared_memory(b, online, target, optimizer, gamma):
    step(F.mse_loss(values(b, online), y(b, target, gamma)), optimizer)
    for slow, fast in zip(target.parameters(), online.parameters(), strict=True):
        slow.data = fast.data


def roles_of_tau_swapped(b, online, target, optimizer, gamma):
    step(F.mse_loss(values(b, online), y(b, target, gamma)), optimizer)
    for slow, fast in zip(target.parameters(), online.parameters(), strict=True):
        slow.data.copy_(0.005 * slow.data + 0.995 * fast.data)


BROKEN = {
    index_for_value: ["the index of the best action for its value"],
    this_state: ["this state for the next"],
    one_network: ["online network for the target"],
    no_mask_clamped: ["no terminal mask"],
    clone_that_keeps_its_gradient: ["online network for the target", "gradient through the target"],
    never_looks_ahead: ["it never looks ahead"],
    gamma_not_handed_on: ["another discount"],
    swapped_networks: ["networks of Double DQN swapped"],
    sum_without_axis: [a.SUMMED],
    mask_on_the_wrong_side: ["terminal mask reversed"],
    shared_memory: ["target by reference"],
    roles_of_tau_swapped: ["synced at every update"],
}


@pytest.mark.parametrize("update", BROKEN, ids=lambda update: update.__name__)
def test_broken_code_is_named(update):
    assert list(aims_of(update).faults) == BROKEN[update]


# --- the snippets --------------------------------------------------------------------------


def k1(b, o, t, optimizer, gamma):
    step(F.smooth_l1_loss(values(b, o), y(b, t, gamma)), optimizer)


def k4(b, o, t, optimizer, gamma):
    step(F.mse_loss(values(b, o), y(b, t, gamma)), optimizer)
    for slow, fast in zip(t.parameters(), o.parameters(), strict=True):
        slow.lerp_(fast, 0.005)


def k5(b, o, t, optimizer, gamma):
    return F.mse_loss(values(b, o), y(b, t, gamma))


def k12(b, o, t, optimizer, gamma):
    every = o(b.obs)
    full = every.detach().clone()
    full[torch.arange(len(full)), b.action] = y(b, t, gamma)
    step(F.mse_loss(every, full), optimizer)


def k13(b, o, t, optimizer, gamma):
    future = torch.zeros(len(b.reward))
    rest = torch.cat([s[None] for s, d in zip(b.next_obs, b.terminated, strict=True) if not d])
    future[~b.terminated] = t(rest).detach().amax(1)
    step(F.mse_loss(values(b, o), b.reward + gamma * future), optimizer)


def k15(b, o, t, optimizer, gamma):
    goal = b.reward + gamma * t(b.next_obs).detach().amax(1)
    step(F.smooth_l1_loss(values(b, o), goal), optimizer)


OWN = weakref.WeakKeyDictionary()


def k17(b, o, t, optimizer, gamma):
    mine = OWN.setdefault(o, torch.optim.AdamW(o.parameters()))
    step(F.mse_loss(values(b, o), y(b, t, gamma)), mine)


def k21(b, o, t, optimizer, gamma):
    step(F.mse_loss(values(b, o), y(b, t, gamma)), optimizer)
    t.load_state_dict(t.state_dict())


SNIPPETS = {
    k1: (("healthy",), "linear beyond an error of 1"),
    k4: (("healthy",), "updates the target network itself: soft update, τ = 0.005"),
    k5: ((a.STILL,), "Is backward() there, step() after it, and no zero_grad() between?"),
    index_for_value: (("the index of the best action for its value",), "argmax_a Q_target"),  # K7
    this_state: (("this state for the next",), "max_a Q_target(s, a)"),  # K9
    k12: (("healthy",), "squared error"),
    k13: (("healthy",), "it stops on a batch in which every row ends"),
    k15: (("no terminal mask",), "max_a Q_target(s′, a)."),
    k17: (("healthy",), "squared error"),
    k21: (("never synced",), ""),
}


@pytest.mark.parametrize("update", SNIPPETS, ids=lambda update: update.__name__)
def test_a_snippet_gets_its_report(update):
    like, said = SNIPPETS[update]
    report = clinic.report(update)
    assert report.like == like, report.card
    assert said in repr(report.card)


def test_the_line_that_stops_on_a_batch_is_shown():
    (said,) = [one for one in aims_of(k13).dialect if "it stops" in one]
    assert "`rest = torch.cat(" in said
    assert "3 rows, of which 3 end" in said


def test_k2_the_last_action_is_seen_by_aim_and_by_a_run():
    report = clinic.report(
        td_target=lambda reward, terminated, q_next, gamma: (
            reward + gamma * q_next[..., -1] * ~terminated
        )
    )
    assert report.like == ("the last action for the best",)
    failing = {result.probe for result in report.results if not result.healthy}
    assert failing == {"choices"}


def test_k19_a_part_that_takes_one_learner_is_told_its_axes_and_its_line():
    def td_target(reward, terminated, q_next, gamma):
        return reward + gamma * q_next.max(1)[0] * (1 - terminated.float())

    report = clinic.report(td_target=td_target)
    assert report.verdict.startswith("It stops. RuntimeError")
    assert "`return reward + gamma * q_next.max(1)[0]" in report.verdict
    assert "Parts get [S, B] and [S, B, A]" in report.verdict


# --- what is brought in another form -------------------------------------------------------


def test_fields_say_what_is_not_understood():
    def strange(b, o, t, optimizer, gamma):
        one, two, three, four, five = b
        future = t(three).detach().amax(1) * ~five
        step(F.mse_loss(o(one).gather(1, two[:, None])[:, 0], four + gamma * future), optimizer)

    found = aims_of(strange)
    assert found.faults or found.stopped
    order = "states actions next_states rewards dones"
    assert aims_of(strange, order).faults == ()
    assert aims_of(strange, lambda b: (b[0], b[1], b[3], b[2], b[4])).faults == ()

    def odd(b, o, t, optimizer, gamma):
        future = t(b.next_obs).detach().amax(1) * ~b.terminated
        step(F.mse_loss(values(b, o), b.prize + gamma * future), optimizer)

    assert "the batch has no field 'prize'" in aims_of(odd).stopped
    assert aims_of(odd, {"prize": "reward"}).faults == ()
    with pytest.raises(ValueError, match="fields: 'wages' is no field"):
        aims_of(odd, "obs wages")


def test_what_has_no_formula_is_shown_row_by_row():
    def odd(b, o, t, optimizer, gamma):
        step(F.mse_loss(values(b, o), y(b, t, gamma).square()), optimizer)

    report = clinic.report(odd)
    assert report.like == (a.UNKNOWN,)
    head, first, *_ = report.card.details["row by row"].splitlines()
    assert head.split()[-2:] == ["at", "right"]
    aims_at, right = map(float, first.split()[-2:])
    assert aims_at == pytest.approx(right**2, abs=2e-3)


def test_a_batch_that_is_written_to_is_told():
    def clips_in_place(b, o, t, optimizer, gamma):
        b.reward.clamp_(-1, 1)
        step(F.mse_loss(values(b, o), y(b, t, gamma)), optimizer)

    found = aims_of(clips_in_place)
    assert "it writes into its batch: reward" in found.dialect
    assert found.aim.reward.startswith("clip")


def test_other_actions_that_move_are_named():
    def pulls_all(b, o, t, optimizer, gamma):
        full = t(b.obs).detach().clone()
        full[torch.arange(len(full)), b.action] = y(b, t, gamma)
        step(F.mse_loss(o(b.obs), full), optimizer)

    assert aims_of(pulls_all).faults == ("values of other actions move",)


def test_the_curve_of_the_pull_is_drawn():
    report = clinic.report(k1)
    errors, pulls = report.aims.curve
    far = pulls[errors == 10] / pulls[errors == 0.5]
    assert far == pytest.approx(2, rel=1e-3)  # linear beyond 1, so 1 against 0.5
    assert "<img" in report._repr_mimebundle_()["text/html"]
    with pytest.raises(ValueError, match="no curve"):
        clinic.report(k5).curve()


# --- random compositions -------------------------------------------------------------------

PICKS = {
    "max": lambda q: q.amax(1),
    "min": lambda q: q.amin(1),
    "mean": lambda q: q.mean(1),
    "sum": lambda q: q.sum(1),
    "first action": lambda q: q[:, 0],
    "last action": lambda q: q[:, -1],
    "index": lambda q: q.argmax(1).float(),
}
REWARDS = {
    "r": lambda r: r,
    "clip(r, −1, 1)": lambda r: r.clamp(-1, 1),
    "sign(r)": torch.sign,
    "": torch.zeros_like,
}
MASKS = {
    "right": lambda b: ~b.terminated,
    "none": lambda b: torch.ones_like(b.terminated),
    "reversed": lambda b: b.terminated,
    "truncated too": lambda b: ~(b.terminated | b.truncated),
}
LOSSES = [F.mse_loss, F.smooth_l1_loss, lambda q, goal: (goal - q).clamp(-1, 1).square().sum()]
PLACES = st.tuples(st.sampled_from(["target", "online"]), st.sampled_from(["next", "this"]))


@settings(max_examples=60)
@given(
    reward=st.sampled_from(sorted(REWARDS)),
    discount=st.sampled_from([GAMMA, 1.0, GAMMA**2, 0.9, 0.31]),
    pick=st.sampled_from(sorted(PICKS)),
    place=PLACES,
    chooser=PLACES,
    over_batch=st.booleans(),
    mask=st.sampled_from(sorted(MASKS)),
    masked=st.booleans(),
    loss=st.sampled_from(LOSSES),
)
def test_a_composition_is_recovered(
    reward, discount, pick, place, chooser, over_batch, mask, masked, loss
):
    own = ("online", "this")  # its target moves with the value that is asked about
    assume(own not in (place, chooser))
    assume(not masked or (mask != "none" and reward))
    assume(reward or mask != "none" or not over_batch)  # or else all rows are alike
    chooser = chooser if pick == "max" else place
    # One number for all rows can be had in several ways: the usual one.
    plain = pick == "max" and chooser == place and discount not in (0.9, 0.31)
    assume(plain or not over_batch)

    def update(b, online, target, optimizer, gamma):
        def look(where):
            net = {"online": online, "target": target}[where[0]]
            return net({"next": b.next_obs, "this": b.obs}[where[1]]).detach()

        q, kept = look(place), MASKS[mask](b)
        value = PICKS[pick](q)
        if pick == "max" and chooser != place:
            value = q[torch.arange(len(q)), look(chooser).argmax(1)]
        value = value.max().expand(len(q)) if over_batch else value
        first = REWARDS[reward](b.reward) * (kept if masked else 1)
        step(loss(values(b, online), first + discount * value * kept), optimizer)

    found = aims_of(update).aim
    assert found == Aim(reward, discount, pick, place, chooser, over_batch, mask, masked)
