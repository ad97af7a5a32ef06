"""What a widget shows, as static HTML. This module runs in the notebook's kernel."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import ipywidgets as ipw
import plotly.graph_objects as go
from IPython.display import display

from dqn_classroom.instructor.slides.plot import plot_html

MIME = "application/vnd.dqn-lessons.stills+json"
_CONTROLS = (ipw.ToggleButtons, ipw.Dropdown, ipw.SelectionSlider, ipw.BoundedIntText)
_SLIDERS = (ipw.FloatSlider, ipw.FloatLogSlider, ipw.IntSlider)
_seen: list[ipw.Widget] = []


@dataclass(frozen=True)
class _Parts:
    """What was found in a widget, in its order."""

    figures: list[go.FigureWidget]
    texts: list[str]
    settings: list[str]


def watch() -> None:
    """Take note of every widget that is made from now on."""
    _seen.clear()
    ipw.Widget.on_widget_constructed(_seen.append)


def publish() -> None:
    """Display {model id: HTML} for every widget made since `watch`, in the state it has now."""
    ipw.Widget.on_widget_constructed(None)
    inside = {child.model_id for widget in _seen for child in _children(widget)}
    # A closed widget has no channel to the browser any more, and shows nothing.
    roots = [widget for widget in _seen if widget.comm and widget.model_id not in inside]
    display({MIME: {widget.model_id: still(widget) for widget in roots}}, raw=True)


def still(widget: ipw.Widget) -> str:
    """Return a widget as static HTML: figures, then texts and questions, then its settings.

    Buttons and progress bars are left out, with their captions. Nothing to show is ``""``.
    """
    parts = _Parts([], [], [])
    _collect(widget, parts)
    said = _plain(" ".join(parts.texts)) or "figure"
    figures = [plot_html(json.loads(figure.to_json()), said) for figure in parts.figures]
    settings = f'<p class="settings">{" · ".join(parts.settings)}</p>' if parts.settings else ""
    return "".join([*figures, *parts.texts, settings])


def _children(widget: ipw.Widget) -> tuple[ipw.Widget, ...]:
    return tuple(getattr(widget, "children", ()))


def _collect(widget: ipw.Widget, parts: _Parts) -> None:
    if isinstance(widget, go.FigureWidget):
        parts.figures.append(widget)
    elif isinstance(widget, ipw.HTML) and widget.value.strip():
        parts.texts.append(widget.value)
    elif isinstance(widget, ipw.RadioButtons):
        parts.texts.append(_choices(widget))
    elif isinstance(widget, (*_CONTROLS, *_SLIDERS)) and not widget.disabled:
        parts.settings.append(_setting(widget))
    for child in _shown(widget):
        _collect(child, parts)


def _shown(widget: ipw.Widget) -> Iterator[ipw.Widget]:
    """Yield the children; beside a button or a bar, text is only a caption."""
    children = _children(widget)
    captions = any(isinstance(child, (ipw.Button, ipw.FloatProgress)) for child in children)
    return (child for child in children if not (captions and isinstance(child, ipw.HTML)))


def _choices(radio: ipw.RadioButtons) -> str:
    items = "".join(
        f"<li>{'◉' if place == radio.index else '○'} {html.escape(_label(option))}</li>"
        for place, option in enumerate(radio.options)
    )
    return f'<ul class="choices">{items}</ul>'


def _label(option: Any) -> str:
    """Return what a control shows for an option: it is a value, or (label, value)."""
    return str(option[0] if isinstance(option, tuple) else option)


def _setting(control: Any) -> str:
    if isinstance(control, _SLIDERS):
        value = format(control.value, control.readout_format)
    elif isinstance(control, ipw.BoundedIntText):
        value = str(control.value)
    else:
        value = _label(control.options[control.index])
    return f"{html.escape(control.description)} = {html.escape(value)}"


def _plain(text: str) -> str:
    """Return HTML as plain text."""
    return " ".join(html.unescape(re.sub("<[^>]*>", "", text)).split())
