"""`double`, `n_step` and `layer_norm`: fields of one loop, whose defaults leave all as it was."""

import inspect
import json
from dataclasses import asdict, replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from gymnasium import spaces
from hypothesis import given
from hypothesis import strategies as st

from dqn_lessons import td
from dqn_lessons.config import DQNConfig, stated
from dqn_lessons.experiments import checkpoint
from dqn_lessons.experiments.sweep import result_path
from dqn_lessons.nets import StackedMLP
from dqn_lessons.replay import Replay, Transition, n_step_return
from dqn_lessons.train import Run, train
from tests.core.test_gradients import batch_of
from tests.core.test_train import SMALL, quiet, same

NEW = {"double": True, "n_step": 3, "layer_norm": True}
# The online network picks action 2, 0, 1, 2; the plain target would take 1, 0, 1, 2.
ONLINE = torch.tensor([[0.0, 1.0, 3.0], [2.0, 1.0, 0.0], [-4.0, -3.0, -8.0], [0.0, 0.1, 0.2]])
TARGET = torch.tensor([[1.0, 5.0, 2.0], [9.0, 0.0, 0.0], [-4.0, -3.0, -8.0], [0.0, 0.0, 0.5]])
REWARD, ENDED = torch.tensor([1.0, 2.0, 3.0, -1.0]), torch.tensor([False, True, False, False])


def test_double_target_by_hand():
    y = td.double_td_target(REWARD, ENDED, ONLINE, TARGET, 0.9)
    torch.testing.assert_close(y, torch.tensor([2.8, 2.0, 0.3, -0.55]))
    stacked = [part.view(2, 2, *part.shape[1:]) for part in (REWARD, ENDED, ONLINE, TARGET)]
    assert torch.equal(td.double_td_target(*stacked, 0.9).flatten(), y)
    plain = td.td_target(REWARD, ENDED, TARGET, 0.9)
    assert torch.equal(td.double_td_target(REWARD, ENDED, TARGET, TARGET, 0.9), plain)
    with pytest.raises(ValueError, match=r"q_online \[3\]"):
        td.double_td_target(REWARD, ENDED, ONLINE[:3], TARGET, 0.9)


def test_double_target_is_rlax_s():
    """What `rlax.double_q_learning` 0.1.9 says of eight rows, each with a discount of its own."""
    rows, numbers = np.arange(8), np.arange(32).reshape(8, 4)
    online, target = 3 * np.sin(1.7 * numbers).round(2), 3 * np.cos(2.3 * numbers).round(2)
    assert (online.argmax(1) != target.argmax(1)).sum() == 5
    given = np.sin(rows + 0.5).round(2), rows % 4 == 3, online, target, 0.9 ** (1 + rows % 3)
    y = td.double_td_target(*map(torch.from_numpy, given))
    rlax = [-1.329, 2.1664, 2.5683, -0.35, 0.5266, -2.61269, 2.218, 0.94]
    np.testing.assert_allclose(y, rlax, atol=1e-5)


def test_n_step_return_by_hand():
    reward, no = np.array([1.0, 2.0, 4.0]), np.zeros(3, bool)
    ends = [no, np.array([0, 0, 1], bool), np.array([0, 1, 0], bool), np.array([1, 0, 1], bool)]
    found = [n_step_return(reward, ended, 0.5) for ended in ends]
    assert [float(total) for total, _ in found] == [3, 3, 2, 1]
    assert [int(steps) for _, steps in found] == [3, 3, 2, 1]


@given(
    capacity=st.integers(1, 12),
    ends=st.lists(st.sampled_from(["", "", "terminated", "truncated"]), min_size=1, max_size=40),
    n=st.integers(2, 5),
)
def test_windows_are_those_of_a_list(capacity, ends, n):
    """Every window of the ring, found again in a plain list of all that happened."""
    replay = Replay(capacity, 1, [np.random.default_rng(s) for s in range(2)], n, 0.9)
    steps = []
    for t, end in enumerate(ends):
        steps.append((1.0 + t * t, t + 0.5, end))
        terminated = np.full(2, end == "terminated")
        obs = np.array([[t], [t + 1000.0]])
        ended = np.full(2, bool(end))
        replay.add(obs, [t, t], np.full(2, 1.0 + t * t), obs + 0.5, terminated, ended)
    batch = replay.sample(len(replay))
    for s, b in np.ndindex(2, len(replay)):
        first = int(batch.action[s, b])
        assert max(len(steps) - capacity, 0) <= first < len(steps)
        total, discount = 0.0, 1.0
        for reward, after, end in steps[first : first + n]:  # the list ends with the newest
            total, discount, last = total + discount * reward, discount * 0.9, after
            if end:
                break
        assert batch.obs[s, b, 0] == first + 1000 * s
        assert batch.reward[s, b] == pytest.approx(total)
        assert batch.next_obs[s, b, 0] == last + 1000 * s
        assert batch.terminated[s, b] == (end == "terminated")
        assert replay.discount[s, b] == pytest.approx(discount)


END = st.sampled_from(["", "", "terminated", "truncated"])


@given(
    capacity=st.integers(1, 12),
    ends=st.lists(st.tuples(END, END), min_size=1, max_size=40),
    n=st.integers(1, 5),
    gamma=st.sampled_from([0.5, 0.9, 0.99, 1.0]),
    seed=st.integers(0, 99),
)
def test_windows_are_those_of_stable_baselines3(capacity, ends, n, gamma, seed):
    """Two learners whose episodes end apart, in rings that wrap, against a buffer for each.

    Theirs is told of a truncation in ``infos``. By design it differs from ours in two things that
    are not compared: with ``handle_timeout_termination=False`` a truncation is an end, and one
    buffer for several environments draws the environment of each row anew.
    """
    buffers = pytest.importorskip("stable_baselines3.common.buffers")
    if not hasattr(buffers, "NStepReplayBuffer"):
        pytest.skip("stable-baselines3 < 2.7 has no NStepReplayBuffer")
    box, rng = spaces.Box(-np.inf, np.inf, (2,), np.float32), np.random.default_rng(seed)
    options = {"device": "cpu", "n_steps": n, "gamma": gamma}
    theirs = [
        buffers.NStepReplayBuffer(capacity, box, spaces.Discrete(99), **options) for _ in range(2)
    ]
    ours = Replay(capacity, 2, [np.random.default_rng([seed, s]) for s in range(2)], n, gamma)
    for t, end in enumerate(ends):
        terminated, truncated = (np.array(end) == kind for kind in ("terminated", "truncated"))
        (obs, after), reward = rng.normal(size=(2, 2, 2)), rng.normal(size=2)
        ours.add(obs, [t, t], reward, after, terminated, terminated | truncated)
        for s, buffer in enumerate(theirs):
            infos = [{"TimeLimit.truncated": bool(truncated[s])}]
            row = obs[s : s + 1], after[s : s + 1], np.array([t]), reward[s : s + 1]
            buffer.add(*row, np.array([bool(end[s])]), infos)
    batch = ours.sample(len(ours))
    discount = np.broadcast_to(np.asarray(ours.discount), (2, len(ours)))
    for s, buffer in enumerate(theirs):
        sampled = buffer._get_samples(batch.action[s] % capacity)
        for mine, its in (
            (batch.obs, sampled.observations),
            (batch.action, sampled.actions[:, 0]),
            (batch.reward, sampled.rewards[:, 0]),
            (batch.next_obs, sampled.next_observations),
            (batch.terminated, sampled.dones[:, 0]),
            (discount, sampled.discounts[:, 0]),
        ):
            np.testing.assert_allclose(mine[s], its, rtol=1e-5, atol=1e-6)


def test_stable_baselines3_learns_from_the_same_three_step_targets():
    """The loss of its whole gradient step. It has no Double DQN, so that is compared above."""
    sb3 = pytest.importorskip("stable_baselines3")
    if "n_steps" not in inspect.signature(sb3.DQN).parameters:
        pytest.skip("stable-baselines3 < 2.7 has no n-step targets")
    rng, count, policy = np.random.default_rng(0), 64, {"net_arch": []}
    model = sb3.DQN(
        "MlpPolicy", "CartPole-v1", buffer_size=count, n_steps=3, gamma=0.9, policy_kwargs=policy
    )
    model.set_logger(sb3.common.logger.Logger(None, []))
    each = SimpleNamespace(random=lambda out: np.divide(np.arange(count) + 0.5, count, out=out))
    ours, theirs = Replay(count, 4, [each], 3, 0.9), model.replay_buffer
    for _ in range(100):
        (obs, after), action = rng.normal(size=(2, 1, 4)), rng.integers(2, size=1)
        reward, (terminated, truncated) = 3 * rng.normal(size=1), rng.random((2, 1)) < 0.2
        ours.add(obs, action, reward, after, terminated, terminated | truncated)
        infos = [{"TimeLimit.truncated": bool(truncated[0] and not terminated[0])}]
        theirs.add(obs, after, action, reward, terminated | truncated, infos)
    for param in model.q_net_target.parameters():
        param.data.normal_(generator=torch.Generator().manual_seed(1))
    seen = Transition(*(torch.from_numpy(part[0]) for part in ours.sample(count)))
    with torch.no_grad():
        q_next, gamma = model.q_net_target(seen.next_obs), torch.from_numpy(ours.discount[0])
        y = td.td_target(seen.reward, seen.terminated, q_next, gamma)
        loss = td.td_loss(td.q_of_action(model.q_net(seen.obs), seen.action), y, "huber")
    theirs.sample = lambda *_args, **_options: theirs._get_samples(np.arange(count))
    model.train(1, count)
    assert model.logger.name_to_value["train/loss"] == pytest.approx(loss.item(), rel=1e-5)


@pytest.mark.parametrize("learners", [1, 3])
def test_one_step_is_what_it_was(learners):
    """The same rows, dtype and draws as without windows, and a discount that is a number."""
    one, three = (
        Replay(9, 1, [np.random.default_rng(s) for s in range(learners)], n, 0.9) for n in (1, 3)
    )
    for t in range(20):
        obs = np.full((learners, 1), t)
        for replay in (one, three):
            replay.add(obs, obs[:, 0], obs[:, 0], obs + 1, obs[:, 0] % 4 == 0)
    assert one.discount == 0.9
    assert "ended" not in one.rows.dtype.names
    assert np.array_equal(one.sample(6).obs, three.sample(6).obs)


@pytest.mark.parametrize("hidden", [(), (6,), (7, 5)])
def test_layer_norm_is_pytorch_s(hidden):
    net = StackedMLP((4, *hidden, 3), [np.random.default_rng(s) for s in range(2)], True)
    plain = StackedMLP((4, *hidden, 3), [np.random.default_rng(s) for s in range(2)])
    assert np.array_equal(net.flat, plain.flat)
    obs = torch.randn(2, 9, 4)
    q = net(obs)
    np.testing.assert_allclose(net.values(obs.numpy()), q.detach(), atol=1e-5)
    assert np.allclose(plain(obs).detach(), q.detach()) == (not hidden)
    q.square().sum().backward()
    for s in range(2):
        alone = net.learner(s)
        norms = [part for part in alone if isinstance(part, torch.nn.LayerNorm)]
        assert len(norms) == len(hidden)
        alone(obs[s]).square().sum().backward()
        torch.testing.assert_close(alone(obs[s]), q[s], atol=1e-5, rtol=1e-5)
        linears = [part for part in alone if isinstance(part, torch.nn.Linear)]
        for linear, weight in zip(linears, net.weights, strict=True):
            torch.testing.assert_close(linear.weight.grad, weight.grad[s], atol=1e-4, rtol=1e-4)
    with pytest.raises(ValueError, match=r"layer_norm = True: .*online.values"):
        net.layers(0)


@given(
    new=st.fixed_dictionaries(
        {"double": st.booleans(), "n_step": st.integers(1, 4), "layer_norm": st.booleans()}
    ),
    hidden=st.lists(st.integers(2, 20), max_size=3),
    values=st.sampled_from([None, (-0.1, 0.2)]),
    seed=st.integers(0, 99),
)
def test_gradients_by_hand_are_autograd_s(new, hidden, values, seed):
    config = replace(SMALL, env_id="CartPole-v1", hidden_sizes=tuple(hidden), value_range=values)
    run, rng = Run(replace(config, **new), [seed, seed + 1]), np.random.default_rng(seed)
    run.target.flat[:] = rng.normal(size=run.target.flat.shape) / 3
    batch = batch_of(2, 16, rng)
    if new["n_step"] > 1:
        run.replay.discount = rng.random((2, 16)).astype(np.float32)
    results = []
    own = td.double_td_target if new["double"] else td.td_target
    for find, target in (
        (run.autograd_gradients, None),
        (run.gradients, None),
        (run.gradients, own),
    ):
        results.append([*find(batch, target), run.online.flat_grad.copy()])
    for others in results[1:]:
        for theirs, ours in zip(results[0], others, strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-5 * np.abs(theirs).max() + 1e-12)


def test_without_lag_double_and_plain_are_the_same_to_the_last_bit():
    """With a sync after every update one network picks and judges."""
    config = replace(SMALL, steps=400, target_period=1)
    plain, double = (quiet(replace(config, double=double), [0, 1]) for double in (False, True))
    assert np.array_equal(plain.online.flat, double.online.flat)
    lagged = [quiet(replace(config, target_period=20, double=d), [0, 1]) for d in (False, True)]
    assert not np.array_equal(lagged[0].online.flat, lagged[1].online.flat)


@pytest.mark.parametrize(("world", "value"), [("OneStateEnd", 2.0), ("OneStateCut", 200.0)])
def test_windows_stop_at_an_end_and_bootstrap_at_a_truncation(world, value):
    """One state that pays 2, over after a step: an end is worth 2; cut short, 2 / (1 - gamma)."""
    config = DQNConfig(
        f"dqn_lessons/{world}-v0", steps=2_500, hidden_sizes=(), gamma=0.99, n_step=3,
        learning_rate=0.5, learning_rate_end=0.0, batch_size=8, replay_capacity=50,
        learning_starts=8, update_period=1, target_period=1, eval_period=2_500, eval_episodes=1,
    )  # fmt: skip
    q = train(config, [0, 1], progress=False).history.q_probe[:, -1, 0]
    np.testing.assert_allclose(q, value, rtol=0.02)


def test_n_steps_per_sync():
    """Endless reward 1 per step: after k used syncs a value holds n (k + 1) rewards."""
    n, k, gamma = 3, 4, 0.9
    config = DQNConfig(
        "dqn_lessons/TimeLimit-v0", steps=5_000, hidden_sizes=(), gamma=gamma, n_step=n,
        learning_rate=0.05, batch_size=64, replay_capacity=5_000, learning_starts=64,
        update_period=1, target_period=-(-(5_000 - 63) // (k + 1)), eval_period=5_000,
        eval_episodes=1,
    )  # fmt: skip
    history = train(config, [0, 1], progress=False).history
    # Windows that a truncation cuts, here after ten steps, hold fewer rewards.
    most = (1 - gamma ** (n * (k + 1))) / (1 - gamma)
    fewest = (1 - gamma ** ((n - 0.5) * (k + 1))) / (1 - gamma)
    assert ((history.q_probe[:, -1, 0] > fewest) & (history.q_probe[:, -1, 0] < most)).all()


@pytest.mark.parametrize("name", NEW)
def test_what_each_field_does_is_resumed_bit_for_bit(tmp_path, name):
    config = replace(SMALL, **{name: NEW[name]})
    whole, half = quiet(config, [0, 1]), quiet(replace(config, steps=150), [0, 1])
    assert not np.array_equal(whole.online.flat, quiet(SMALL, [0, 1]).online.flat)
    checkpoint.save(tmp_path / "run.npz", half)
    again = checkpoint.load(tmp_path / "run.npz")
    assert again.config == half.config
    same(train(config, [0, 1], resume=again, progress=False), whole)
    checkpoint.save_history(tmp_path / "history.npz", whole.history)
    assert checkpoint.load_history(tmp_path / "history.npz").config == config


def test_results_of_the_defaults_keep_their_names():
    """A file is named after what is stated, so a field that came later is left out."""
    old = {name: value for name, value in asdict(DQNConfig()).items() if name not in NEW}
    assert stated(DQNConfig()) == json.loads(json.dumps(old)) | {"hidden_sizes": (64, 64)}
    names = {result_path("", DQNConfig(**{name: NEW[name]}), [0]).name for name in NEW}
    assert len(names | {result_path("", DQNConfig(), [0]).name}) == 4
    assert result_path("", DQNConfig(), range(16)).name == "CartPole-v1-f3d78182a80a1ae9.npz"


@pytest.mark.parametrize(
    ("fields", "error", "said"),
    [
        ({"double": 1}, TypeError, r"double = 1 is a int: it must be True or False"),
        ({"layer_norm": "yes"}, TypeError, r"layer_norm = 'yes'"),
        ({"n_step": 0}, ValueError, r"n_step = 0: it must be in \[1, 1000\]"),
        ({"n_step": True}, TypeError, r"n_step = True"),
        (
            {"n_step": 3, "replay_capacity": 2, "batch_size": 1},
            ValueError,
            r"n_step = 3 > replay_capacity = 2: it must be at most 2. .*lower n_step or raise",
        ),
    ],
)
def test_what_is_wrong_is_named(fields, error, said):
    with pytest.raises(error, match=said):
        DQNConfig(**fields)
