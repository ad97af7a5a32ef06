"""Episodes as a small animation, side by side.

It is an animated PNG inside an ``<img>``: it plays offline, in JupyterLab and elsewhere, also in a
notebook that is not trusted yet.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from dqn_lessons import checks as check
from dqn_lessons.experiments.flight_recorder import FlightRecorder
from dqn_lessons.experiments.policies import Rollout, greedy_policy, rollout


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


def film_of(recorder: FlightRecorder, width: int = 220) -> Animation:
    """Play what was recorded, side by side, the earliest on the left.

    Args:
        recorder: of one learner, after the training.
        width: of each picture, in pixels.

    Raises:
        ValueError: nothing was recorded.
    """
    recorder.check_recorded()
    policies = map(greedy_policy, recorder.weights.values())
    episodes = [rollout(recorder.env_id, policy, recorder.seed) for policy in policies]
    captions = [
        f"{step:,} steps: return {episode.episode_return:g}"
        for step, episode in zip(recorder.weights, episodes, strict=True)
    ]
    alt = f"Greedy episodes of {recorder.env_id} while training, after {'; '.join(captions)}."
    return animate(episodes, alt, captions=captions, every=3, width=width)
