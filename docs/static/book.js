// Draws the figures of a page: they answer the pointer, fit the page, and where a control was moved
// beforehand, a slider moves it again. plotly.js is 5 MB to read, so only a page with plots loads it.
(() => {
  const plots = [...document.querySelectorAll(".plot")];
  if (!plots.length) return;
  const make = (tag, given) => Object.assign(document.createElement(tag), given);
  const config = { displayModeBar: false };

  const start = (plot) => {
    const { data, layout, sweep } = JSON.parse(plot.querySelector("script").textContent);
    const canvas = plot.querySelector(".canvas"), full = layout.width;
    let shown = data, width = 0;
    // A finger on a figure scrolls the page.
    const draw = () => {
      layout.width = Math.min(full ?? 700, (width = plot.clientWidth));
      return Plotly.react(canvas, shown, { ...layout, dragmode: false }, config);
    };
    new ResizeObserver(() => width !== plot.clientWidth && draw()).observe(plot);
    if (!sweep) return;
    const { control, frames } = sweep, said = plot.nextElementSibling;
    const slider = make("input", { type: "range", max: frames.length - 1, value: sweep.start });
    const value = make("output"), label = make("label", { className: "sweep" });
    const move = () => {
      const frame = frames[slider.value];
      [shown, value.textContent, said.innerHTML] = [frame.data, frame.value, frame.said];
      slider.setAttribute("aria-valuetext", frame.value);
    };
    slider.addEventListener("input", () => (move(), draw()));
    label.append(control, slider, value);
    plot.before(label);
    move();
    // The slider says it now.
    const rest = said.nextElementSibling;
    const others = (text) => text.split(" · ").filter((one) => !one.startsWith(`${control} = `));
    if (rest) rest.textContent = others(rest.textContent).join(" · ");
  };

  const here = document.currentScript.src;
  const load = make("script", { src: new URL("plotly.min.js", here) });
  load.addEventListener("load", () => plots.forEach(start));
  document.head.append(load);
})();
