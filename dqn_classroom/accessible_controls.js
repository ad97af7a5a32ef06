// What the course's widgets need of the page: keys, names, and figures.

// JupyterLab and Notebook have plotly.js for outputs of its type; to others the kernel sends it.
const PLOTLY = "application/vnd.plotly.v1+json";
const borrow = async ({ rendermime }) => {
  const drawing = rendermime.createRenderer(PLOTLY);
  await drawing.renderModel({ data: { [PLOTLY]: { data: [], layout: {} } } });
  return drawing.constructor.Plotly;
};
const ask = (model) => new Promise((done) => {
  model.on("msg:custom", (_message, [source]) => {
    const script = document.createElement("script");
    script.src = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    script.onload = () => done(window.Plotly);
    document.head.append(script);
  });
  model.send("plotly.js");
});

const keepDrawn = async (live, model) => {
  // Once for a page, however many notebooks are open in it.
  globalThis.dqnPlotly ??= borrow(model.widget_manager).catch(() => ask(model));
  const plotly = await globalThis.dqnPlotly;
  const plot = live.appendChild(document.createElement("div"));
  const room = live.parentElement;
  const draw = () => {
    const spec = live.querySelector("script");
    // What is not displayed has no text sizes: it is drawn when it is shown.
    if (!spec || !plot.offsetParent) return;
    const { data, layout, config } = JSON.parse(spec.textContent);
    // In a small window, or a large zoom, a figure leaves room for the controls above it.
    layout.width = Math.min(layout.width, Math.max(480, room.clientWidth));
    layout.height = Math.min(layout.height, Math.max(260, window.innerHeight - 160));
    plotly.react(plot, data, layout, config);
  };
  let width = 0;
  new ResizeObserver(() => {
    if (width !== room.clientWidth) draw();
    width = room.clientWidth;
  }).observe(room);
  const text = live.querySelector(".widget-html-content");
  new MutationObserver(draw).observe(text, { childList: true });
};

// In JupyterLab's command mode an arrow on a drop-down list or a radio button moves to another
// cell, and a letter can delete one. Its shortcuts leave alone what carries this attribute, and
// they ask the focused element first.
//
// ipywidgets shows a slider's name beside its handle without tying the two, speaks the place of a
// value instead of the value, and shows what is pressed by a shade alone; plotly names no figure.
// A screen reader needs all of it as attributes, and again after each redraw.
const said = (node) => (node ? node.textContent.replace(/\s+/g, " ").trim() : "");
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
    const mark = (event) => event.target.setAttribute("data-lm-suppress-shortcuts", "true");
    let over = false, due = false;
    const watchers = [];
    const begin = () => {
      if (over) return;
      const here = el.closest(".dqn-controls");
      const box = here && here.parentElement && here.parentElement.closest(".widget-box");
      if (!box) return setTimeout(begin, 50);
      box.classList.add("dqn-panel");
      box.addEventListener("focusin", mark);
      const name = () => {
        due = false;
        if (over) return;
        for (const live of box.querySelectorAll(".dqn-live:not(.dqn-drawn)")) {
          live.classList.add("dqn-drawn");
          keepDrawn(live, model);
        }
        nameAll(box, said(here));
      };
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
