"""The figure of the bug clinic: learners with a bug beside healthy ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dqn_classroom.figures.accessible import GREY, ORANGE, AccessibleFigure, new_axes

_FAR = 20


def versus_healthy_band(
    steps: ArrayLike,
    panels: Mapping[str, tuple[ArrayLike, ArrayLike]],
    name: str,
    remark: str = "",
) -> AccessibleFigure:
    """Draw what is watched of some learners over the band of healthy ones.

    Args:
        steps: environment steps of each evaluation, shape [E].
        panels: what is watched -> its curves, [S, E] or shorter if training stopped, and those
            of the healthy learners, [H, E]. The band reaches from their lowest to their highest.
        name: of the learners.
        remark: what else there is to say about them.
    """
    at = np.asarray(steps)
    figure, axes = new_axes("environment steps", "", columns=len(panels))
    figure.set_size_inches(4.0 * len(panels), 3.2)
    figure.subplots_adjust(wspace=0.35)
    table: dict[str, Any] = {"steps": at}
    said = []
    for axis, (label, (curves, healthy)) in zip(np.atleast_1d(axes), panels.items(), strict=True):
        band, mine = np.asarray(healthy, float), np.asarray(curves, float)
        mine = np.where(np.abs(mine) < 1e9, mine, np.nan)
        low, high = band.min(axis=0), band.max(axis=0)
        short = at[: mine.shape[1]]
        known = ~np.isnan(mine).all(axis=0)
        mean = np.full(len(at), np.nan)
        mean[: len(short)][known] = np.nanmean(mine[:, known], axis=0)
        axis.fill_between(at, low, high, color=GREY, alpha=0.25, linewidth=0, label="healthy")
        if len(mine) > 1:
            axis.plot(short, mine.T, color=ORANGE, linewidth=0.6, alpha=0.5)
        axis.plot(at, mean, color=ORANGE, linewidth=2.5, marker="s", markevery=4, label=name)
        axis.set_title(label, fontsize=10)
        top = float(np.nanmax(high))
        if known.any() and np.nanmax(mean) > _FAR * top:
            axis.set_yscale("symlog", linthresh=max(top, 1e-3))
        table |= {label: mean, f"{label}, healthy low": low, f"{label}, healthy high": high}
        if known.any():
            last = np.flatnonzero(known)[-1]
            said.append(
                f"{label} ends at {mean[last]:.3g} (healthy {low[last]:.3g} to {high[last]:.3g})"
            )
    handles = np.atleast_1d(axes)[0].get_legend_handles_labels()
    figure.legend(*handles, loc="lower center", bbox_to_anchor=(0.5, 0.94), ncols=2, frameon=False)
    sentence = "; ".join(said) or "no evaluation was reached"
    return AccessibleFigure(figure, f"{name}: {sentence}. {remark}".strip(), table)
