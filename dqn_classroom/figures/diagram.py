"""The agent, the environment and the parts of a DQN, with what flows between them."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from dqn_classroom.figures.accessible import BLUE, AccessibleFigure

_LEFT, _HIGH = 1.9, 0.9  # from the middle of a box to its sides
# Part -> its middle, and what it does.
_PARTS = {
    "policy": (2.0, 6.4, "chooses actions,\nmostly greedily"),
    "environment": (2.0, 1.3, "pays rewards,\nends episodes"),
    "replay buffer": (7.6, 1.3, "keeps the last\ntransitions"),
    "minibatch": (13.2, 1.3, "some of them,\nsampled uniformly"),
    "online network": (13.2, 6.4, "estimates Q,\nis trained"),
    "target network": (18.8, 1.3, "an older Q,\nstands still"),
    "loss": (18.8, 6.4, "squared error\n(y − Q)²"),
}
# From, to, what flows, the two ends of the arrow, and where its label stands.
_FLOWS = [
    ("environment", "policy", "observation s,\nreward r", (2.4, 2.3), (2.4, 5.4), "right"),
    ("policy", "environment", "action a", (1.6, 5.4), (1.6, 2.3), "left"),
    ("environment", "replay buffer", "s, a, r, s′", (4.0, 1.3), (5.6, 1.3), "above"),
    ("replay buffer", "minibatch", "sample", (9.6, 1.3), (11.2, 1.3), "above"),
    ("minibatch", "online network", "s, a", (13.2, 2.3), (13.2, 5.4), "left"),
    ("minibatch", "target network", "r, s′", (15.2, 1.3), (16.8, 1.3), "above"),
    ("online network", "policy", "Q of every action", (11.2, 6.4), (4.0, 6.4), "above"),
    ("online network", "loss", "Q(s, a)", (15.2, 6.7), (16.8, 6.7), "above"),
    ("loss", "online network", "gradient", (16.8, 6.1), (15.2, 6.1), "below"),
    ("online network", "target network", "sync", (14.4, 5.4), (17.6, 2.3), "right"),
    ("target network", "loss", "target y", (18.8, 2.3), (18.8, 5.4), "right"),
]
_SIDES = {"above": (0, 3, "center", "bottom"), "below": (0, -3, "center", "top")}
_SIDES |= {"left": (-7, 0, "right", "center"), "right": (7, 0, "left", "center")}


def diagram(highlight: str | tuple[str, ...] = ()) -> AccessibleFigure:
    """Draw the parts of a DQN and the flow of data, with the parts of the day highlighted.

    Args:
        highlight: a part, or several, such as ``"target network"``; `()` highlights none.

    Raises:
        ValueError: there is no such part; the message lists those there are.
    """
    bright = (highlight,) if isinstance(highlight, str) else tuple(highlight)
    if unknown := [part for part in bright if part not in _PARTS]:
        raise ValueError(f"highlight = {unknown[0]!r}: use parts of {', '.join(_PARTS)}.")
    figure = Figure(figsize=(8.6, 3.3))
    axis = figure.add_axes((0, 0, 1, 1), xlim=(-0.1, 20.9), ylim=(0.2, 7.5))
    axis.set_axis_off()
    for part, (x, y, does) in _PARTS.items():
        ground, ink, edge = (BLUE, "white", 3) if part in bright else ("#F2F2F2", "black", 1)
        box = (x - _LEFT, y - _HIGH), 2 * _LEFT, 2 * _HIGH
        style = "round,pad=0,rounding_size=0.3"
        axis.add_patch(FancyBboxPatch(*box, boxstyle=style, facecolor=ground, linewidth=edge))
        centred: dict[str, Any] = {"ha": "center", "va": "center", "color": ink}
        axis.text(x, y + 0.5, part, weight="bold", fontsize=10, **centred)
        axis.text(x, y - 0.25, does, fontsize=8.5, linespacing=1.1, **centred)
    arrow: dict[str, Any] = {"arrowstyle": "-|>", "facecolor": "black", "shrinkA": 0, "shrinkB": 0}
    small: dict[str, Any] = {"textcoords": "offset points", "fontsize": 8.5, "linespacing": 1.1}
    for _, _, label, start, end, side in _FLOWS:
        dashes = "--" if label == "sync" else "-"
        axis.annotate("", end, start, arrowprops={**arrow, "linestyle": dashes})
        right, up, ha, va = _SIDES[side]
        middle = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
        axis.annotate(label, middle, (right, up), ha=ha, va=va, **small)
    named = f" Highlighted: {', '.join(bright)}." if bright else ""
    alt = (
        f"The {len(_PARTS)} parts of a DQN. The policy sends actions to the environment; "
        "transitions fill the replay buffer; a minibatch of them goes to the online and the target "
        f"network; both give the loss, whose gradient trains the online network.{named}"
    )
    starts, ends, words = zip(*(flow[:3] for flow in _FLOWS), strict=True)
    table = {"from": starts, "to": ends, "what flows": [word.replace("\n", " ") for word in words]}
    return AccessibleFigure(figure, alt, table)
