"""Keys pressed on a control belong to the control, every control says what it is, figures live.

What the page does for it stands beside this module, in JavaScript and CSS.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anywidget
import ipywidgets as ipw
from plotly.offline import get_plotlyjs


class _Page(anywidget.AnyWidget):
    """The course's JavaScript, once for a kernel.

    anywidget gives a model two seconds to start, and one that is late is deaf for good. So there is
    one, made before there is anything to draw, and nothing that matters is said to it later.
    """

    _esm = Path(__file__).with_suffix(".js").read_text("utf-8")
    _css = Path(__file__).with_suffix(".css").read_text("utf-8")

    def __init__(self) -> None:
        super().__init__()
        self.on_msg(self._send_plotly)

    def _send_plotly(self, *_asked: Any) -> None:
        self.send("plotly.js", [get_plotlyjs().encode()])


_PAGE = _Page()


class AccessibleControls(ipw.Box):  # type: ignore[misc]
    """An invisible child of a box: keys stay with the box's controls, and each has a name.

    It draws the box's `LiveFigure`, too.

    Args:
        name: that of the radio buttons or the figure in the box, where no label says it.
    """

    def __init__(self, name: str = "") -> None:
        super().__init__([_PAGE, ipw.Label(name)], layout=ipw.Layout(display="none"))
        self.add_class("dqn-controls")
