"""Static HTML of widgets and plotly figures. This module runs in the notebook's kernel, too."""

from __future__ import annotations

import html
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import ipywidgets as ipw
from bs4 import BeautifulSoup
from IPython.display import display

from dqn_classroom.explorers.panel import Explorer
from dqn_classroom.figures import plotly_json
from dqn_classroom.figures.live import LiveFigure

MIME = "application/vnd.dqn-lessons.static-widgets+json"
_CHOICES = (ipw.ToggleButtons, ipw.Dropdown, ipw.SelectionSlider)
_NUMBERS = (ipw.FloatSlider, ipw.FloatLogSlider, ipw.IntSlider, ipw.BoundedIntText)
# The size that plotly.js takes where a layout names none.
_WIDTH, _HEIGHT = 700, 450
# The room that a plot may take on a slide of 1280 by 720; it is enlarged or shrunk to it.
_ROOM = (1200, 560)
# The control that a reader moves where no kernel runs: its figures are drawn beforehand.
_SWEPT = {
    "TargetLagExplorer": "learning_rate",
    "LinearTDExplorer": "target_period",
    "CliffExplorer": "gamma",
    "SeedLottery": "k",
}
_made: list[ipw.Widget] = []


def record_widgets() -> None:
    """Take note of every widget that is made from now on."""
    _made.clear()
    ipw.Widget.on_widget_constructed(_made.append)


def display_static_html() -> None:
    """Display {model id: HTML} for every recorded widget, in the state it has now."""
    ipw.Widget.on_widget_constructed(None)
    inside = {child.model_id for widget in _made for child in _children(widget)}
    # A closed widget has no channel to the browser any more, and shows nothing.
    roots = [widget for widget in _made if widget.comm and widget.model_id not in inside]
    display({MIME: {widget.model_id: static_html(widget) for widget in roots}}, raw=True)


def static_html(widget: ipw.Widget) -> str:
    """Return a widget as static HTML: figures, then texts and questions, then its settings.

    Buttons and progress bars are left out, with their captions. Nothing to show is ``""``.
    """
    parts = defaultdict[str, list[str]](list)
    for kind, part in _parts(widget):
        parts[kind].append(part)
    words = BeautifulSoup(" ".join(parts["text"]), "html.parser").get_text().split()
    alt = " ".join(words) or "figure"
    sweep = _sweep(widget)
    figures = [plot_html(json.loads(figure) | sweep, alt) for figure in parts["figure"]]
    settings = " · ".join(parts["setting"])
    last = f'<p class="settings">{html.escape(settings)}</p>' if settings else ""
    return "".join([*figures, *parts["text"], last])


def _parts(widget: ipw.Widget) -> Iterator[tuple[str, str]]:
    """Yield figures as JSON, texts as HTML and settings as text, in the order of the screen."""
    if isinstance(widget, LiveFigure):
        yield "figure", plotly_json(widget.figure)
        return
    elif isinstance(widget, ipw.HTML) and widget.value.strip():
        yield "text", widget.value
    elif isinstance(widget, ipw.RadioButtons):
        marks = ["◉" if i == widget.index else "○" for i in range(len(widget.options))]
        lines = zip(marks, map(_label, widget.options), strict=True)
        items = "".join(f"<li>{mark} {html.escape(label)}</li>" for mark, label in lines)
        yield "text", f'<ul class="choices">{items}</ul>'
    elif isinstance(widget, _CHOICES) and not widget.disabled:
        yield "setting", f"{widget.description} = {_label(widget.options[widget.index])}"
    elif isinstance(widget, _NUMBERS) and not widget.disabled:
        value = format(widget.value, getattr(widget, "readout_format", ""))
        yield "setting", f"{widget.description} = {value}"
    # Beside a button or a bar, text is only a caption.
    captions = any(isinstance(w, (ipw.Button, ipw.FloatProgress)) for w in _children(widget))
    for child in _children(widget):
        if not (captions and isinstance(child, ipw.HTML)):
            yield from _parts(child)


def _sweep(widget: ipw.Widget) -> dict[str, Any]:
    """Return what an explorer shows as one of its controls moves, or nothing."""
    name = _SWEPT.get(type(widget).__name__)
    if not (name and isinstance(widget, Explorer)):
        return {}
    control, frames = widget.inputs[name], []
    kept, text = control.value, getattr(control, "readout_format", "")
    if isinstance(control, ipw.SelectionSlider):
        values = list(control.options)
    elif isinstance(control, ipw.IntSlider):
        values = [*range(control.min, control.max + 1)]
    else:
        steps = round((control.max - control.min) / control.step)
        values = [control.base ** (control.min + control.step * i) for i in range(steps + 1)]
    for value in values:
        widget.set(**{name: value})
        data = json.loads(plotly_json(widget.figure))["data"]
        frames.append({"value": format(value, text), "data": data, "said": widget.readout.value})
    widget.set(**{name: kept})
    start = min(range(len(values)), key=lambda place: abs(values[place] - kept))
    return {"sweep": {"control": control.description, "start": start, "frames": frames}}


def _label(option: Any) -> str:
    """Return what a control shows for an option: it is a value, or (label, value)."""
    return str(option[0] if isinstance(option, tuple) else option)


def _children(widget: ipw.Widget) -> tuple[ipw.Widget, ...]:
    return tuple(getattr(widget, "children", ()))


def plot_html(spec: Mapping[str, Any], alt: str) -> str:
    """Return a figure that ``slides.js`` draws once, without controls, when its slide is shown.

    Args:
        spec: ``data`` and ``layout`` as in plotly's JSON; ``config`` and ``sweep`` for the book.
        alt: what there is to see.
    """
    layout = spec.get("layout", {})
    width, height = layout.get("width") or _WIDTH, layout.get("height") or _HEIGHT
    zoom = min(_ROOM[0] / width, _ROOM[1] / height)
    # Within a script element only "</" could end it; "<\/" is the same string in JSON.
    drawn = {"data": spec["data"], "layout": layout}
    drawn |= {key: spec[key] for key in ("config", "sweep") if key in spec}
    data = json.dumps(drawn).replace("</", r"<\/")
    return (
        f'<div class="plot" role="img" aria-label="{html.escape(alt)}">'
        f'<div class="canvas" style="width:{width}px;height:{height}px;zoom:{zoom:.3f}"></div>'
        f'<script type="application/json">{data}</script></div>'
    )
