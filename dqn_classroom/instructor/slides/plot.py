"""A plotly figure as HTML that the page draws once, without controls."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from typing import Any

# The size that plotly.js takes where a layout names none.
_WIDTH, _HEIGHT = 700, 450
# The room that a plot may take on a slide of 1280 by 720; it is enlarged or shrunk to it.
_ROOM = (1200, 560)


def plot_html(spec: Mapping[str, Any], alt: str) -> str:
    """Return a figure that ``slides.js`` draws when its slide is shown.

    Args:
        spec: ``data`` and ``layout`` as in plotly's JSON.
        alt: what there is to see.
    """
    layout = spec.get("layout", {})
    width, height = layout.get("width") or _WIDTH, layout.get("height") or _HEIGHT
    zoom = min(_ROOM[0] / width, _ROOM[1] / height)
    # Within a script element only "</" could end it; "<\/" is the same string in JSON.
    data = json.dumps({"data": spec["data"], "layout": layout}).replace("</", r"<\/")
    return (
        f'<div class="plot" role="img" aria-label="{html.escape(alt, quote=True)}">'
        f'<div class="canvas" style="width:{width}px;height:{height}px;zoom:{zoom:.3f}"></div>'
        f'<script type="application/json">{data}</script></div>'
    )
