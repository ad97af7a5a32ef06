"""Keeps the first widget of a kernel from waiting seconds for something that nothing here uses.

Plotly's ``FigureWidget`` imports nbformat, that jsonschema, and that ``rfc3987_syntax``, which
compiles about forty grammars to check internationalised web addresses (jsonschema issue 1428).
jsonschema does without it where it is missing, so for the length of one import it is.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any

_SLOW = "rfc3987_syntax"


def import_nbformat() -> None:
    """Import nbformat without that check, unless something has imported either already."""
    modules: dict[str, Any] = sys.modules
    if _SLOW in modules or "jsonschema" in modules:
        return
    modules[_SLOW] = None
    try:
        with suppress(ImportError):
            import nbformat  # noqa: F401
    finally:
        del modules[_SLOW]
