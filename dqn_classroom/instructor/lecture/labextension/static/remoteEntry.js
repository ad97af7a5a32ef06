// Lecture mode: the notebook itself, full-screen, one step at a time, driven by the keyboard.
//
// The cells stay where they are and only those of the present slide are shown, so sliders, live
// figures and videos go on working. Slides and steps are what the cells' slideshow metadata say.
// What the lecturer should know of a cell stands there, too: {"lecture": {"minutes": 3, "say": ""}}.
// Written by hand in plain JavaScript: nothing to build.
(() => {
  const NAME = "dqn-lessons-lecture";
  const HELP = "PageDown next · PageUp back · Enter run · + − size · N notes · C contrast · Esc end";
  const SIZES = [1, 1.2, 1.4, 1.6, 1.8, 2];
  const CSS = `
    body.dqn-lecturing :is(.jp-SideBar, .lm-DockPanel-tabBar, .jp-NotebookPanel-toolbar, .jp-Toolbar,
      .lm-SplitPanel-handle, .lm-DockPanel-handle, #jp-top-panel, #jp-menu-panel,
      #jp-bottom-panel, #jp-left-stack, #jp-right-stack) {
      visibility: hidden; }
    .lm-Widget:has(.dqn-lecture) { contain: none !important; }
    .dqn-lecture { position: fixed !important; inset: 0 0 2.2em 0 !important; z-index: 9999;
      width: 100vw !important; height: calc(100vh - 2.2em) !important;
      contain: none !important; background: var(--jp-layout-color0); }
    .dqn-lecture :is(.jp-Notebook-footer, .jp-InputPrompt, .jp-OutputPrompt, .jp-Collapser,
      .jp-Toolbar, .dqn-elsewhere), .dqn-lecture .dqn-elsewhere { display: none !important; }
    .dqn-lecture .jp-WindowedPanel-outer { padding: 1.2em 5vw 30vh 5vw; box-sizing: border-box; }
    .dqn-lecture .jp-Cell { zoom: var(--dqn-size); }
    .dqn-lecture .dqn-now { box-shadow: -5px 0 0 0 var(--jp-brand-color1); }
    body.dqn-contrast .dqn-lecture {
      --jp-content-font-color0: #000; --jp-content-font-color1: #000; --jp-layout-color0: #fff;
      --jp-layout-color1: #fff; --jp-cell-editor-background: #fff; --jp-ui-font-color1: #000;
      --jp-mirror-editor-comment-color: #444; --jp-content-link-color: #003399;
      background: #fff; color: #000; }
    #dqn-lecture-bar { position: fixed; bottom: 0; left: 0; right: 0; z-index: 10000;
      display: flex; gap: 1.5em; align-items: center; min-height: 2.2em; box-sizing: border-box;
      padding: 2px 16px; font: 15px/1.35 sans-serif; color: #fff; background: #1d3557; }
    #dqn-lecture-bar .dqn-say { flex: 1; font-size: 17px; }
    #dqn-lecture-bar:not(.dqn-notes) .dqn-say { display: none; }
    #dqn-lecture-bar .dqn-help { margin-left: auto; }
    #dqn-lecture-bar.dqn-notes .dqn-help { display: none; }`;

  // What a cell is, as its slideshow metadata say; one without, such as a new one, is a step.
  const kindOf = (cell) =>
    (cell.model.getMetadata("slideshow") || {}).slide_type || "fragment";

  // Plotly finds the mouse under a transform, not under a zoom: take the zoom back, and transform.
  const rescale = (plot, size) => {
    plot.style.zoom = 1 / size;
    plot.style.transformOrigin = "0 0";
    plot.style.transform = `scale(${size})`;
    plot.style.marginBottom = `${plot.offsetHeight * (size - 1)}px`;
  };
  const unscale = (plot) => {
    for (const name of ["zoom", "transform", "transform-origin", "margin-bottom"]) {
      plot.style.removeProperty(name);
    }
  };

  class Lecture {
    constructor(app, panel, onEnd) {
      this.app = app;
      this.panel = panel;
      this.notebook = panel.content;
      this.onEnd = onEnd;
      this.before = this.notebook.notebookConfig;
      // All cells in the page: a virtual list would take away what a slide shows.
      this.notebook.notebookConfig = { ...this.before, windowingMode: "none" };
      this.buildBar();
      document.body.classList.add("dqn-lecturing");
      this.notebook.node.classList.add("dqn-lecture");
      this.resize(2);
      this.onKey = this.onKey.bind(this);
      this.follow = this.follow.bind(this);
      document.addEventListener("keydown", this.onKey, true);
      this.notebook.activeCellChanged.connect(this.follow);
      panel.disposed.connect(() => this.end());
      const root = document.documentElement;
      if (root.requestFullscreen) root.requestFullscreen().catch(() => {});
      // A figure that is drawn while the step is shown has to be fitted, too.
      this.sizes = new ResizeObserver((entries) => {
        clearTimeout(this.fitting);
        this.fitting = setTimeout(() => {
          if (!this.ended) entries.forEach((entry) => this.fit(entry.target));
        }, 400);
      });
      this.steps = this.plan();
      const active = this.notebook.activeCellIndex;
      this.go(Math.max(0, this.steps.findIndex((step) => step.cells.includes(active))));
    }

    buildBar() {
      this.bar = document.createElement("div");
      this.bar.id = "dqn-lecture-bar";
      this.bar.setAttribute("role", "status");
      for (const name of ["dqn-at", "dqn-say", "dqn-help"]) {
        const part = document.createElement("span");
        part.className = name;
        this.bar.append(part);
      }
      this.bar.lastChild.textContent = HELP;
      document.body.append(this.bar);
    }

    plan() {
      const steps = [];
      let slide = -1;
      this.notebook.widgets.forEach((cell, index) => {
        const kind = kindOf(cell);
        if (kind === "skip" || kind === "notes") return;
        if (kind === "slide" || kind === "subslide" || slide < 0) slide += 1;
        const last = steps[steps.length - 1];
        if (kind === "-continue" && last && last.slide === slide) last.cells.push(index);
        else steps.push({ slide, cells: [index] });
      });
      return steps;
    }

    go(number) {
      this.step = Math.min(Math.max(number, 0), this.steps.length - 1);
      const now = this.steps[this.step];
      const shown = new Set(
        this.steps.slice(0, this.step + 1).filter((step) => step.slide === now.slide)
          .flatMap((step) => step.cells));
      this.notebook.widgets.forEach((cell, index) => {
        cell.node.classList.toggle("dqn-elsewhere", !shown.has(index));
        cell.node.classList.toggle(
          "dqn-now", now.cells.includes(index) && shown.size > now.cells.length);
      });
      this.moving = true;
      // A control of the step before would keep the next keys to itself.
      if (document.activeElement) document.activeElement.blur();
      this.notebook.mode = "command";
      this.notebook.activeCellIndex = now.cells[0];
      this.notebook.deselectAll();
      this.moving = false;
      this.say();
      // Figures measure themselves when the window changes its size.
      window.dispatchEvent(new Event("resize"));
      const cells = now.cells.map((index) => this.notebook.widgets[index].node);
      this.sizes.disconnect();
      requestAnimationFrame(() => {
        cells.forEach((cell) => this.fit(cell));
        cells.forEach((cell) => this.sizes.observe(cell));
        cells[cells.length - 1].scrollIntoView({ block: "nearest" });
        cells[0].scrollIntoView({ block: "nearest" });
      });
    }

    // Type keeps the chosen size; a figure or an explorer that is too large for the screen shrinks.
    fit(cell) {
      const plots = [...cell.querySelectorAll(".js-plotly-plot")];
      plots.forEach(unscale);
      cell.style.removeProperty("zoom");
      if (!cell.querySelector(".js-plotly-plot, .jupyter-widgets, img")) return;
      const room = this.notebook.node.getBoundingClientRect();
      const box = cell.getBoundingClientRect();
      const widest = Math.max(0, ...plots.map(
        (plot) => plot.querySelector("svg").getBoundingClientRect().right - box.left));
      const scale = Math.min(
        1, (room.height - 40) / box.height, widest ? (box.width - 10) / widest : 1);
      const size = Math.max(SIZES[this.size] * scale, 0.7);
      if (scale < 1) cell.style.zoom = size;
      plots.forEach((plot) => rescale(plot, size));
    }

    // A cell that JupyterLab itself goes to, such as the next one after Shift Enter.
    follow() {
      if (this.moving) return;
      const active = this.notebook.activeCellIndex;
      if (this.steps[this.step].cells.includes(active)) return;
      const step = this.steps.findIndex((one) => one.cells.includes(active));
      if (step >= 0) this.go(step);
    }

    say() {
      const now = this.steps[this.step];
      const notes = now.cells.map(
        (index) => this.notebook.widgets[index].model.getMetadata("lecture") || {});
      const slides = this.steps[this.steps.length - 1].slide + 1;
      const [at, say] = this.bar.children;
      at.textContent =
        `slide ${now.slide + 1} of ${slides}, step ${this.step + 1} of ${this.steps.length}`;
      say.textContent = notes.flatMap((note) =>
        [note.minutes ? `${note.minutes} min.` : "", note.say || ""]).filter(Boolean).join(" ");
    }

    resize(number) {
      this.size = Math.min(Math.max(number, 0), SIZES.length - 1);
      this.notebook.node.style.setProperty("--dqn-size", SIZES[this.size]);
      if (this.steps) this.go(this.step);
    }

    onKey(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const target = event.target.closest ? event.target : document.body;
      // What is being written or moved keeps its keys; PageDown and PageUp always turn the page.
      const busy = target.closest(
        "input, select, textarea, .cm-content, [role=slider], button, summary, video, a");
      const turn = { PageDown: 1, PageUp: -1 }[event.key] ||
        (!busy && { ArrowRight: 1, ArrowLeft: -1, " ": 1 }[event.key]);
      const key = event.key.toLowerCase();
      if (turn) this.go(this.step + turn);
      else if (event.key === "Escape" && busy) {
        target.blur();
        this.notebook.mode = "command";
      } else if (event.key === "Escape") this.end();
      else if (busy) return;
      else if (event.key === "Enter") this.run(event.shiftKey);
      else if (event.key === "Home") this.go(0);
      else if (event.key === "End") this.go(this.steps.length - 1);
      else if (key === "n") this.bar.classList.toggle("dqn-notes");
      else if (key === "c") document.body.classList.toggle("dqn-contrast");
      else if (key === "+" || key === "=") this.resize(this.size + 1);
      else if (key === "-") this.resize(this.size - 1);
      else if (!/^[a-z]$/.test(key)) return;
      // Also a letter without a meaning: JupyterLab would cut or insert a cell.
      event.preventDefault();
      event.stopPropagation();
    }

    async run(andGoOn) {
      const { cells } = this.steps[this.step];
      for (const index of cells) {
        this.moving = true;
        this.notebook.activeCellIndex = index;
        this.notebook.deselectAll();
        this.moving = false;
        const done = this.app.commands.execute("notebook:run-cell");
        if (index !== cells[cells.length - 1]) await done;
      }
      if (andGoOn) this.go(this.step + 1);
    }

    end() {
      if (this.ended) return;
      this.ended = true;
      document.removeEventListener("keydown", this.onKey, true);
      this.sizes.disconnect();
      this.bar.remove();
      document.body.classList.remove("dqn-lecturing", "dqn-contrast");
      if (document.fullscreenElement) document.exitFullscreen().catch(() => {});
      this.onEnd();
      if (this.panel.isDisposed) return;
      this.notebook.node.classList.remove("dqn-lecture");
      this.notebook.activeCellChanged.disconnect(this.follow);
      for (const cell of this.notebook.widgets) {
        cell.node.classList.remove("dqn-elsewhere", "dqn-now");
        cell.node.style.removeProperty("zoom");
        cell.node.querySelectorAll(".js-plotly-plot").forEach(unscale);
      }
      this.notebook.notebookConfig = this.before;
      window.dispatchEvent(new Event("resize"));
      this.notebook.scrollToItem(this.notebook.activeCellIndex).catch(() => {});
    }
  }

  const plugin = {
    id: `${NAME}:plugin`,
    description: "Shows a notebook one step at a time, full-screen.",
    autoStart: true,
    activate: (app) => {
      const style = document.createElement("style");
      style.textContent = CSS;
      document.head.append(style);
      let lecture = null;
      const notebook = () => {
        const panel = app.shell.currentWidget;
        return panel && panel.content && panel.content.notebookConfig ? panel : null;
      };
      app.commands.addCommand("dqn-lessons:lecture", {
        label: "Lecture: show this notebook step by step",
        caption: "Full-screen; PageDown and PageUp turn, Esc ends",
        isEnabled: () => notebook() !== null,
        execute: () => {
          if (lecture) lecture.end();
          else lecture = new Lecture(app, notebook(), () => { lecture = null; });
        },
      });
      // A button where a lecturer looks for one; a notebook's toolbar comes with the notebook.
      const addButton = (panel) => {
        if (panel.toolbar.node.querySelector(".dqn-lecture-button")) return;
        const button = document.createElement("button");
        button.className = "dqn-lecture-button jp-ToolbarButtonComponent";
        button.textContent = "Lecture";
        button.title = "Show this notebook step by step (Ctrl Alt L)";
        button.addEventListener("click", () => {
          button.blur();
          app.shell.activateById(panel.id);
          app.commands.execute("dqn-lessons:lecture");
        });
        panel.toolbar.node.append(button);
      };
      const look = () => {
        const panel = notebook();
        if (panel) panel.context.ready.then(() => addButton(panel));
      };
      app.restored.then(look);
      app.shell.currentChanged.connect(look);
      app.commands.addKeyBinding({
        command: "dqn-lessons:lecture", keys: ["Accel Alt L"], selector: "body", args: {},
      });
    },
  };

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB[NAME] = {
    init() {},
    get: () => Promise.resolve(() => ({ __esModule: true, default: plugin })),
  };
})();
