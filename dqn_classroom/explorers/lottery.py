"""Draw small studies from a large one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as ipw
import numpy as np
from numpy.typing import ArrayLike
from plotly.subplots import make_subplots

from dqn_classroom.explorers.panel import CHOSEN, DOTTED, WIDE, Explorer, badge, row
from dqn_classroom.figures import BLUE, ORANGE, plotly_layout
from dqn_lessons.stats import small_studies

STUDIES = 1_000
_SHOWN = 100


class SeedLottery(Explorer):
    """Draw k of the seeds again and again: how often does a small study point the wrong way?

    Left: the k differences of one small study and their mean. Right: the means of 1,000 such
    studies; hatched, those with another sign than all seeds together.

    Args:
        differences: comparison -> one paired difference per seed, shape [S].
        unit: what the differences are measured in.

    Raises:
        ValueError: no comparison, or one with fewer than two seeds.
    """

    def __init__(self, differences: Mapping[str, ArrayLike], unit: str = "return") -> None:
        self.differences = {name: np.asarray(d, float) for name, d in differences.items()}
        shapes = {name: d.shape for name, d in self.differences.items()}
        if not shapes or any(len(s) != 1 or s[0] < 2 for s in shapes.values()):
            raise ValueError(
                f"differences has shapes {shapes}: each must be [S] with at least two seeds. "
                'Pass {"with - without": with_returns - without_returns}.'
            )
        most = min(len(d) for d in self.differences.values())
        inputs = {
            "comparison": ipw.Dropdown(
                options=list(self.differences), description="comparison", **WIDE
            ),
            "k": ipw.IntSlider(min(3, most), 1, most, description="seeds in a study", **WIDE),
            "study": ipw.IntSlider(1, 1, _SHOWN, description="study number", **WIDE),
        }
        again = ipw.Button(
            description="Draw another study",
            tooltip="Go to the next study",
            layout=ipw.Layout(width="max-content"),
        )
        again.on_click(self._next)
        rows = [row(inputs["comparison"], inputs["k"]), row(inputs["study"], again)]
        figure = make_subplots(cols=2, horizontal_spacing=0.12)
        figure.update_layout(plotly_layout(f"difference of the {unit}, one study", ""), height=340)
        figure.update_layout(hovermode="closest", barmode="stack", bargap=0)
        figure.update_xaxes(title_text=f"mean difference of the {unit}, 1,000 studies", col=2)
        figure.update_yaxes(visible=False, range=[-1, 2], col=1)
        figure.update_yaxes(title_text="studies", col=2)
        left, right = {"row": 1, "col": 1}, {"row": 1, "col": 2}
        figure.add_scatter(name="seeds", mode="markers", marker={"color": BLUE, "size": 9}, **left)
        figure.add_scatter(name="their mean", **CHOSEN, **left)
        figure.add_scatter(name="all seeds", **DOTTED, **left)
        figure.add_scatter(name="all seeds", showlegend=False, **DOTTED, **right)
        figure.add_bar(name="right way", marker_color=BLUE, **right)
        hatched = {"color": ORANGE, "pattern": {"shape": "/"}}
        figure.add_bar(name="wrong way", marker=hatched, **right)
        super().__init__(rows, inputs, figure)

    def _next(self, _button: Any) -> None:
        study = self.inputs["study"]
        study.value = study.value % _SHOWN + 1

    def draw(self) -> tuple[str, Callable[[], dict[str, Any]]]:
        """Draw the studies and show one of them among all."""
        all_seeds = self.differences[self.inputs["comparison"].value]
        k, number = self.inputs["k"].value, self.inputs["study"].value
        studies = small_studies(all_seeds, k, np.random.default_rng(0), STUDIES)
        truth, means, one = all_seeds.mean(), studies.mean(axis=1), studies[number - 1]
        wrong = np.sign(means) != np.sign(truth)
        edges = np.histogram_bin_edges(np.r_[means, 0, truth], bins=40)
        middles = (edges[1:] + edges[:-1]) / 2
        counts = np.array([np.histogram(means[part], edges)[0] for part in (~wrong, wrong)])
        seeds, mean, line, line_right, right_bars, wrong_bars = self.figure.data
        seeds.update(x=one, y=np.zeros(k))
        mean.update(x=[one.mean()], y=[1])
        line.update(x=[truth, truth], y=[-1, 2])
        line_right.update(x=[truth, truth], y=[0, int(counts.sum(axis=0).max())])
        right_bars.update(x=middles, y=counts[0])
        wrong_bars.update(x=middles, y=counts[1])
        spread = [min(all_seeds.min(), 0), max(all_seeds.max(), 0)]
        self.figure.update_xaxes(range=[1.05 * end for end in spread], col=1)
        word = badge("wrong way", "#A34400") if wrong[number - 1] else badge("right way", "#00609A")
        sentence = (
            f"{word} Study {number} with {k} seeds says <b>{one.mean():+.3g}</b>; all "
            f"{len(all_seeds)} seeds say {truth:+.3g}. Of {STUDIES:,} studies of {k} seeds, "
            f"<b>{wrong.mean():.1%}</b> point the wrong way."
        )

        def table() -> dict[str, Any]:
            points = np.where(wrong[:24], "the wrong way", "the right way")
            return {"study": range(1, 25), "mean difference": means[:24], "points": points}

        return sentence, table
