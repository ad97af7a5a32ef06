// Lecture mode: the notebook itself, full-screen, one step at a time, driven by the keyboard.
//
// The cells stay where they are and only those of the present slide are shown, so sliders, live
// figures and videos go on working. Slides and steps are what the cells' slideshow metadata say.
// What the lecturer should know of a cell stands there, too: {"lecture": {"minutes": 3, "say": ""}}.
// Written by hand in plain JavaScript: nothing to build.
(() => {
  const NAME = "dqn-lessons-lecture";
  const HELP = "PageDown next · Enter run · Esc end";
  // Key, its name in the bar if it has a button there, what it does.
  const KEYS = [
    ["h", "code", (lecture) => lecture.toggleCode()],
    ["g", "go to", (lecture) => lecture.choose()],
    ["v", "votes", (lecture) => lecture.vote()],
    ["n", "notes", (lecture) => { lecture.bar.classList.toggle("dqn-notes"); lecture.arrange(); }],
    ["p", "presenter", (lecture) => lecture.openWindow()],
    ["f", "", (lecture) => lecture.fill()],
    ["t", "", (lecture) => { lecture.panel.dqnBegan = Date.now(); lecture.tell(); }],
    ["c", "", () => document.body.classList.toggle("dqn-contrast")],
    ["+", "", (lecture) => lecture.resize(1)],
    ["=", "", (lecture) => lecture.resize(1)],
    ["-", "", (lecture) => lecture.resize(-1)],
    ["home", "", (lecture) => lecture.go(0)],
    ["end", "", (lecture) => lecture.go(lecture.steps.length - 1)],
  ];
  const SIZES = [1, 1.2, 1.4, 1.6, 1.8, 2];
  const USUAL = 1.4;
  // No output is drawn smaller than this, nine tenths of its size in the notebook.
  const SMALLEST = 0.9;
  const FIGURE = ".jp-OutputArea-output :is(.jupyter-widgets, img, svg, video, canvas)";
  const OUTPUT = ".jp-Cell-outputWrapper";
  const CONTROL =
    "input, select, textarea, .cm-content, [role=slider], button, summary, video, a";
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
      .jp-Toolbar, .dqn-nocode > .jp-Cell-inputWrapper),
    .dqn-lecture .dqn-elsewhere { display: none !important; }
    .dqn-lecture .jp-WindowedPanel-outer { padding: 0.3em 5vw 30vh 5vw; box-sizing: border-box; }
    .dqn-lecture .dqn-beside .jp-OutputArea { display: flex; flex-wrap: wrap; gap: 0 1em; }
    .dqn-lecture .dqn-beside .jp-OutputArea-child { display: block; width: auto; }
    .dqn-lecture .dqn-beside .dqn-figure { max-width: 48vw !important; }
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
    #dqn-lecture-bar .dqn-say { flex: 2; font-size: 17px; }
    #dqn-lecture-bar .dqn-where { flex: 1; overflow: hidden; text-overflow: ellipsis; }
    #dqn-lecture-bar :is(.dqn-where, .dqn-clock) { white-space: nowrap; }
    #dqn-lecture-bar .dqn-title { font-weight: bold; margin-left: 1em; }
    #dqn-lecture-bar .dqn-told { color: #ffe08a; }
    #dqn-lecture-bar :is(.dqn-told:empty, .dqn-say:empty),
    #dqn-lecture-bar:not(.dqn-notes) .dqn-say { display: none; }
    #dqn-lecture-bar .dqn-help { margin-left: auto; white-space: nowrap; }
    #dqn-lecture-bar.dqn-notes .dqn-help { display: none; }
    #dqn-lecture-bar button { font: inherit; color: inherit; background: #1d3557; padding: 1px 6px;
      margin-left: 4px; border: 1px solid #a9bcd6; border-radius: 4px; min-height: 24px; }
    .dqn-dialog { font: 18px/1.4 sans-serif; max-width: 90vw; max-height: 85vh; overflow: auto;
      color: #000; background: #fff; border: 3px solid #1d3557; }
    .dqn-dialog::backdrop { background: #0006; }
    .dqn-dialog :is(select, input, button) { font: inherit; }
    .dqn-dialog label { display: flex; gap: .6em; margin: .3em 0; }
    .dqn-dialog input { width: 5em; }`;
  const NOTES_CSS = `body { font: 22px/1.45 sans-serif; margin: 1em 1.5em; color: #000; }
    h1 { font-size: 26px; } h2 { font-size: 18px; } .dqn-next { color: #555; font-size: 18px; }`;

  const make = (tag, attributes, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };

  // What a cell is, as its slideshow metadata say; one without, such as a new one, is a step.
  const kindOf = (cell) =>
    (cell.model.getMetadata("slideshow") || {}).slide_type || "fragment";

  const figure = ({ node }) => node.querySelector(OUTPUT)?.querySelector(FIGURE);
  // Whether the code of a cell stands in the way of what it shows.
  const draws = ({ model, node }) => model.type === "code" && (
    figure({ node }) || /^(predict|quiz|recall)\(/m.test(model.sharedModel.getSource()));

  // Whether a cell says something without its code; an exercise is its code.
  const shows = ({ model, node }) => node.querySelector(".jp-OutputArea-child")
    && !/^@exercise/m.test(model.sharedModel.getSource());

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
      this.onKey = this.onKey.bind(this);
      this.follow = this.follow.bind(this);
      document.addEventListener("keydown", this.onKey, true);
      // In a larger window, such as the whole screen, there may be room again.
      this.onResize = ({ isTrusted }) => isTrusted && !this.writing() && this.go(this.step);
      window.addEventListener("resize", this.onResize);
      this.notebook.activeCellChanged.connect(this.follow);
      panel.disposed.connect(() => this.end());
      this.fill();
      // The clock goes on when a lecture is ended and begun again.
      panel.dqnBegan ??= Date.now();
      this.clock = setInterval(() => this.tell(), 5000);
      // Slide -> whether its code is shown, where the lecturer chose.
      this.code = new Map();
      // What is drawn or opened while the step is shown needs its room, too.
      this.sizes = new ResizeObserver(() => {
        clearTimeout(this.fitting);
        this.fitting = setTimeout(() => { if (!this.ended) this.arrange(); }, 400);
      });
      this.steps = this.plan();
      const active = this.notebook.activeCellIndex;
      this.go(Math.max(0, this.steps.findIndex((step) => step.cells.includes(active))));
    }

    fill() {
      document.documentElement.requestFullscreen?.().catch(() => {});
    }

    buildBar() {
      const part = (name, ...children) => make("span", { class: `dqn-${name}` }, ...children);
      const buttons = KEYS.filter(([, name]) => name).map(([key, name, act]) => {
        const button = make("button", { type: "button", "aria-keyshortcuts": key },
          `${key.toUpperCase()} ${name}`);
        // With the focus on a button, the keys would be the button's.
        button.addEventListener("click", () => { button.blur(); act(this); });
        return button;
      });
      this.bar = make("div", { id: "dqn-lecture-bar", role: "region", "aria-label": "Lecture" },
        make("span", { role: "status", class: "dqn-where" }, part("at"), part("title")),
        part("clock"), part("say"), make("span", { role: "status", class: "dqn-told" }),
        part("help", HELP, ...buttons));
      document.body.append(this.bar);
    }

    part(name) {
      return this.bar.querySelector(`.dqn-${name}`);
    }

    plan() {
      const steps = [];
      let slide = -1, title = "";
      this.titles = [];
      this.notebook.widgets.forEach((cell, index) => {
        const kind = kindOf(cell);
        if (kind === "skip" || kind === "notes") return;
        const begins = kind === "slide" || kind === "subslide" || slide < 0;
        if (begins) slide += 1;
        const heading = cell.model.type === "markdown"
          && /^#+\s+(.+)$/m.exec(cell.model.sharedModel.getSource());
        if (heading) title = heading[1].replace(/[*`$]/g, "");
        // Without a heading of its own, a slide goes on with what the last one was about.
        if (begins) this.titles.push(title);
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
      this.shown = [...shown].map((index) => this.notebook.widgets[index]);
      this.now = now.cells.map((index) => this.notebook.widgets[index]);
      this.notebook.widgets.forEach((cell, index) =>
        cell.node.classList.toggle("dqn-elsewhere", !shown.has(index)));
      this.moving = true;
      // A control of the step before would keep the next keys to itself.
      if (document.activeElement) document.activeElement.blur();
      this.notebook.mode = "command";
      this.notebook.activeCellIndex = now.cells[0];
      this.notebook.deselectAll();
      this.moving = false;
      this.setType(this.chosen || USUAL);
      this.part("told").textContent = "";
      this.tell();
      // Figures measure themselves when the window changes its size.
      window.dispatchEvent(new Event("resize"));
      this.sizes.disconnect();
      requestAnimationFrame(() => {
        this.arrange();
        this.shown.forEach((cell) => this.sizes.observe(cell.node));
        for (const cell of [this.now[this.now.length - 1], this.now[0]]) {
          cell.node.scrollIntoView({ block: "nearest" });
        }
      });
    }

    writing() {
      return this.shown.some(({ node }) => node.querySelector(".cm-focused"));
    }

    // Make room on the screen for the step, in this order, until there is enough: figures shrink;
    // earlier steps of the slide lose their code, then leave, all but what the step speaks of; its
    // table and figure stand side by side; type shrinks a little; it leaves, too, and type grows
    // again; the step's own code goes, if it is no exercise; its table and figure stand side by
    // side; type shrinks further. What has gone comes back with another step.
    arrange() {
      this.hideCode();
      const type = this.type;
      const put = (name) => (cell) => () => cell.node.classList.add(name);
      const out = put("dqn-elsewhere"), beside = put("dqn-beside");
      const bare = (cells) => (this.code.has(this.steps[this.step].slide) ? [] : cells)
        .filter(shows).map(put("dqn-nocode"));
      // The lecturer's own choice of a size holds.
      const types = (...sizes) => (this.chosen ? [] : sizes)
        .map((size) => () => this.setType(Math.min(type, size)));
      // A control that is being moved stays with its cell.
      const held = document.activeElement?.closest(CONTROL);
      const earlier = this.shown.filter((cell) =>
        !this.now.includes(cell) && !(held && cell.node.contains(held)));
      const subject = earlier.filter(figure).pop() || earlier[earlier.length - 1];
      const others = earlier.filter((cell) => cell !== subject);
      // What is being written keeps its place.
      const ways = this.writing() ? [] : [
        ...bare(earlier),
        ...others.filter((cell) => !figure(cell)).map(out), ...others.filter(figure).map(out),
        ...(subject ? [beside(subject), ...types(1.3, 1.2), () => {
          out(subject)();
          this.setType(type);
        }] : []),
        ...bare(this.now), ...this.now.map(beside), ...types(1.3, 1.2, 1.1, 1),
      ];
      let fits = this.fit();
      while (!fits && ways.length) {
        ways.shift()();
        fits = this.fit();
      }
      if (fits) this.notebook.node.querySelector(".jp-WindowedPanel-outer").scrollTop = 0;
      else {
        // One scrolls: through type of the usual size, and from the code to a whole figure.
        this.setType(type);
        this.fit(true);
      }
      this.shown.forEach((cell) => cell.node.classList.toggle(
        "dqn-now", this.now.includes(cell) && this.shown.length > this.now.length));
    }

    // Shrink the figures to the room that is left, or to the screen; return whether all has room.
    fit(whole = false) {
      this.shown = this.shown.filter(({ node }) => !node.classList.contains("dqn-elsewhere"));
      const drawn = this.shown.filter(figure).map(({ node }) => node.querySelector(OUTPUT));
      const plots = (output) => [...output.querySelectorAll(".js-plotly-plot")];
      for (const output of this.shown.map(({ node }) => node.querySelector(OUTPUT))) {
        if (!output) continue;
        plots(output).forEach(unscale);
        output.style.removeProperty("zoom");
      }
      const height = () => this.shown[this.shown.length - 1].node.getBoundingClientRect().bottom
        - this.shown[0].node.getBoundingClientRect().top;
      const room = this.bar.getBoundingClientRect().top
        - this.notebook.node.getBoundingClientRect().top - 18;
      const boxes = drawn.map((output) => output.getBoundingClientRect());
      const sum = boxes.reduce((all, box) => all + box.height, 0);
      const share = (room - height() + sum) / sum;
      const widths = drawn.map((output, number) => Math.max(0, ...plots(output).map(
        (plot) => plot.querySelector("svg").getBoundingClientRect().right - boxes[number].left)));
      // Not all of an output shrinks in proportion.
      for (const part of [0.99, 0.95, 0.9]) {
        drawn.forEach((output, number) => {
          const { height: tall, width } = boxes[number];
          const scale = Math.min(1, part * (whole ? room / tall : share),
            widths[number] ? (width - 10) / widths[number] : 1);
          const size = Math.max(this.type * scale, SMALLEST);
          output.style.zoom = size / this.type;
          plots(output).forEach((plot) => rescale(plot, size));
        });
        if (height() <= room) return true;
      }
      return false;
    }

    hideCode() {
      const show = this.code.get(this.steps[this.step].slide);
      for (const cell of this.shown) {
        cell.node.classList.remove("dqn-beside");
        // What is being written stays.
        const hide = !cell.node.querySelector(".cm-focused") && (show === undefined ? draws(cell)
          : !show && cell.node.querySelector(".jp-OutputArea-child"));
        cell.node.classList.toggle("dqn-nocode", Boolean(hide));
      }
    }

    toggleCode() {
      const hidden = this.shown.some((cell) => cell.node.classList.contains("dqn-nocode"));
      this.code.set(this.steps[this.step].slide, hidden);
      this.go(this.step);
    }

    // A dialog of the browser's own: it holds the focus, Esc closes it, the focus goes back.
    ask(name, ...parts) {
      this.dialog = make("dialog", { class: "dqn-dialog", "aria-label": name }, ...parts);
      const { dialog } = this;
      dialog.addEventListener("close", () => dialog.remove());
      document.body.append(dialog);
      dialog.showModal();
    }

    choose() {
      const list = make("select", { size: Math.min(this.titles.length, 18), "aria-label": "Slide" },
        ...this.titles.map((title, index) => make("option", {}, `${index + 1} · ${title}`)));
      list.selectedIndex = this.steps[this.step].slide;
      const go = () => {
        this.dialog.close();
        this.go(this.steps.findIndex((step) => step.slide === list.selectedIndex));
      };
      let typed = "";
      list.addEventListener("click", go);
      list.addEventListener("keydown", (event) => {
        if (event.key === "Enter") go();
        else if (/^\d$/.test(event.key)) {
          typed = [typed + event.key, event.key].find((n) => n > 0 && n <= list.length) || "";
          if (typed) list.selectedIndex = typed - 1;
        } else return;
        event.preventDefault();
      });
      this.ask("Go to a slide", make("p", {}, "Type its number, or use the arrows; then Enter."),
        list);
    }

    // The kernel knows the questions and keeps the votes: see votes() in lecture/__init__.py.
    async votes(...given) {
      const { kernel } = this.panel.sessionContext.session;
      const call = given.map((one) => JSON.stringify(one)).join(", ");
      const module = '__import__("dqn_classroom.instructor.lecture", fromlist=["votes"])';
      const { content } = await kernel.requestExecute({
        code: "", silent: true, store_history: false,
        user_expressions: { votes: `${module}.votes(${call})` },
      }).done;
      const said = content.user_expressions?.votes;
      if (said?.status !== "ok") throw new Error(said?.evalue || "the kernel did not answer");
      return said.data["application/json"];
    }

    async vote() {
      const source = this.shown.filter(({ model }) => model.type === "code")
        .map(({ model }) => model.sharedModel.getSource()).join("\n");
      const told = this.part("told");
      told.textContent = "Asking the kernel …";
      try {
        const asked = Object.entries(await this.votes(source));
        told.textContent = asked.length ? "" : "No question on this slide.";
        if (!asked.length || this.ended) return;
        const form = make("form", { method: "dialog" },
          ...asked.map(([key, { prompt, options, counts }]) => make("fieldset", {},
            make("legend", {}, prompt),
            ...options.map(([place, option]) => make("label", {}, make("input", {
              type: "number", min: 0, max: 9999, name: `${key} ${place}`,
              value: counts[place] ?? "" }), option)))),
          make("p", {}, "Count the hands. ", make("button", {}, "Keep")));
        form.addEventListener("submit", async () => {
          const given = Object.fromEntries(asked.map(([key]) => [key, {}]));
          let sum = 0;
          for (const [name, value] of new FormData(form)) {
            const [, key, option] = /^(.*) (\d+)$/.exec(name);
            if (value) given[key][option] = Number(value);
            sum += Number(value);
          }
          try {
            await this.votes(source, given);
            told.textContent = `Kept: ${sum} votes.`;
          } catch (error) {
            told.textContent = `Not kept: ${error.message}`;
          }
        });
        this.ask("Votes by hand", form);
      } catch (error) {
        told.textContent = `No votes: ${error.message}`;
      }
    }

    openWindow() {
      this.window = window.open("", "dqn-lecture-notes", "popup,width=760,height=560");
      if (!this.window) {
        this.part("told").textContent = "The browser refused the window: allow pop-ups, or press N.";
        return;
      }
      const { document: page } = this.window;
      page.title = "Presenter's notes";
      page.documentElement.lang = "en";
      page.head.replaceChildren(make("title", {}, page.title), make("style", {}, NOTES_CSS));
      page.body.replaceChildren(make("main", {}, make("h1", { class: "dqn-title" }),
        make("p", { class: "dqn-at" }), make("p", { class: "dqn-clock" }),
        make("p", { class: "dqn-say", "aria-live": "polite" }),
        make("h2", {}, "Next"), make("p", { class: "dqn-next" })));
      page.onkeydown = this.onKey;
      this.tell();
    }

    // A cell that JupyterLab itself goes to, such as the next one after Shift Enter.
    follow() {
      if (this.moving) return;
      const active = this.notebook.activeCellIndex;
      if (this.steps[this.step].cells.includes(active)) return;
      const step = this.steps.findIndex((one) => one.cells.includes(active));
      if (step >= 0) this.go(step);
    }

    notes(step) {
      return (step ? step.cells : []).map(
        (index) => this.notebook.widgets[index].model.getMetadata("lecture") || {});
    }

    // What the bar and the presenter's window say.
    tell() {
      const now = this.steps[this.step];
      const after = this.steps[this.step + 1];
      const say = (step) => this.notes(step).flatMap((note) =>
        [note.minutes ? `${note.minutes} min.` : "", note.say || ""]).filter(Boolean).join(" ");
      const to_come = this.steps.slice(this.step).flatMap((step) => this.notes(step))
        .reduce((sum, note) => sum + (note.minutes || 0), 0);
      const passed = Math.floor((Date.now() - this.panel.dqnBegan) / 60000);
      const said = {
        title: this.titles[now.slide],
        at: `slide ${now.slide + 1} of ${this.titles.length}, `
          + `step ${this.step + 1} of ${this.steps.length}`,
        clock: `${passed} min elapsed, ${to_come} remaining`,
        say: say(now),
        next: after ? `${after.slide === now.slide ? "" : `${this.titles[after.slide]} · `}`
          + say(after) : "The end.",
      };
      for (const page of [this.bar, this.window && !this.window.closed && this.window.document]) {
        for (const [name, text] of Object.entries(said)) {
          const part = page && page.querySelector(`.dqn-${name}`);
          // Said again, it would be read aloud again.
          if (part && part.textContent !== text) part.textContent = text;
        }
      }
    }

    setType(size) {
      this.type = size;
      this.notebook.node.style.setProperty("--dqn-size", size);
    }

    resize(by) {
      const now = SIZES.findIndex((size) => size >= this.type);
      const size = SIZES[Math.min(Math.max(now + by, 0), SIZES.length - 1)];
      this.chosen = size === USUAL ? null : size;
      this.go(this.step);
    }

    onKey(event) {
      if (event.ctrlKey || event.metaKey || event.altKey || this.dialog?.open) return;
      const target = event.target.closest ? event.target : document.body;
      // What is being written or moved keeps its keys; PageDown and PageUp always turn the page.
      const busy = target.closest(CONTROL);
      const turn = { PageDown: 1, PageUp: -1 }[event.key] ||
        (!busy && { ArrowRight: 1, ArrowLeft: -1, " ": 1 }[event.key]);
      const key = event.key.toLowerCase();
      const act = KEYS.find(([name]) => name === key)?.[2];
      if (turn) this.go(this.step + turn);
      else if (event.key === "Escape" && busy) {
        target.blur();
        this.notebook.mode = "command";
      } else if (event.key === "Escape") this.end();
      else if (busy) return;
      else if (event.key === "Enter") this.run(event.shiftKey);
      else if (act) act(this);
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
      window.removeEventListener("resize", this.onResize);
      this.sizes.disconnect();
      clearInterval(this.clock);
      this.window?.close();
      this.dialog?.close();
      this.bar.remove();
      document.body.classList.remove("dqn-lecturing", "dqn-contrast");
      if (document.fullscreenElement) document.exitFullscreen().catch(() => {});
      this.onEnd();
      if (this.panel.isDisposed) return;
      this.notebook.node.classList.remove("dqn-lecture");
      this.notebook.activeCellChanged.disconnect(this.follow);
      for (const cell of this.notebook.widgets) {
        cell.node.classList.remove("dqn-elsewhere", "dqn-now", "dqn-nocode", "dqn-beside");
        cell.node.querySelector(OUTPUT)?.style.removeProperty("zoom");
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
      // Voila, RISE and others run plugins in a shell without this signal, and show no notebook.
      app.restored?.then(look);
      app.shell.currentChanged?.connect(look);
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
