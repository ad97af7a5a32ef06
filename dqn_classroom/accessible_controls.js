// What the course's widgets need of the page: keys, names, and figures. It runs for each box of
// widgets, in an output inside that box.
const style = { id: "dqn-style", textContent: STYLE };
if (!document.querySelector("#dqn-style"))
  document.head.append(Object.assign(document.createElement("style"), style));

const PLOTLY = "application/vnd.plotly.v1+json";
// JupyterLab and Notebook have plotly.js, for outputs of its type; to others the kernel sends it.
const borrow = async () => {
  const extension = await globalThis._JUPYTERLAB["jupyterlab-plotly"].get("./mimeExtension");
  const [{ rendererFactory }] = extension().default;
  const drawing = rendererFactory.createRenderer({ mimeType: PLOTLY });
  await drawing.renderModel({ data: { [PLOTLY]: { data: [], layout: {} } } });
  return drawing.constructor.Plotly;
};
const ask = async (live) => {
  const found = async (look) => {
    for (;;) {
      if (look()) return look();
      await new Promise((later) => setTimeout(later, 200));
    }
  };
  (await found(() => live.querySelector("button"))).click();
  const script = document.createElement("script");
  script.textContent = await found(() => live.querySelector("textarea")?.value);
  document.head.append(script);
  return window.Plotly;
};

const keepDrawn = async (live) => {
  // Once for a page, however many notebooks are open in it.
  globalThis.dqnPlotly ??= borrow().catch(() => ask(live));
  const plotly = await globalThis.dqnPlotly;
  const plot = live.appendChild(document.createElement("div"));
  const draw = () => {
    const spec = live.querySelector("script");
    // What is not displayed has no text sizes: it is drawn when it is shown.
    if (!spec || !plot.offsetParent) return;
    const { data, layout, config } = JSON.parse(spec.textContent);
    // In a small window, or a large zoom, a figure leaves room for the controls above it.
    layout.width = Math.min(layout.width, Math.max(560, live.clientWidth));
    layout.height = Math.min(layout.height, Math.max(260, window.innerHeight - 160));
    plotly.react(plot, data, layout, config);
  };
  let width = 0;
  new ResizeObserver(() => {
    if (width !== live.clientWidth) draw();
    width = live.clientWidth;
  }).observe(live);
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

const attend = (box, here) => {
  let due = false;
  const look = () => {
    due = false;
    for (const live of box.querySelectorAll(".dqn-live:not(.dqn-drawn):has(script)")) {
      live.classList.add("dqn-drawn");
      keepDrawn(live);
    }
    nameAll(box, said(here.querySelector(".widget-label")));
  };
  const soon = () => { if (!due) { due = true; setTimeout(look, 200); } };
  box.classList.add("dqn-panel");
  box.addEventListener("focusin", (event) =>
    event.target.setAttribute("data-lm-suppress-shortcuts", "true"));
  new MutationObserver(soon).observe(box, {
    subtree: true, childList: true, characterData: true,
    attributes: true, attributeFilter: ["class", "aria-valuetext"],
  });
  new ResizeObserver(soon).observe(box);
  look();
};

// One box for each run. Widgets are put together piece by piece, so it may not be there yet; nor
// does every front end run a script where it stands.
const begin = (tries) => {
  for (const here of document.querySelectorAll(".dqn-controls:not([data-attended])")) {
    const box = here.parentElement?.closest(".widget-box");
    if (!box) continue;
    here.dataset.attended = "true";
    return attend(box, here);
  }
  if (tries) setTimeout(begin, 100, tries - 1);
};
begin(600);
