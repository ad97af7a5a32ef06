"""The loop against a second one written plainly, closed forms, and planted mistakes."""

import os
import signal
from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest
import torch

from dqn_classroom.clinic import diagnostics
from dqn_classroom.clinic.inject import replaced
from dqn_classroom.clinic.probes import values_after_sgd
from dqn_lessons import td
from dqn_lessons import train as train_module
from dqn_lessons.config import DQNConfig
from dqn_lessons.rng import Exploration, RngStreams
from dqn_lessons.train import Run, evaluate, train
from tests.core import gym_helpers

SMALL = DQNConfig(
    steps=300,
    hidden_sizes=(16,),
    batch_size=8,
    replay_capacity=60,
    learning_starts=20,
    update_period=2,
    target_period=7,
    epsilon_duration=100,
    eval_period=100,
    eval_episodes=2,
)
VANILLA = replace(
    SMALL, replay_capacity=1, batch_size=1, learning_starts=1, update_period=1, target_period=1
)


def quiet(config, seeds, **kwargs):
    return train(config, seeds, progress=False, **kwargs)


def weights(run, s=0):
    return torch.cat([param[s].flatten().detach() for param in run.online.parameters()])


def same(one, two):
    for a, b in ((one.online, two.online), (one.target, two.target)):
        for x, y in zip(a.parameters(), b.parameters(), strict=True):
            assert torch.equal(x, y)
    assert one.history.episodes.tobytes() == two.history.episodes.tobytes()
    np.testing.assert_equal(one.history.q_probe, two.history.q_probe)
    np.testing.assert_equal(one.history.eval_return, two.history.eval_return)
    np.testing.assert_equal(one.history.loss, two.history.loss)
    assert np.array_equal(one.obs, two.obs)
    assert (one.step, one.updates) == (two.step, two.updates)


def plain_loop(config, seed):
    """DQN for one learner, with lists, torch.nn, torch.optim and gym.make."""
    streams = RngStreams.spawn(seed)
    net, frozen = (Run(config, [seed]).online.learner(0) for _ in range(2))
    adam = torch.optim.Adam(net.parameters(), lr=config.learning_rate)
    explore = np.random.default_rng(streams.exploration)
    rng = np.random.default_rng(streams.replay)
    env, memory, updates, returns = gym.make(config.env_id), [], 0, [0.0]
    obs, _ = env.reset(seed=streams.env_seed())
    for step in range(config.steps):
        coin, pick = explore.random(2)
        progress = min(step / config.epsilon_duration, 1)
        epsilon = config.epsilon_start + progress * (config.epsilon_end - config.epsilon_start)
        action = int(pick * 2) if coin < epsilon else int(net(torch.tensor(obs)).argmax())
        next_obs, reward, terminated, truncated, _ = env.step(action)
        memory = [*memory, (obs, action, reward, next_obs, terminated)][-config.replay_capacity :]
        returns[-1] += reward
        obs = next_obs
        if terminated or truncated:
            obs, _ = env.reset()
            returns.append(0.0)
        if step + 1 >= config.learning_starts and (step + 1) % config.update_period == 0:
            # the ring buffer's row of the i-th oldest transition
            start = (step + 1) % config.replay_capacity if step >= config.replay_capacity else 0
            rows = [int(u * len(memory)) for u in rng.random(config.batch_size)]
            loss = 0.0
            for row in rows:
                o, a, r, n, end = memory[(row - start) % len(memory)]
                with torch.no_grad():
                    y = r if end else r + config.gamma * frozen(torch.tensor(n)).max()
                loss = loss + (net(torch.tensor(o))[a] - y) ** 2 / config.batch_size
            if config.learning_rate_end is not None:
                walked = (step + 1) / config.steps
                way = config.learning_rate_end - config.learning_rate
                adam.param_groups[0]["lr"] = config.learning_rate + walked * way
            adam.zero_grad()
            loss.backward()
            adam.step()
            updates += 1
            if updates % config.target_period == 0:
                frozen.load_state_dict(net.state_dict())
    return net, returns[:-1], updates


RESTING = replace(SMALL, learning_rate=3e-3, learning_rate_end=1e-4)


@pytest.mark.parametrize(
    "config", [SMALL, VANILLA, RESTING], ids=["replay and target", "vanilla", "comes to rest"]
)
def test_train_is_the_plain_loop(config):
    net, returns, updates = plain_loop(config, 3)
    run = quiet(config, [3])
    assert run.updates == updates > 100
    assert run.history.episodes["return"].tolist() == returns
    for ours, theirs in zip(run.online.learner(0).parameters(), net.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-3)


def test_a_learner_is_the_same_alone_and_among_sixteen():
    wide = {"hidden_sizes": (64, 64), "batch_size": 64, "replay_capacity": 1000}
    config = replace(SMALL, steps=118, learning_starts=64, update_period=1, **wide)
    together = quiet(config, range(16))
    assert together.updates == 55
    for s in (0, 7, 15):
        alone = quiet(config, [s])
        assert torch.equal(weights(together, s), weights(alone))
        ours = together.history.episodes
        np.testing.assert_array_equal(
            ours[ours["seed"] == s]["return"], alone.history.episodes["return"]
        )


def test_disturbing_one_learner_changes_no_other():
    runs = [quiet(replace(SMALL, steps=100), [0, 1, 2]) for _ in range(2)]
    with torch.no_grad():
        for param in runs[1].online.parameters():
            param[1] *= -1
    one, two = (quiet(SMALL, [0, 1, 2], resume=run) for run in runs)
    assert torch.equal(weights(one, 0), weights(two, 0))
    assert torch.equal(weights(one, 2), weights(two, 2))
    assert not torch.equal(weights(one, 1), weights(two, 1))


def test_a_learning_rate_that_stays_is_a_constant_one():
    same(quiet(SMALL, [1]), quiet(replace(SMALL, learning_rate_end=SMALL.learning_rate), [1]))


def test_a_learning_rate_of_zero_at_the_end_stops_learning():
    run = quiet(replace(SMALL, learning_rate_end=0.0), [1])
    before = weights(run)
    run.update()
    assert torch.equal(weights(run), before)


def test_the_same_seeds_give_the_same_run_and_others_another():
    same(quiet(SMALL, [4, 9]), quiet(SMALL, [4, 9]))
    one, two = quiet(SMALL, [4]), quiet(SMALL, [5])
    assert not torch.equal(weights(one), weights(two))
    assert not np.array_equal(one.history.episodes["length"], two.history.episodes["length"])


def test_the_global_generators_are_neither_read_nor_moved():
    states = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
        states.append(quiet(SMALL, [4]))
        assert torch.equal(before[0], torch.get_rng_state())
        assert np.array_equal(before[1], np.random.get_state()[1])  # noqa: NPY002
    same(*states)


def test_looking_is_free():
    rarely = quiet(SMALL, [1, 2])
    often = quiet(replace(SMALL, eval_period=10, eval_episodes=3), [1, 2])
    assert torch.equal(weights(rarely, 1), weights(often, 1))
    assert rarely.history.episodes.tobytes() == often.history.episodes.tobytes()
    np.testing.assert_array_equal(rarely.history.q_probe, often.history.q_probe[:, 9::10])
    halved = quiet(replace(SMALL, eval_period=50), [1, 2]).history
    np.testing.assert_array_equal(rarely.history.eval_return, halved.eval_return[:, 1::2])


def test_two_configurations_with_the_same_seeds_are_paired():
    one = Run(SMALL, [3, 4])
    two = Run(VANILLA, [3, 4])
    assert torch.equal(weights(one, 1), weights(two, 1))
    assert np.array_equal(one.obs, two.obs)
    for ours, theirs in zip(one.exploration.at(0), two.exploration.at(0), strict=True):
        assert np.array_equal(ours, theirs)


def test_exploration_draws_are_those_of_a_plain_generator():
    plain = np.random.default_rng(5).random((2100, 2))
    blocks = Exploration([np.random.default_rng(5)], 3)
    late = Exploration([np.random.default_rng(5)], 3, start=1500)
    for t, (coin, pick) in enumerate(plain):
        for exploration in [blocks, late][: 1 + (t >= 1500)]:
            ours = exploration.at(t)
            assert (ours[0][0], ours[1][0]) == (coin, int(3 * pick))


# --- ends of episodes -------------------------------------------------------------------------


@pytest.mark.parametrize("env_id", ["tests/TimeLimit-v0", "CartPole-v1"])
def test_what_is_stored_is_what_happened(env_id):
    config = replace(SMALL, env_id=env_id, replay_capacity=300, update_period=300, gamma=0.9)
    run = quiet(config, [0, 1, 2])
    rows, ends = run.replay.rows, run.history.episodes
    for s in range(3):
        stamps = ends[ends["seed"] == s]["step"]
        follows = np.all(rows["next_obs"][s, :-1] == rows["obs"][s, 1:], axis=1)
        assert np.array_equal(np.flatnonzero(~follows) + 1, stamps[stamps < 300])
        if env_id == "tests/TimeLimit-v0":
            start, time = rows["next_obs"][s].T
            assert np.array_equal(time, rows["obs"][s, :, 1] + 1)
            assert np.array_equal(start, rows["obs"][s, :, 0])
            assert np.array_equal(rows["terminated"][s], (start % 2 == 0) & (time == 4))
            assert np.array_equal(stamps, np.flatnonzero((time == 6) | rows["terminated"][s]) + 1)


@pytest.mark.parametrize(
    ("kwargs", "expected"),
    [
        ({}, 5.9099),
        ({"world": "OneStateCut"}, 5.9099),  # cut short by the clock: a future remains
        ({"world": "OneStateEnd"}, 2.0),  # nothing follows
        ({"target_period": 1}, 27.8713),  # synced at every update
        ({"target_period": 10_000}, 2.0),  # never synced
        ({"tau": 1.0}, 27.8713),
        ({"value_range": (0.0, 1000.0)}, 5.9099),  # a limit that is never met
        ({"value_range": (0.0, 1e-9)}, 2.0),  # what comes next is believed to be worth nothing
    ],
)
def test_one_state_has_a_closed_form(kwargs, expected):
    assert one_state(**kwargs) == pytest.approx([expected], abs=1e-3)


def one_state(world="OneState", **kwargs):
    """The value of each learner after 150 updates with SGD, a copy every 50."""
    return values_after_sgd(world, **kwargs)[:, 0, 0].tolist()


def test_closed_forms_are_the_table_s():
    sgd = {"reward": 2.0, "gamma": 0.99, "learning_rate": 0.05, "updates": 150}
    assert diagnostics.expected_value(**sgd, target_period=50) == pytest.approx(5.9099, abs=1e-4)
    assert diagnostics.expected_value(**sgd, target_period=1) == pytest.approx(27.8713, abs=1e-4)


def test_neither_learners_nor_rows_change_the_step_size():
    assert one_state(seeds=(0, 1, 2)) == pytest.approx([5.9099] * 3, abs=1e-3)
    batch = one_state(batch_size=2, replay_capacity=2, learning_starts=2, steps=151)
    assert batch == pytest.approx([5.9099], abs=1e-3)


@pytest.mark.parametrize(
    ("bug", "world", "shows"),
    [
        (lambda r, e, q, g: r + g * q.amax(-1), "OneStateEnd", 5.9099),  # no mask
        (lambda r, e, q, g: r + 0.05 * q.amax(-1) * ~e, "OneState", 2.1049),  # epsilon
        (lambda r, e, q, g: r * ~e + g * q.amax(-1) * ~e, "OneStateEnd", 0.0),
    ],
)
def test_a_student_s_bug_shows_its_own_number(bug, world, shows):
    with replaced({"td.td_target": bug}):
        assert one_state(world) == pytest.approx([shows], abs=1e-3)


def test_a_student_s_target_of_the_wrong_shape_is_named():
    with pytest.raises(ValueError, match=r"target \[2, 8, 1\]"):
        quiet(SMALL, [0, 1], td_target=lambda r, e, q, g: (r + q.amax(-1))[..., None])
    with pytest.raises(ValueError, match=r"target \[\]"):
        quiet(SMALL, [0], td_target=lambda r, e, q, g: q.amax())


# --- records ----------------------------------------------------------------------------------


def test_history_has_the_promised_shapes_and_numbers():
    seen = []
    run = quiet(SMALL, [7, 2], on_eval=lambda run: seen.append(run.history))
    history = run.history
    assert [h.step for h in seen] == history.eval_step.tolist() == [100, 200, 300]
    assert not seen[0].complete
    assert history.complete
    for name in ("eval_return", "loss", "td_error", "action_gap", "max_abs_q"):
        assert getattr(history, name).shape == (2, 3), name
        assert np.isfinite(getattr(history, name)).all(), name
    assert history.q_probe.shape == (2, 3, 64)
    q = run.online(torch.from_numpy(run.probe_obs).expand(2, -1, -1)).detach()
    np.testing.assert_allclose(history.q_probe[:, -1], q.amax(-1), rtol=1e-6)
    np.testing.assert_allclose(history.max_abs_q[:, -1], q.abs().amax((1, 2)), rtol=1e-6)
    gap = (q[..., 0] - q[..., 1]).abs().mean(1)
    np.testing.assert_allclose(history.action_gap[:, -1], gap, rtol=1e-4)
    episodes = history.episodes
    for seed in (7, 2):
        mine = episodes[episodes["seed"] == seed]
        assert mine["episode"].tolist() == list(range(len(mine)))
        assert np.array_equal(np.cumsum(mine["length"]), mine["step"])
        assert np.array_equal(mine["return"], mine["length"])
    last_step = td.linear_schedule(episodes["step"] - 1, 1.0, 0.05, 100)
    np.testing.assert_allclose(episodes["epsilon"], last_step)
    assert np.isnan(episodes["loss"][episodes["step"] < 20]).all()
    assert np.isfinite(episodes["loss"][episodes["step"] > 22]).all()


def test_losses_are_means_since_the_last_evaluation():
    coarse = quiet(SMALL, [3]).history
    fine = quiet(replace(SMALL, eval_period=2, eval_episodes=1), [3]).history  # one update each
    for name in ("loss", "td_error"):
        means = np.nanmean(getattr(fine, name).reshape(3, 50), axis=1)
        np.testing.assert_allclose(getattr(coarse, name)[0], means, rtol=1e-5)
    assert (fine.td_error[0, 20:] ** 2 <= fine.loss[0, 20:] * (1 + 1e-5)).all()


def test_evaluation_is_greedy_and_undiscounted():
    run = quiet(SMALL, [0, 1])
    returns = evaluate(run.online, "CartPole-v1", [5, 6], episodes=3)
    for s, seed in enumerate((5, 6)):
        net, env = run.online.learner(s), gym.make("CartPole-v1")
        for e, env_seed in enumerate(RngStreams.spawn(seed).evaluation_seeds(3)):
            obs, _ = env.reset(seed=env_seed)
            total, over = 0.0, False
            while not over:
                obs, reward, terminated, truncated, _ = env.step(
                    int(net(torch.tensor(obs)).argmax())
                )
                total, over = total + reward, terminated or truncated
            assert returns[s, e] == total


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"seeds": [5]}, r"seeds = \[5\]: it must be one for each of 2 learners. Use"),
        ({"seeds": 5}, "seeds = 5 is a int: it must be a list"),
        ({"seeds": [5, None]}, "seeds = None is a NoneType"),
        ({"seeds": [None, None]}, "seeds = "),
        ({"seeds": [5, -1]}, "seeds = -1: it must be >= 0"),
        ({"seeds": [5, (6, 1.5)]}, "seeds = 1.5 is a float"),
        ({"seeds": "56"}, "seeds = '5' is a str"),
        ({"seeds": [True, False]}, "seeds = True"),
        ({"episodes": 0}, "episodes = 0"),
        ({"episodes": 10**9}, r"episodes = 1000000000: it must be in \[1, 10000\]"),
        ({"net": None}, "net = None is a NoneType: it must be a network"),
        ({"env_id": "Acrobot-v1"}, r"env_id = 'Acrobot-v1' has \(6, 3\).* net \(4, 16, 2\)"),
    ],
)
def test_what_cannot_be_evaluated_is_named(changes, said):
    arguments = {"net": Run(SMALL, [0, 1]).online, "env_id": "CartPole-v1", "seeds": [5, 6]}
    with pytest.raises((TypeError, ValueError), match=said):
        evaluate(**arguments | changes)


def test_evaluations_that_memory_cannot_hold_are_refused_before_they_are_made():
    net = Run(SMALL, range(100)).online
    with pytest.raises(ValueError, match=r"episodes = 10000 takes .* at most 2,147,483,648"):
        evaluate(net, "CartPole-v1", range(100), episodes=10_000)


# --- environments that give what none should --------------------------------------------------


@pytest.mark.parametrize("start", [{}, {"loss": "huber"}], ids=["mse", "huber"])
@pytest.mark.parametrize(("gives", "said"), gym_helpers.ODD.values(), ids=gym_helpers.ODD)
@pytest.mark.parametrize("config", [SMALL, VANILLA], ids=["replay", "vanilla"])
@pytest.mark.filterwarnings("ignore:overflow encountered in cast")
def test_the_environment_is_named_and_not_the_learning_rate(config, gives, said, start):
    if start and gives.get("value") == 1e30:
        pytest.skip("its loss is a number")
    config = replace(config, env_id=gym_helpers.odd(**gives), eval_period=1_000, **start)
    with pytest.raises(ValueError, match=f"env_id = 'tests/Odd-v0'.* {said}: it must") as caught:
        quiet(config, [0, 1])
    if gives["at"]:  # before that there is no run
        run = caught.value.run
        assert 50 <= run.step < 300
        assert all(torch.isfinite(param).all() for param in run.online.parameters())


@pytest.mark.parametrize(("part", "at"), [("observation", 0), ("observation", 3), ("reward", 3)])
def test_what_only_an_evaluation_meets_is_named(part, at):
    net = Run(replace(SMALL, env_id="tests/TimeLimit-v0"), [0]).online
    with pytest.raises(ValueError, match=f"{part} at step {at} is nan"):
        evaluate(net, gym_helpers.odd(part=part, at=at), [0], 3)


def test_values_that_run_away_without_the_environment_are_the_learning_rates_fault():
    with pytest.raises(ValueError, match=r"learning_rate = 0.001, after .* no longer") as caught:
        quiet(SMALL, [0], td_target=lambda r, e, q, g: r + 1e30)
    assert 20 <= caught.value.run.step < 100
    assert all(torch.isfinite(param).all() for param in caught.value.run.online.parameters())


def test_an_error_of_the_environment_keeps_the_run():
    env_id = gym_helpers.odd(part="error", value=True, at=150)
    with pytest.raises(LookupError, match="crashed") as caught:
        quiet(replace(SMALL, env_id=env_id), [0])
    run = caught.value.run
    assert (run.step, run.history.eval_step.tolist()) == (149, [100])
    assert caught.value.__notes__ == ["tests/Odd-v0, 149 steps made. The run is error.run."]


def test_an_endless_greedy_episode_keeps_the_run(monkeypatch):
    monkeypatch.setattr("dqn_lessons.train.ENDLESS", 1_000)
    config = replace(SMALL, env_id=gym_helpers.odd(part="end", value=True, at=0))
    with pytest.raises(RuntimeError, match=r"more than 1,000 steps\. Register") as caught:
        quiet(config, [0, 1])
    assert caught.value.run.step == 100
    assert caught.value.run.updates > 0


# --- stopping, going on -----------------------------------------------------------------------


@pytest.mark.parametrize("env_id", ["CartPole-v1", "tests/TimeLimit-v0"])
def test_stop_and_go_on_gives_the_numbers_of_not_stopping(env_id):
    config = replace(SMALL, env_id=env_id)
    part = quiet(replace(config, steps=151), [0, 1])
    assert part.history.complete
    same(quiet(config, [0, 1], resume=part), quiet(config, [0, 1]))


def test_an_interrupt_returns_what_there_is_and_loses_nothing():
    calls = []

    def interrupted(*args):
        calls.append(1)
        if len(calls) == 40:
            os.kill(os.getpid(), signal.SIGINT)
        return td.td_target(*args)

    before = signal.getsignal(signal.SIGINT)
    run = quiet(SMALL, [0, 1], td_target=interrupted)
    assert signal.getsignal(signal.SIGINT) is before
    assert not run.history.complete
    assert run.updates == 40
    same(quiet(SMALL, [0, 1], resume=run), quiet(SMALL, [0, 1]))


@pytest.mark.parametrize("number", [2, 3])  # the last one, too
def test_an_interrupt_cuts_an_evaluation_short_and_it_is_made_again(number, monkeypatch):
    calls, given = [], train_module.check_given

    def interrupted(env_id, step, **numbers):
        calls.append((step, *numbers))
        if calls[-1] == (7, "reward") and calls.count(calls[-1]) == number:
            os.kill(os.getpid(), signal.SIGINT)
        given(env_id, step, **numbers)

    seen = []
    monkeypatch.setattr(train_module, "check_given", interrupted)
    before = signal.getsignal(signal.SIGINT)
    run = quiet(SMALL, [0, 1], on_eval=lambda run: seen.append(run.step))
    assert calls[-1] == (7, "reward")
    assert not run.history.complete
    assert signal.getsignal(signal.SIGINT) is before
    before = [100, 200][: number - 1]
    assert (run.step, run.history.eval_step.tolist(), seen) == (100 * number, before, before)
    resumed = quiet(SMALL, [0, 1], resume=run, on_eval=lambda run: seen.append(run.step))
    assert seen == [100, 200, 300]
    same(resumed, quiet(SMALL, [0, 1]))


def test_an_interrupt_raised_by_a_callback_stops_too():
    def stop(run):
        raise KeyboardInterrupt

    run = quiet(SMALL, [0], on_eval=stop)
    assert run.step == run.history.step == 100
    assert not run.history.complete
    same(quiet(SMALL, [0], resume=run), quiet(SMALL, [0]))


def test_other_errors_of_a_callback_come_through():
    def fail(run):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        quiet(SMALL, [0], on_eval=fail)


@pytest.mark.parametrize(
    ("config", "seeds"), [(replace(SMALL, gamma=0.5), [0]), (SMALL, [1]), (SMALL, [0, 1])]
)
def test_only_the_same_run_is_taken_up(config, seeds):
    with pytest.raises(ValueError, match="only steps may differ"):
        quiet(config, seeds, resume=Run(SMALL, [0]))


@pytest.mark.parametrize("thing", [None, 5, "run.npz", SMALL])
def test_what_is_no_run_is_not_taken_up(thing):
    if thing is not None:
        with pytest.raises(TypeError, match=r"resume = .* it must be a run\. Pass what train"):
            quiet(SMALL, [0], resume=thing)
    with pytest.raises(TypeError, match="config = "):
        quiet(thing if thing != SMALL else 3, [0], resume=Run(SMALL, [0]))


def test_a_run_is_not_taken_up_for_fewer_steps_than_it_has_made():
    run = quiet(SMALL, [0])
    with pytest.raises(ValueError, match=rf"made {SMALL.steps:,} already. Use steps >="):
        quiet(replace(SMALL, steps=SMALL.steps - 1), [0], resume=run)
    assert run.config == SMALL, "nothing was changed"


# --- other settings ---------------------------------------------------------------------------


def test_acrobot_is_one_string_away():
    run = quiet(replace(SMALL, env_id="Acrobot-v1", eval_episodes=1), [0, 1])
    assert run.updates == 141
    assert run.history.eval_return.shape == (2, 3)
    assert (run.history.eval_return >= -500).all()


@pytest.mark.parametrize(
    "changes",
    [{"loss": "huber"}, {"tau": 0.01}, {"max_grad_norm": 0.1}, {"value_range": (0.0, 0.5)}],
)
def test_each_setting_is_heard(changes):
    plain, changed = quiet(SMALL, [0]), quiet(replace(SMALL, **changes), [0])
    assert not torch.equal(weights(plain), weights(changed))
    assert torch.isfinite(weights(changed)).all()


def test_clipping_leaves_small_gradients_alone_and_follows_torch():
    same(quiet(replace(SMALL, max_grad_norm=1e9), [0]), quiet(SMALL, [0]))


def test_episodes_can_be_the_unit():
    config = replace(SMALL, update_unit="episodes", update_period=2, epsilon_unit="episodes")
    run = quiet(replace(config, epsilon_duration=10), [0])
    episodes = run.history.episodes
    assert run.updates == ((episodes["step"] >= 20) & (episodes["episode"] % 2 == 1)).sum()
    expected = td.linear_schedule(episodes["episode"], 1.0, 0.05, 10)
    np.testing.assert_allclose(episodes["epsilon"], expected)
    with pytest.raises(ValueError, match="one after the other"):
        Run(config, [0, 1])
    several = quiet(replace(config, update_unit="steps"), [0, 1]).history.episodes
    np.testing.assert_allclose(
        several["epsilon"], td.linear_schedule(several["episode"], 1.0, 0.05, 100)
    )


@pytest.mark.parametrize("seeds", [[], [1, 1]])
def test_seeds_are_one_per_learner(seeds):
    with pytest.raises(ValueError, match="one per learner, all different"):
        Run(SMALL, seeds)


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"batch_size": 64, "replay_capacity": 32}, ValueError, "> replay_capacity = 32"),
        ({"learning_starts": 10}, ValueError, "batch_size = 64 > learning_starts = 10"),
        ({"gamma": 1.2}, ValueError, "gamma = 1.2"),
        ({"gamma": float("nan")}, ValueError, "gamma = nan"),
        ({"epsilon_end": -0.1}, ValueError, "epsilon_end"),
        ({"tau": 0.0}, ValueError, "tau = 0.0"),
        ({"learning_rate": 0.0}, ValueError, "learning_rate"),
        ({"learning_rate_end": -1e-3}, ValueError, "learning_rate_end"),
        ({"max_grad_norm": 0.0}, ValueError, "max_grad_norm"),
        ({"value_range": 100.0}, TypeError, "value_range = 100.0 is a float.*pair"),
        ({"value_range": (0, 1, 2)}, TypeError, "value_range"),
        ({"value_range": (100.0, 0.0)}, ValueError, "smallest value first"),
        ({"value_range": (0.0, float("nan"))}, ValueError, "value_range"),
        ({"steps": 5.0}, TypeError, "steps = 5.0"),
        ({"target_period": 0}, ValueError, "target_period = 0"),
        ({"hidden_sizes": [64]}, TypeError, "hidden_sizes"),
        ({"hidden_sizes": (0,)}, ValueError, "hidden_sizes = 0"),
        ({"loss": "l1"}, ValueError, "mse, huber"),
        ({"update_unit": "days"}, ValueError, "update_unit"),
        ({"env_id": 3}, TypeError, "env_id"),
    ],
)
def test_a_configuration_says_what_is_wrong(changes, error, words):
    with pytest.raises(error, match=words):
        DQNConfig(**changes)


def test_helpers_pass_gymnasium_s_own_check():
    from gymnasium.utils.env_checker import check_env

    check_env(gym_helpers.TimeLimit(), skip_render_check=True)
