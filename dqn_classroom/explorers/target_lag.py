"""Sliders around the single-bias critic and the deadly triad (lesson 1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

import ipywidgets as ipw
import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dqn_classroom.explorers.panel import (
    CHOSEN,
    DOTTED,
    OFF_SCALE,
    WIDE,
    Explorer,
    badge,
    drawable,
    row,
    select,
)
from dqn_classroom.figures import BLUE, GREEN, ORANGE, decimate, plotly_layout
from dqn_lessons import target_lag
from dqn_lessons.target_lag import LinearTD, TargetLagConfig

_PERIODS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 25_000, 50_000]
_GAMMAS = [0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 1.0]
# The curve is some 760 pixels wide; each slice keeps its extremes.
_BUCKETS = 250


def _rate_slider(description: str, **settings: Any) -> ipw.FloatLogSlider:
    """A slider from 1e-5 to 1."""
    scale = {"value": 1e-3, "min": -5, "max": 0, "step": 0.1, "readout_format": ".1e"}
    return ipw.FloatLogSlider(description=description, **scale, **settings, **WIDE)


def _choice(description: str, options: list[tuple[str, str]], width: str) -> ipw.ToggleButtons:
    style = {"description_width": "150px", "button_width": width}
    return ipw.ToggleButtons(options=options, description=description, style=style)


class TargetLagExplorer(Explorer):
    """Drag the learning rate, the lag and the discount of the single-bias critic (lesson 1).

    Three curves: the bias ``b``, what Adam's speed allows (``lr * step``), and the bound
    ``B_k``. The badge says which of the two limits the run.
    """

    PRESETS: ClassVar[dict[str, dict[str, float]]] = {
        "speed-limited": {"learning_rate": 1e-4},
        "target-limited": {"learning_rate": 1e-3},
        "break the bound": {"learning_rate": 1e-1},
    }

    def __init__(self) -> None:
        self.base = TargetLagConfig()
        inputs = {
            "learning_rate": _rate_slider("learning rate"),
            "target_period": select("target period C", _PERIODS, 5_000),
            "tau": _rate_slider("soft update τ", disabled=True),
            "gamma": select("discount γ", _GAMMAS, 0.99),
            "reward": ipw.FloatSlider(
                2, min=-5, max=5, step=0.5, readout_format=".1f", description="reward r", **WIDE
            ),
            "optimizer": _choice("optimiser", [("Adam", "adam"), ("SGD", "sgd")], "90px"),
            "update": _choice(
                "target update", [("hard, every C", "hard"), ("soft, with τ", "soft")], "120px"
            ),
        }
        rows = [
            row(ipw.Label("presets"), *map(self._preset_button, self.PRESETS)),
            row(inputs["learning_rate"], inputs["gamma"]),
            row(inputs["target_period"], inputs["reward"]),
            row(inputs["tau"]),
            row(inputs["optimizer"], inputs["update"]),
        ]
        figure = go.Figure(layout=plotly_layout("training step (updates)", "bias b"))
        figure.add_scatter(name="bias b", mode="lines", line={"color": BLUE})
        speed = {"color": ORANGE, "dash": "dash"}
        figure.add_scatter(name="speed limit lr·step", mode="lines", line=speed)
        figure.add_scatter(name="bound B<sub>k</sub>", **DOTTED, line_shape="hv")
        super().__init__(rows, inputs, figure)

    def _preset_button(self, name: str) -> ipw.Button:
        button = ipw.Button(description=name, tooltip=f"Set the sliders to: {name}")
        common = {"target_period": 5_000, "gamma": 0.99, "reward": 2.0}
        settings = {**common, "optimizer": "adam", "update": "hard", **self.PRESETS[name]}
        button.on_click(lambda _: self.set(**settings))
        return button

    @property
    def config(self) -> TargetLagConfig:
        """The run that is shown."""
        values = {name: widget.value for name, widget in self.inputs.items()}
        soft = values.pop("update") == "soft"
        tau = min(values.pop("tau"), 1.0)
        return replace(self.base, **values, tau=tau if soft else None)

    def draw(self) -> tuple[str, Callable[[], dict[str, Any]]]:
        """Simulate the run that the controls describe and move the three curves."""
        config = self.config
        self.inputs["tau"].disabled = config.tau is None
        self.inputs["target_period"].disabled = config.tau is not None
        run = target_lag.simulate(config)
        steps = np.arange(1, config.steps + 1)
        bound = _bound(config, steps)
        speed = np.sign(config.reward) * config.learning_rate * steps
        bias = drawable(run.bias)
        keep = decimate(bias, _BUCKETS)
        corners = np.flatnonzero(np.diff(bound, prepend=np.nan, append=np.nan))[:-1]
        corners = np.unique(np.r_[corners[decimate(bound[corners], _BUCKETS)], config.steps - 1])
        b_line, speed_line, bound_line = self.figure.data
        b_line.update(x=steps[keep], y=np.float32(bias[keep]))
        # Cut where it leaves the picture: up to 5,000 it would press the others flat.
        seen = np.flatnonzero(np.abs(speed) <= 1.5 * np.abs(bound).max())
        ends = [0, seen[-1]] if len(seen) else []
        speed_line.update(x=steps[ends], y=speed[ends], visible=config.optimizer == "adam")
        bound_line.update(x=steps[corners], y=bound[corners])

        def table() -> dict[str, Any]:
            rows = np.linspace(0, config.steps - 1, 21).astype(int)
            columns = {"step": steps, "bias b": run.bias, "target's bias": run.target_bias}
            columns |= {"lr·step": speed, "bound B_k": bound}
            return {name: values[rows] for name, values in columns.items()}

        return _lag_sentence(config, run, bound), table


def _bound(config: TargetLagConfig, steps: np.ndarray) -> np.ndarray:
    """B_k at each step; a soft target has no stairs, its bound is the fixed point's side."""
    period = config.target_period if config.tau is None else 1
    k = target_lag.used_syncs(steps, period)
    return np.asarray(
        target_lag.horizon_bound(k, config.reward, config.gamma, config.initial_bias), dtype=float
    )


def _lag_sentence(config: TargetLagConfig, run: Any, bound: np.ndarray) -> str:
    final, top = run.bias[-1], bound[-1]
    numbers = f"b = <b>{final:.3f}</b>, B<sub>k</sub> = <b>{top:.3f}</b>"
    over = np.max(np.sign(config.reward) * (run.bias - bound)) if config.reward else 0.0
    if run.diverged or not np.isfinite(final) or abs(final) >= OFF_SCALE:
        return f"{badge('diverges', '#A11')} After {config.steps:,} updates b has left every scale."
    if config.optimizer == "sgd":
        left = abs(1 - 2 * config.learning_rate)
        return (
            f"{badge('SGD', '#595959')} {numbers}. Each update closes "
            f"{1 - left:.2%} of the gap to the target."
        )
    period = config.target_period if config.tau is None else 1 / config.tau
    ratio = target_lag.speed_ratio(config.learning_rate, period, config.reward)
    word, colour = ("target-limited", "#00609A") if ratio >= 1 else ("speed-limited", "#A34400")
    if over > 1e-3:
        word, colour = f"overshoots B<sub>k</sub> by {over:.3f}", "#A11"
    return (
        f"{badge(f'Λ = {ratio:.3g}: {word}', colour)} {numbers}, "
        f"lr·steps = <b>{config.learning_rate * config.steps:.3g}</b>."
    )


class LinearTDExplorer(Explorer):
    """Drag the lag on problems of linear TD: one explodes, it converges, it crawls.

    Left: the factor per update against C. Right: the value error over the updates.

    Args:
        problems: what each is called -> the problem, with its weights and data.
    """

    UPDATES = 20_000
    _RATES = (0.01, 0.03, 0.1)

    def __init__(self, problems: Mapping[str, LinearTD]) -> None:
        self.problems = dict(problems)
        periods = np.unique(np.geomspace(1, 10_000, 90).astype(int))
        # The edge and its neighbours, so that a drag can stop on either side of it.
        self.periods = np.union1d(periods, [2, 8, 9, 76, 77, 129]).tolist()
        inputs = {
            "problem": _choice("problem", [(name, name) for name in problems], "230px"),
            "target_period": select("target period C", self.periods, 1),
            "learning_rate": select("learning rate", self._RATES, 0.01),
        }
        figure = make_subplots(cols=2, horizontal_spacing=0.13)
        figure.update_layout(
            plotly_layout("target period C (updates)", "error per update, ×"), hovermode="closest"
        )
        figure.update_xaxes(type="log", dtick=1, col=1)
        figure.update_xaxes(title_text="updates", col=2)
        figure.update_yaxes(title_text="value error (RMS)", type="log", exponentformat="e", col=2)
        left, line = {"row": 1, "col": 1}, {"color": GREEN, "dash": "dash"}
        figure.add_scatter(name="factor per update", mode="lines", line={"color": BLUE}, **left)
        figure.add_scatter(x=[1, 10_000], y=[1, 1], name="above: explodes", **DOTTED, **left)
        figure.add_scatter(name="your C", **CHOSEN, **left)
        figure.add_scatter(name="value error", mode="lines", line=line, row=1, col=2)
        problem, *sliders = inputs.values()
        super().__init__([row(problem), row(*sliders)], inputs, figure)

    def draw(self) -> tuple[str, Callable[[], dict[str, Any]]]:
        """Work out the factor for every C, and the error for the chosen one."""
        name, period, rate = (widget.value for widget in self.inputs.values())
        problem = self.problems[name]
        factors = [target_lag.hard_sync_rate(problem, rate, C) for C in self.periods]
        chosen = factors[self.periods.index(period)]
        updates, error = target_lag.error_over_time(problem, rate, period, self.UPDATES)
        error = np.where(error > 0, drawable(error), np.nan)
        factor_line, _, marker, error_line = self.figure.data
        factor_line.update(x=self.periods, y=factors)
        marker.update(x=[period], y=[chosen])
        error_line.update(x=updates, y=error)
        word, colour = ("explodes", "#A11") if chosen > 1 else ("converges", "#00609A")
        if 1 > chosen > 1 - 1e-5:
            word = "converges, but crawls"
        sentence = (
            f"{badge(word, colour)} With C = <b>{period:,}</b> each update multiplies the error "
            f"by <b>{chosen:.7f}</b>."
        )
        return sentence, lambda: {"C": self.periods[::5], "factor per update": factors[::5]}
