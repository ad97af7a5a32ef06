"""Keys pressed on a control belong to the control, every control says what it is, figures live.

What the page does for it stands beside this module, in JavaScript and CSS.
"""

from __future__ import annotations

import json
from pathlib import Path

import ipywidgets as ipw


def in_the_page(script: str) -> ipw.Output:
    """Return a widget that runs JavaScript in whatever page it is shown.

    anywidget gives a model two seconds to start, and one that a slow browser starts later is deaf
    for good. An output's script runs whenever it comes.

    Args:
        script: JavaScript; it finds its place by a class.
    """
    data = {"application/javascript": script}
    return ipw.Output(outputs=({"output_type": "display_data", "data": data, "metadata": {}},))


def _beside(kind: str) -> str:
    return Path(__file__).with_suffix(kind).read_text("utf-8")


# One for a kernel, with a view in each box.
_PAGE = in_the_page(
    f"(() => {{ const STYLE = {json.dumps(_beside('.css'))};\n{_beside('.js')}}})();"
)


class AccessibleControls(ipw.Box):  # type: ignore[misc]
    """An invisible child of a box: keys stay with the box's controls, and each has a name.

    It draws the box's `LiveFigure`, too.

    Args:
        name: that of the radio buttons or the figure in the box, where no label says it.
    """

    def __init__(self, name: str = "") -> None:
        super().__init__([_PAGE, ipw.Label(name)], layout=ipw.Layout(display="none"))
        self.add_class("dqn-controls")
