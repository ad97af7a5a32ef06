"""Keys pressed on a control belong to the control."""

from __future__ import annotations

import anywidget

# In JupyterLab's command mode an arrow on a drop-down list or a radio button moves to another
# cell, and a letter can delete one. Its shortcuts leave alone what carries this attribute, and
# they ask the focused element first.
_MARK_THE_FOCUSED = """
export default {
  render({ el }) {
    el.style.display = "none";
    const mark = (event) => event.target.setAttribute("data-lm-suppress-shortcuts", "true");
    const begin = () => {
      const box = el.parentElement && el.parentElement.closest(".widget-box");
      if (box) box.addEventListener("focusin", mark);
      else setTimeout(begin, 50);
    };
    begin();
  }
};
"""


class OwnKeys(anywidget.AnyWidget):
    """An invisible child of a box: JupyterLab's shortcuts stay away from the box's controls."""

    _esm = _MARK_THE_FOCUSED
