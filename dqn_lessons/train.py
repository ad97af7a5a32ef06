"""The one training loop, for one learner or many side by side.

Raises:
    TypeError: a configuration, seeds or a count of the wrong type.
    ValueError: seeds, an environment or a count that do not fit.
"""

from __future__ import annotations

import copy
import math
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import chain, pairwise
from typing import Any, NoReturn

import numpy as np
import torch
from torch import Tensor
from tqdm.auto import tqdm

from dqn_lessons import checks as check
from dqn_lessons import td
from dqn_lessons.adam import Adam
from dqn_lessons.config import Array, DQNConfig
from dqn_lessons.envs import ENDLESS
from dqn_lessons.history import Callbacks, History, TrainingLog, as_callbacks
from dqn_lessons.nets import StackedMLP
from dqn_lessons.replay import Replay, Transition
from dqn_lessons.rng import Exploration, RngStreams
from dqn_lessons.vector_envs import check_given, float32, make_envs, rng_state, seed_state

# The one place for threads: tensors this small are slower on two threads than on one.
torch.set_num_threads(1)

TDTarget = Callable[..., Tensor]
_rng = np.random.default_rng


class Run:
    """S learners and all they carry; ``train`` moves it forward and can resume it.

    Attributes:
        config, seeds: what was asked for.
        online, target: the networks, :class:`~dqn_lessons.nets.StackedMLP`.
        optimizer: one Adam for all learners; it is element-wise, so it is S optimisers.
        replay, envs, obs: replay buffers, environments, and their observations now ``[S, D]``.
        step, updates: environment steps of each learner, gradient steps of each learner.
        stop_requested: set to true, ``train`` ends after the present step.
    """

    def __init__(self, config: DQNConfig, seeds: Sequence[int]) -> None:
        self.config, self.seeds = config, _checked_seeds(seeds, config)
        streams = [RngStreams.spawn(seed) for seed in self.seeds]
        env_seeds = [stream.env_seed() for stream in streams]
        self.envs = make_envs(config.env_id, len(self.seeds))
        self.reset_states = [seed_state(seed) for seed in env_seeds]
        self.obs = float32(self.envs.reset(seed=env_seeds)[0])
        check_given(config.env_id, 0, observation=self.obs)
        obs_size, actions = self.obs.shape[1], int(self.envs.single_action_space.n)
        sizes = [obs_size, *config.hidden_sizes, actions]
        _check_memory(config, len(self.seeds), sizes)
        self.online = StackedMLP(sizes, [_rng(s.weights) for s in streams], config.layer_norm)
        self.target = copy.deepcopy(self.online).requires_grad_(False)
        self.target.hidden = self.online.hidden  # less memory stays closer to the processor
        self._params = [torch.from_numpy(self.target.flat)], [torch.from_numpy(self.online.flat)]
        self.optimizer: Any = Adam(self.online.flat, self.online.flat_grad, config.learning_rate)
        rngs, n_step = [_rng(s.replay) for s in streams], config.n_step
        self.replay = Replay(config.replay_capacity, obs_size, rngs, n_step, config.gamma)
        self.exploration = Exploration([_rng(s.exploration) for s in streams], actions)
        probes = make_envs(config.env_id, 64)  # where episodes start, the same for all runs
        self.probe_obs = float32(probes.reset(seed=[*range(64)])[0])
        self.step, self.updates, self.stop_requested, self.evaluating = 0, 0, False, False
        self.log = TrainingLog(config, self.seeds)

    def update(self, td_target: TDTarget | None = None) -> None:
        """One gradient step of every learner on a batch of its own, then the target network."""
        config = self.config
        batch = self.replay.sample(config.batch_size)
        loss, td_error = self.gradients(batch, td_target)
        if not math.isfinite(sum(loss.tolist())):
            self.refuse_divergence()
        if config.max_grad_norm is not None:
            td.clip_per_learner_(self.online.grads, config.max_grad_norm)
        if config.learning_rate_end is not None:
            rates = config.learning_rate, config.learning_rate_end
            self.optimizer.lr = float(td.linear_schedule(self.step, *rates, config.steps))
        self.optimizer.step()
        self.updates += 1
        if config.tau is not None:
            td.soft_update_(*self._params, config.tau)
        elif self.updates % config.target_period == 0:
            td.hard_update_(*self._params)
        self.log.add_update(loss, td_error)

    def autograd_gradients(self, batch: Transition, td_target: Any) -> tuple[Array, Array]:
        """What `gradients` does and returns ``[S]``, as the lessons explain it: by autograd."""
        config = self.config
        batch = Transition(*map(_tensor, batch))
        with torch.no_grad():
            q_next = self.target(batch.next_obs)
            if config.value_range is not None:
                q_next = q_next.clamp(*config.value_range)
            values = [self.online(batch.next_obs), q_next] if config.double else [q_next]
            own: TDTarget = td.double_td_target if config.double else td.td_target
            given = batch.reward, batch.terminated, *values, _tensor(self.replay.discount)
            target = (td_target or own)(*given)
        q_taken = td.q_of_action(self.online(batch.obs), batch.action)
        loss = td.td_loss(q_taken, target, config.loss)
        self.online.flat_grad.fill(0)
        loss.sum().backward()
        td_error = (target - q_taken).abs().mean(-1)
        return loss.detach().numpy(), td_error.detach().numpy()

    def gradients(self, batch: Transition, td_target: Any) -> tuple[Array, Array]:
        """Put the gradients of the loss into ``online.flat_grad``, by the chain rule in NumPy.

        `autograd_gradients` says the same in words of PyTorch and takes three times as long; a
        test compares them. Returns loss and mean absolute TD error of ``batch [S, B, ...]``.
        """
        config = self.config
        q_next, gamma = self.target.values(batch.next_obs), self.replay.discount
        if config.value_range is not None:
            q_next = q_next.clip(*config.value_range)
        values = [self.online.values(batch.next_obs), q_next] if config.double else [q_next]
        learners, size = batch.action.shape
        rows = np.arange(learners)[:, None], np.arange(size)
        if td_target is None:
            best = q_next[*rows, values[0].argmax(-1)] if config.double else q_next.max(-1)
            target = batch.reward + gamma * best * ~batch.terminated
        else:  # somebody's own gets tensors over the same memory
            given = batch.reward, batch.terminated, *values, gamma
            target = np.asarray(td_target(*map(_tensor, given)), np.float32)
            check.same_rows(target=target.shape, reward=batch.reward.shape)
        inputs: list[Array] = []
        q = self.online.values(batch.obs, inputs)
        error = q[*rows, batch.action] - target
        loss, slope = td.loss_and_slope(error, config.loss)
        q_grad = np.zeros_like(q)
        q_grad[*rows, batch.action] = slope / size
        self.online.backward(inputs, q_grad)
        return loss.sum(-1) / size, np.abs(error).sum(-1) / size

    def reset_ended(self, ended: Array) -> None:
        """Reset the environments whose episode ended, ``[S]``; the others stay where they are."""
        for s in np.flatnonzero(ended):
            self.reset_states[s] = rng_state(self.envs.envs[s])
        self.obs = float32(self.envs.reset(options={"reset_mask": ended})[0])
        check_given(self.config.env_id, self.step, observation=self.obs)

    def refuse_divergence(self) -> NoReturn:
        """Raise ValueError for values that are no numbers: the environment's or the rate's."""
        replay, config = self.replay, self.config
        for age in reversed(range(len(replay))):
            row = replay.rows[:, (replay.added - 1 - age) % replay.capacity]
            seen = np.stack([row["obs"], row["next_obs"]])
            check_given(config.env_id, self.step - age, observation=seen, reward=row["reward"])
        found = f", after {self.step} steps the values are no longer finite numbers"
        rate, remedy = config.learning_rate, "Use 1e-3, or limit the values with value_range."
        check.refuse_value("learning_rate", rate, "smaller", remedy, found=found)

    def evaluate(self) -> None:
        """Record how good the greedy policies are now, and their values, if these are numbers."""
        config, learners = self.config, len(self.seeds)
        seeds = [(seed, self.step) for seed in self.seeds]
        self.evaluating = True  # an interrupt cuts it short, as it can be made again
        returns = evaluate(self.online, config.env_id, seeds, config.eval_episodes)
        self.evaluating = False
        q = self.online.values(np.broadcast_to(self.probe_obs, (learners, *self.probe_obs.shape)))
        if not np.isfinite(q).all():
            self.refuse_divergence()
        self.log.add_evaluation(self.step, returns.mean(-1), q)

    @property
    def history(self) -> History:
        """What happened so far."""
        return self.log.history(self.config, self.step)

    def weights(self, learner: int) -> list[Array]:
        """The network of a learner: matrix [in, out] and bias [out] of each layer, in turn."""
        return self.online.layers(learner)

    def terminals(self, learner: int) -> int:
        """How many terminal transitions the replay buffer of a learner holds."""
        return int(self.replay.rows["terminated"][learner, : len(self.replay)].sum())

    def stop(self) -> None:
        """Let `train` end after the present step."""
        self.stop_requested = True


def train(
    config: DQNConfig, seeds: Sequence[int], *, td_target: TDTarget | None = None,
    on_eval: Callbacks[Run] = None, progress: bool = True, resume: Run | None = None,
) -> Run:  # fmt: skip
    """Train S learners side by side; learner s depends on ``seeds[s]`` alone.

    Interrupting (the stop button, Ctrl-C) returns what there is, ``history.complete`` false;
    ``train(config, seeds, resume=run)`` goes on from there as if nothing had happened. A second
    one may lose the update in progress. An error has the run so far as its attribute ``run``.

    Args:
        config: what to train.
        seeds: one whole number >= 0 per learner, all different.
        td_target: ``(reward [S, B], terminated [S, B], q_next [S, B, A], gamma) -> [S, B]``, with
            ``double`` as :func:`~dqn_lessons.td.double_td_target`; ``None`` for the package's own.
        on_eval: a function, or a list of them, called with the run after every evaluation: to
            look, not to touch, as an `Evaluation`; ``stop()`` is another way to interrupt.
        progress: show a progress bar.
        resume: a run to continue; its configuration may differ in ``steps`` only.
    """
    callbacks = as_callbacks(on_eval)
    run = Run(config, seeds) if resume is None else _resumed(resume, config, seeds)
    bar = tqdm(total=config.steps, initial=run.step, unit="step", disable=not progress)
    # Values that run away need no warning at every operation: `evaluate` says it in a sentence.
    quiet = np.errstate(over="ignore", invalid="ignore")
    with bar, _interruptible(run), _flushed_denormals(), quiet:
        _evaluate(run, callbacks)  # where an interrupt cut it short
        while run.step < config.steps and not run.stop_requested:
            epsilon = _epsilon(run)
            uniform, random_action = run.exploration.at(run.step)
            q = run.online.values(run.obs[:, None])[:, 0]
            action = td.epsilon_greedy(q, epsilon, uniform, random_action)

            next_obs, reward, terminated, truncated, _ = run.envs.step(action)
            next_obs, ended = float32(next_obs), terminated | truncated
            run.replay.add(run.obs, action, reward, next_obs, terminated, ended)
            run.log.add_step(run.step, action, reward)
            run.obs = next_obs
            run.step += 1
            if ended.any():
                run.log.end_episodes(run.step, ended, epsilon)
                run.reset_ended(ended)

            if _should_update(run, ended):
                run.update(td_target)
            bar.update()
            if run.step % config.eval_period == 0:
                _evaluate(run, callbacks)
    return run


def _tensor(value: Any) -> Any:
    """An array as a tensor over the same memory; a number as it is."""
    return torch.from_numpy(value) if isinstance(value, np.ndarray) else value


def _evaluate(run: Run, callbacks: Sequence[Callable[[Run], object]]) -> None:
    """Evaluate and show it, if it is time and was not done."""
    if run.step % run.config.eval_period == 0 and run.step not in (0, *run.log.eval_step[-1:]):
        run.evaluate()
        for callback in callbacks:
            callback(run)


def _epsilon(run: Run) -> Any:
    config = run.config
    elapsed = run.step if config.epsilon_unit == "steps" else run.log.episode_count
    ends = config.epsilon_start, config.epsilon_end
    return td.linear_schedule(elapsed, *ends, config.epsilon_duration)


def _should_update(run: Run, ended: Array) -> bool:
    config = run.config
    starts, period = config.learning_starts, config.update_period
    if len(run.replay) < config.batch_size:
        return False  # resumed from a checkpoint that left the buffer out
    if config.update_unit == "steps":
        return td.should_update(run.step, starts, period)
    episode = int(run.log.episode_count[0])
    return bool(ended[0]) and run.step >= starts and episode % period == 0


def evaluate(
    net: StackedMLP, env_id: str, seeds: Sequence[int | Sequence[int]], episodes: int = 10
) -> Array:
    """Returns of greedy episodes, undiscounted, ``[S, episodes]``; looking changes nothing.

    Args:
        net: the learners.
        env_id: a registered Gymnasium environment.
        seeds: one per learner, a whole number >= 0 or several of them.
        episodes: episodes of each learner, >= 1.

    Raises:
        RuntimeError: an episode without an end.
    """
    check.instance("net", net, StackedMLP, "a network of learners", remedy="Use run.online.")
    check.instance("seeds", seeds, Sequence, "a list", remedy="Use run.seeds.")
    for word in chain(*(seed if isinstance(seed, Sequence) else [seed] for seed in seeds)):
        check.integer("seeds", word, 0, remedy="Use run.seeds.")
    if len(seeds) != net.learners:
        limit = f"one for each of {net.learners} learners"
        check.refuse_value("seeds", seeds, limit, "Use run.seeds.")
    remedy = "Use 10 for a curve, 100 for a final score."
    nbytes = net.learners * (_ENV_BYTES + 16 * sum(net.sizes))
    check.integer("episodes", episodes, 1, 10_000, remedy=remedy)
    check.refuse_large_allocation("episodes", episodes, nbytes * episodes, remedy=remedy)
    envs = make_envs(env_id, net.learners * episodes)
    sizes = *envs.single_observation_space.shape, int(envs.single_action_space.n)
    if sizes != (net.sizes[0], net.sizes[-1]):
        found = f" has {sizes} numbers to see and actions and net {net.sizes}"
        check.refuse_value("env_id", env_id, "that of the training", "Make it anew.", found=found)
    env_seeds = [word for s in seeds for word in RngStreams.spawn(s).evaluation_seeds(episodes)]
    obs, _ = envs.reset(seed=env_seeds)
    returns, playing = np.zeros(len(env_seeds)), np.ones(len(env_seeds), bool)
    for step in range(ENDLESS):
        obs = float32(obs)
        check_given(env_id, step, observation=obs)
        q = net.values(obs.reshape(net.learners, episodes, -1))
        obs, reward, terminated, truncated, _ = envs.step(q.argmax(-1).ravel())
        check_given(env_id, step + 1, reward=reward)
        returns += reward * playing
        ended = terminated | truncated
        playing &= ~ended
        if not playing.any():
            return returns.reshape(net.learners, episodes)
        if ended.any():
            obs, _ = envs.reset(options={"reset_mask": ended})
    wrong = f"a greedy episode of {env_id} takes more than {ENDLESS:,} steps"
    raise RuntimeError(f"{wrong}. Register the environment with max_episode_steps.")


def _checked_seeds(seeds: Sequence[int], config: DQNConfig) -> tuple[int, ...]:
    check.instance("config", config, DQNConfig, "a configuration", remedy="Use DQNConfig().")
    checked = check.seeds(seeds)
    if config.update_unit == "episodes" and len(checked) > 1:
        wrong = f'update_unit = "episodes" with {len(checked)} learners: it must be 1'
        remedy = "Train one after the other: [train(config, [seed]) for seed in seeds]."
        raise ValueError(f"{wrong}, as episodes end apart. {remedy}")
    return checked


# An environment with its generator; a weight drawn in double precision, twice, and what Adam has.
_ENV_BYTES, _WEIGHT_BYTES = 20_000, 28


def _check_memory(config: DQNConfig, learners: int, sizes: Sequence[int]) -> None:
    """Refuse by name what would not fit, before it is taken."""
    weights = sum((inputs + 1) * outputs for inputs, outputs in pairwise(sizes))
    takes = {
        "steps": 4 * config.steps,
        "hidden_sizes": _WEIGHT_BYTES * weights,
        "replay_capacity": (8 * sizes[0] + 24) * config.replay_capacity,
        "batch_size": 16 * config.batch_size * (sum(sizes) + config.n_step * (sizes[0] + 4)),
        "eval_episodes": (_ENV_BYTES + 16 * sum(sizes)) * config.eval_episodes,
    }
    remedy = f"Make it smaller, or train fewer learners than {learners} at once."
    for field, size in takes.items():
        check.refuse_large_allocation(field, getattr(config, field), learners * size, remedy=remedy)


def _resumed(run: Run, config: DQNConfig, seeds: Sequence[int]) -> Run:
    check.instance("resume", run, Run, "a run", remedy="Pass what train or checkpoint.load gave.")
    seeds = _checked_seeds(seeds, config)
    if replace(run.config, steps=config.steps) != config or run.seeds != seeds:
        wrong = "resume is a run of another configuration or other seeds: only steps may differ"
        raise ValueError(f"{wrong}. Pass run.config and run.seeds, or start without resume.")
    remedy = f"The run to resume has made {run.step:,} already. Use steps >= {run.step:,}."
    check.integer("steps", config.steps, run.step, remedy=remedy)
    run.config = config
    more = max(config.steps - len(run.log.actions), 0)
    run.log.actions = np.pad(run.log.actions, ((0, more), (0, 0)))
    return run


@contextmanager
def _interruptible(run: Run) -> Iterator[None]:
    """Turn the first interrupt into a request: it may cut an evaluation in two, but no step."""
    run.stop_requested = run.evaluating = False
    before: Any = signal.getsignal(signal.SIGINT)
    main = threading.current_thread() is threading.main_thread()  # no other is interrupted

    def ask(_number: int, _frame: Any) -> None:
        run.stop_requested = True
        signal.signal(signal.SIGINT, before)
        if run.evaluating:
            raise KeyboardInterrupt

    with suppress(KeyboardInterrupt):
        try:
            signal.signal(signal.SIGINT, ask) if main else None
            yield
        except Exception as error:
            vars(error)["run"] = run
            error.add_note(f"{run.config.env_id}, {run.step:,} steps made. The run is error.run.")
            raise
        finally:
            signal.signal(signal.SIGINT, before) if main else None


@contextmanager
def _flushed_denormals() -> Iterator[None]:
    """Round numbers below 1e-38 to 0, which Adam's averages become: they take far longer."""
    before = bool(np.float32(1e-38) * np.float32(0.1) == 0)
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(before)
