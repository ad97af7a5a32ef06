// Starts reveal.js, draws plots when they come into sight, hides code whose output is a picture (H
// shows it), and scrolls slides that are too long.
(() => {
  const PAGE = 0.7; // of a slide's height, for one press of an arrow
  const drawn = new WeakSet();

  // A plot that is not displayed has no text sizes, so it is drawn when it is shown.
  const draw = () => {
    for (const plot of document.querySelectorAll(".reveal .plot")) {
      if (drawn.has(plot) || plot.offsetParent === null) continue;
      drawn.add(plot);
      const { data, layout } = JSON.parse(plot.querySelector("script").textContent);
      Plotly.newPlot(plot.querySelector(".canvas"), data, layout, { staticPlot: true });
    }
  };

  const scroll = (pages) => {
    const slide = Reveal.getCurrentSlide();
    slide.scrollTop += pages * slide.clientHeight;
  };

  // A fragment that appears below the edge: its top is shown, and its end if there is room.
  const reveal = (fragment) => {
    const slide = Reveal.getCurrentSlide();
    const [outer, inner] = [slide, fragment].map((e) => e.getBoundingClientRect());
    const below = inner.bottom - outer.bottom;
    if (below <= 0) return;
    slide.scrollTop += Math.min(below, inner.top - outer.top) / Reveal.getScale();
  };

  const show = (cell, code) => {
    const input = cell.querySelector(".jp-Cell-inputWrapper");
    if (input && cell.querySelector(".jp-Cell-outputWrapper"))
      input.style.display = code ? "" : "none";
  };
  const pictures = ".jp-Cell-outputWrapper :is(img, svg, .plot)";
  for (const cell of document.querySelectorAll(".reveal .jp-Cell"))
    if (cell.querySelector(pictures)) show(cell, false);

  // As in the lecture mode: if any code of the slide is hidden, all of it is shown, else hidden.
  const toggleCode = () => {
    const cells = [...Reveal.getCurrentSlide().querySelectorAll(".jp-Cell")];
    const hidden = (cell) => cell.querySelector(".jp-Cell-inputWrapper")?.style.display === "none";
    const code = cells.some(hidden);
    cells.forEach((cell) => show(cell, code));
  };

  Reveal.initialize({
    plugins: [RevealNotes],
    width: 1280,
    height: 720,
    margin: 0.03,
    center: false,
    hash: true,
    slideNumber: "c/t",
    controls: false,
    transition: "none",
    navigationMode: "linear",
    keyboard: { 38: () => scroll(-PAGE), 40: () => scroll(PAGE), 72: toggleCode },
  });
  Reveal.on("ready", draw);
  Reveal.on("slidechanged", draw);
  Reveal.on("fragmentshown", ({ fragment }) => {
    draw();
    reveal(fragment);
  });
})();
