"""Keys pressed on a control belong to the control, and every control says what it is."""

from __future__ import annotations

import anywidget
import traitlets

# In JupyterLab's command mode an arrow on a drop-down list or a radio button moves to another
# cell, and a letter can delete one. Its shortcuts leave alone what carries this attribute, and
# they ask the focused element first.
#
# ipywidgets shows a slider's name beside its handle without tying the two, speaks the place of a
# value instead of the value, and shows what is pressed by a shade alone; plotly names no figure.
# A screen reader needs all of it as attributes, and again after each redraw.
_MARK_AND_NAME = """
const said = (node) => (node ? node.textContent.replace(/\\s+/g, " ").trim() : "");
const put = (node, name, value) => {
  if (node && value && node.getAttribute(name) !== value) node.setAttribute(name, value);
};
const nameAll = (box, name) => {
  for (const slider of box.querySelectorAll(".widget-slider")) {
    const label = said(slider.querySelector(".widget-label"));
    const handle = slider.querySelector(".noUi-handle");
    const readout = slider.querySelector(".widget-readout");
    put(handle, "aria-label", label);
    put(handle, "aria-valuetext", said(readout));
    if (readout && readout.isContentEditable) {
      put(readout, "role", "textbox");
      put(readout, "aria-label", `${label}, as a number`);
    }
  }
  for (const group of box.querySelectorAll(".widget-toggle-buttons")) {
    put(group, "role", "group");
    put(group, "aria-label", said(group.querySelector(".widget-label")));
  }
  for (const button of box.querySelectorAll(".widget-toggle-button")) {
    put(button, "aria-pressed", String(button.classList.contains("mod-active")));
  }
  for (const group of box.querySelectorAll(".widget-radio-box")) {
    put(group, "role", "radiogroup");
    put(group, "aria-label", name);
  }
  for (const plot of box.querySelectorAll(".js-plotly-plot")) {
    put(plot, "role", "figure");
    put(plot, "aria-label", said(box.querySelector("[role=status]")) || name || "figure");
    const room = plot.closest(".dqn-figure");
    // Where the window is too narrow, the arrow keys scroll the figure.
    if (room && room.scrollWidth > room.clientWidth + 1) room.tabIndex = 0;
    else if (room) room.removeAttribute("tabindex");
  }
};
export default {
  render({ model, el }) {
    el.style.display = "none";
    const mark = (event) => event.target.setAttribute("data-lm-suppress-shortcuts", "true");
    let over = false, due = false;
    const watchers = [];
    const begin = () => {
      if (over) return;
      const box = el.parentElement && el.parentElement.closest(".widget-box");
      if (!box) return setTimeout(begin, 50);
      box.classList.add("dqn-panel");
      box.addEventListener("focusin", mark);
      const name = () => { due = false; if (!over) nameAll(box, model.get("name")); };
      const soon = () => { if (!due) { due = true; setTimeout(name, 200); } };
      const changes = new MutationObserver(soon);
      changes.observe(box, {
        subtree: true, childList: true, characterData: true,
        attributes: true, attributeFilter: ["class", "aria-valuetext"],
      });
      const sizes = new ResizeObserver(soon);
      sizes.observe(box);
      watchers.push(changes, sizes);
      name();
    };
    begin();
    return () => { over = true; watchers.forEach((watcher) => watcher.disconnect()); };
  }
};
"""
# What has the focus has a ring, also where plotly takes it away from the buttons of its figures;
# what is pressed is underlined, for those who see no shades.
_RINGS = """
.dqn-panel :is(a, button, input, select, summary, [tabindex], [contenteditable]):focus-visible {
  outline: 3px solid var(--jp-brand-color1, #1565c0) !important; outline-offset: 2px; }
/* A ring around what fills the panel would be cut off. */
.dqn-panel .dqn-figure:focus-visible { outline-offset: -3px; }
.dqn-panel .modebar:focus-within { opacity: 1 !important; }
.dqn-panel .widget-toggle-button.mod-active {
  text-decoration: underline; text-decoration-thickness: 2px; text-underline-offset: 3px; }
"""


class AccessibleControls(anywidget.AnyWidget):
    """An invisible child of a box: keys stay with the box's controls, and each has a name.

    ``name`` is that of the radio buttons or the figure in the box, where no label says it.
    """

    _esm = _MARK_AND_NAME
    _css = _RINGS
    name = traitlets.Unicode("").tag(sync=True)
