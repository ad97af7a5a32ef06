"""Watch an agent: roll out a policy, and embed the pictures as a small animation.

The animation is an animated PNG inside an ``<img>``: it plays offline, in JupyterLab and
elsewhere, also in a notebook that is not trusted yet.
"""

from __future__ import annotations

import base64
import html
import io
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dqn_lessons import checks as check
from dqn_lessons.envs import ENDLESS  # registers the course's own MDPs, too
from dqn_lessons.history import Evaluation
from dqn_lessons.policies import Policy, greedy_policy

# Drawing needs no window; without this SDL looks for one on machines that have none.
if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")


@dataclass(frozen=True)
class Rollout:
    """One episode.

    Args:
        frames: pictures, shape [T + 1, height, width, 3], uint8; none if not rendered.
        obs: what was seen, shape [T + 1, D].
        rewards: shape [T].
        terminated: True if the episode ended by the task's rules, not by its time limit.
    """

    frames: Sequence[NDArray[np.uint8]]
    obs: NDArray[np.float32]
    rewards: NDArray[np.float64]
    terminated: bool

    @property
    def episode_return(self) -> float:
        """The sum of the rewards, undiscounted."""
        return float(self.rewards.sum())


def rollout(env_id: str, policy: Policy, seed: int, *, render: bool = True) -> Rollout:
    """Play one episode.

    Args:
        env_id: a registered Gymnasium environment.
        policy: observation [D] -> action.
        seed: of the environment's reset; the same seed and policy give the same pictures.
        render: keep a picture of every step.

    Raises:
        TypeError: a seed that is not a whole number.
        ValueError: an environment that cannot be made, or a seed below 0.
        RuntimeError: an episode without an end.
    """
    check.integer("seed", seed, 0, remedy="Use any whole number, such as 0.")
    with check.making_environment(env_id):
        made = gym.make(env_id, render_mode="rgb_array" if render else None)
    with made as env:
        obs, _ = env.reset(seed=seed)
        frames, rewards, seen = [], [], [obs]
        terminated = truncated = False
        while True:
            if render:
                frames.append(np.asarray(env.render(), dtype=np.uint8))
            if terminated or truncated:
                break
            obs, reward, terminated, truncated, _ = env.step(policy(obs))
            rewards.append(float(reward))
            seen.append(obs)
            if len(rewards) == ENDLESS:
                raise RuntimeError(
                    f"an episode of {env_id} takes more than {ENDLESS:,} steps. "
                    "Register the environment with max_episode_steps."
                )
    return Rollout(frames, np.array(seen), np.array(rewards), bool(terminated))


@dataclass(frozen=True)
class Animation:
    """An animated PNG that shows itself.

    Args:
        png: the file.
        alt: what there is to see, in words.
        captions: a line below each of the pictures that stand side by side.
    """

    png: bytes
    alt: str
    captions: tuple[str, ...] = ()

    def _repr_html_(self) -> str:
        data, alt = base64.b64encode(self.png).decode(), html.escape(self.alt, quote=True)
        image = f'<img style="width:100%" alt="{alt}" src="data:image/png;base64,{data}">'
        cell = '<div style="flex:1;text-align:center">{}</div>'
        cells = "".join(cell.format(html.escape(caption)) for caption in self.captions)
        width = Image.open(io.BytesIO(self.png)).width
        row = f'<div style="display:flex">{cells}</div>' if cells else ""
        return f'<div style="max-width:{width}px">{image}{row}</div>'

    def __repr__(self) -> str:
        return f"[animation: {self.alt}]"


def animate(
    rollouts: Sequence[Rollout],
    alt: str,
    *,
    captions: Sequence[str] = (),
    every: int = 2,
    width: int = 300,
    fps: int = 25,
) -> Animation:
    """Return one animation of one or more rollouts, side by side; the shorter ones wait.

    Args:
        rollouts: rendered episodes with pictures of one size.
        alt: what there is to see, in words.
        captions: a line below each picture, or none.
        every: keep one of so many frames.
        width: of each picture, in pixels.
        fps: frames per second.

    Raises:
        TypeError: a number that is not whole.
        ValueError: a rollout without pictures, or a number outside its limits.
    """
    check.integer("every", every, 1, remedy="Use 2 to keep every second picture.")
    check.integer("width", width, 1, 4_000, remedy="Use pixels, such as 300.")
    check.integer("fps", fps, 1, 1_000, remedy="Use pictures per second, such as 25.")
    if not rollouts or any(not len(r.frames) for r in rollouts):
        raise ValueError("a rollout has no frames: call rollout(..., render=True).")
    length, pictures = max(len(r.frames) for r in rollouts), []
    for t in [*range(0, length - 1, every), length - 1]:
        row = [r.frames[min(t, len(r.frames) - 1)] for r in rollouts]
        for frame in row[1:]:
            frame[:, :2] = 90  # a line between neighbours
        picture = Image.fromarray(np.concatenate(row, axis=1))
        height = round(picture.height * width / (picture.width / len(row)))
        small = picture.resize((width * len(row), height), Image.Resampling.BILINEAR)
        # Sixteen colours are plenty for a cart and a pole, and halve the file.
        pictures.append(small.quantize(16))
    buffer = io.BytesIO()
    first, *rest = pictures
    first.save(buffer, "PNG", save_all=True, append_images=rest, duration=1000 // fps, loop=0)
    return Animation(buffer.getvalue(), alt, tuple(captions))


class PolicyRecorder:
    """Record one learner while it trains: ``train(..., on_eval=recorder)``.

    The weights are copied at the evaluations; the greedy episodes are played when somebody looks,
    so that recording neither slows nor changes the training. ``weights`` holds them, by step.

    Args:
        every: environment steps between two records, a multiple of the evaluation period.
        learner: whose.
        seed: of every greedy episode, so that only the policy differs.

    Raises:
        TypeError, ValueError: a number that is not whole, or below its limit.
    """

    def __init__(self, every: int, learner: int = 0, seed: int = 0) -> None:
        self.every = check.integer("every", every, 1, remedy="Use steps, such as 2_500.")
        self.learner = check.integer("learner", learner, 0, remedy="Use 0 for the first seed.")
        self.seed = check.integer("seed", seed, 0, remedy="Use any whole number, such as 0.")
        self.env_id = ""
        self.weights: dict[int, list[NDArray[Any]]] = {}

    def __call__(self, evaluation: Evaluation) -> None:
        """Keep the weights, if it is time: called after every evaluation."""
        history, remedy = evaluation.history, "Use 0 for the first seed."
        check.integer("learner", self.learner, 0, len(history.seeds) - 1, remedy=remedy)
        self.env_id = history.config.env_id
        if evaluation.step % self.every == 0:
            self.weights[evaluation.step] = evaluation.weights(self.learner)

    def check_recorded(self) -> None:
        """Make sure that something was recorded.

        Raises:
            ValueError: nothing was.
        """
        if not self.weights:
            raise ValueError(
                f"every = {self.every}: no evaluation fell on a multiple of it, nothing was "
                "recorded. Use a multiple of eval_period, and pass on_eval=recorder to train."
            )

    def show(self, width: int = 220) -> Animation:
        """Play what was recorded, side by side, the earliest on the left.

        Args:
            width: of each picture, in pixels.

        Raises:
            ValueError: nothing was recorded.
        """
        self.check_recorded()
        policies = map(greedy_policy, self.weights.values())
        episodes = [rollout(self.env_id, policy, self.seed) for policy in policies]
        captions = [
            f"{step:,} steps: return {episode.episode_return:g}"
            for step, episode in zip(self.weights, episodes, strict=True)
        ]
        alt = f"Greedy episodes of {self.env_id} while training, after {'; '.join(captions)}."
        return animate(episodes, alt, captions=captions, every=3, width=width)
