"use strict";
(() => {
  const figures = JSON.parse(document.getElementById("figures").textContent);
  const dark = matchMedia("(prefers-color-scheme: dark)");

  // Figures name the style sheet's variables; put in their values
  const resolve = (value, style) => {
    if (typeof value === "string") {
      return value.replace(/var\((--[\w-]+)\)/g, (_, name) =>
        style.getPropertyValue(name).trim());
    }
    if (Array.isArray(value)) return value.map((one) => resolve(one, style));
    if (value && typeof value === "object") {
      const pairs = Object.entries(value);
      return Object.fromEntries(pairs.map(([k, v]) => [k, resolve(v, style)]));
    }
    return value;
  };

  const axis = (own) => ({
    linecolor: "var(--line)",
    zerolinecolor: "var(--line)",
    tickfont: { size: 13, color: "var(--ink)" },
    ...own,
    title: {
      font: { size: 13, color: "var(--muted)" },
      standoff: 12,
      ...own.title,
    },
  });

  const complete = (layout, narrow) => ({
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    margin: { l: 8, r: narrow ? 10 : 18, t: 10, b: 8 },
    font: { family: "var(--sans)", size: 13, color: "var(--ink)" },
    hoverlabel: {
      bgcolor: "var(--ink)",
      bordercolor: "var(--ink)",
      align: "left",
      font: { family: "var(--sans)", size: 13, color: "var(--paper)" },
    },
    dragmode: false,
    autosize: true,
    ...layout,
    xaxis: axis({ nticks: narrow ? 4 : 7, ...layout.xaxis }),
    yaxis: axis(layout.yaxis),
  });

  const draw = () => {
    const style = getComputedStyle(document.documentElement);
    for (const [id, figure] of Object.entries(figures)) {
      const place = document.getElementById(`chart-${id}`);
      if (!place) continue;
      const narrow = place.clientWidth < 420;
      const { data, layout } = resolve(
        { data: figure.data, layout: complete(figure.layout, narrow) }, style);
      Plotly.react(place, data, layout, { displayModeBar: false });
    }
  };

  draw();
  // A chart is as wide as its card, whatever made the card change
  const widths = new ResizeObserver((entries) => {
    for (const entry of entries) Plotly.Plots.resize(entry.target);
  });
  document.querySelectorAll(".chart").forEach((one) => widths.observe(one));
  dark.addEventListener("change", draw);

  // Show in the bar where the reader is
  const links = [...document.querySelectorAll("nav .links a")];
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      for (const link of links) {
        const here = link.hash === `#${entry.target.id}`;
        link.toggleAttribute("aria-current", here);
      }
    }
  }, { rootMargin: "-20% 0px -70% 0px" });
  document.querySelectorAll("main > section[id]")
    .forEach((one) => seen.observe(one));
})();
