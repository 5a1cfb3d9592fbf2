"use strict";

// Charts are made once and given new data. Their colours are the style sheet's.
const charts = (() => {
  const color = (name) => () => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  const shares = (u, values) => values.map((v) => (v === null ? "" : +v.toFixed(3) + "%"));
  const latencies = (u, values) => values.map((v) => (v === null ? "" : words.duration(v).replace(/\.0+ /, " ")));
  const all = [];

  const line = (label, name, dashed, show) => ({
    label,
    stroke: color(name),
    width: dashed ? 1.5 : 2,
    dash: dashed ? [4, 4] : undefined,
    points: { size: 4, space: 4, fill: color(name) },
    value: (u, v, i, at) => {
      if (at === null) v = u.data[i].findLast((earlier) => earlier !== null);
      return v === null || v === undefined ? "–" : show(v);
    },
    spanGaps: true,
  });

  const decades = (u, splits) => splits.map((v) => (Number.isInteger(Math.log10(v)) ? v : null));

  const axis = (values, size) => ({
    stroke: color("quiet"),
    grid: { stroke: color("line"), width: 1 },
    ticks: { show: false },
    font: "12px system-ui, sans-serif",
    size,
    values,
  });

  const clock = (u, ticks, i, space, step) => ticks.map((t) => (step < 60 ? words.clock(1000 * t) : words.clock(1000 * t).slice(0, 5)));

  const yAxisOf = (values, scale) => {
    const y = { ...axis(values, 64), space: 28 };
    if (scale.distr === 3) y.grid = { ...y.grid, filter: decades };
    return y;
  };

  function make(id, series, yAxis, scale) {
    const holder = dom.by(id).querySelector("div");
    const width = () => Math.max(200, Math.floor(holder.clientWidth));
    const chart = new uPlot({
      width: width(),
      height: 180,
      padding: [8, 28, 0, 0],
      scales: { x: { time: true }, y: scale },
      axes: [{ ...axis(clock, 28), space: 80 }, yAxisOf(yAxis, scale)],
      series: [{ label: "At", value: (u, v, i, at) => (at === null ? "latest" : words.clock(1000 * v)) }, ...series],
      cursor: { y: false, drag: { x: false, y: false } },
      legend: { live: true, markers: { show: false } },
    }, [[], ...series.map(() => [])], holder);
    const resized = new ResizeObserver(() => {
      if (chart.width !== width()) chart.setSize({ width: width(), height: 180 });
    });
    resized.observe(holder);
    all.push({ chart, resized });
    return chart;
  }

  const percent = (v) => words.percent(v / 100);
  const fromZero = { range: (u, min, max) => [0, Math.max(1, max * 1.1 || 1)] };
  const toHundred = { range: (u, min) => [min === null ? 0 : Math.max(0, Math.min(99, min - (100 - min) * 0.2)), 100] };
  const logarithmic = {
    distr: 3,
    range: (u, min, max) => (min === null ? [1e4, 1e8] : [10 ** Math.floor(Math.log10(min)), 10 ** Math.ceil(Math.log10(max + 1))]),
  };
  const latency = () => [
    line("old p50", "old", true, words.duration), line("new p50", "new", true, words.duration),
    line("old p99", "old", false, words.duration), line("new p99", "new", false, words.duration),
  ];

  let latest, consistency, errors, reads, writes;

  function start() {
    if (all.length > 0) return;
    consistency = make("consistency", [line("consistent", "ink", false, percent)], shares, toHundred);
    errors = make("errors", [
      line("old reads", "old", false, percent), line("new reads", "new", false, percent),
      line("old writes", "old", true, percent), line("new writes", "new", true, percent),
    ], shares, fromZero);
    reads = make("reads", latency(), latencies, logarithmic);
    writes = make("writes", latency(), latencies, logarithmic);
  }

  // The legend keeps the colours it was made with, so the charts are made anew where the scheme changes.
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    for (const { chart, resized } of all.splice(0)) {
      resized.disconnect();
      chart.destroy();
    }
    if (latest) show(latest);
  });

  const orNull = (v) => (v > 0 ? v : null);
  const ratio = (part, of) => (of > 0 ? (100 * part) / of : null);

  function show(report) {
    latest = report;
    start();
    dom.text(dom.by("steps"), `all stages together, in steps of ${report.window === "minute" ? "3 seconds" : "a minute"}${report.window === "start" ? ", the last hour" : ""}`);
    const points = report.points;
    const x = points.map((p) => Date.parse(p.at) / 1000);
    const failed = (what, origin) => points.map((p) => ratio(p[what].errors[origin], p[what].calls[origin]));
    const quantiles = (what) => [["p50", 0], ["p50", 1], ["p99", 0], ["p99", 1]].map(([q, origin]) =>
      points.map((p) => orNull(p[what][q][origin])));
    consistency.setData([x, points.map((p) => ratio(p.checked - p.inconsistent, p.checked))]);
    errors.setData([x, failed("reads", 0), failed("reads", 1), failed("writes", 0), failed("writes", 1)]);
    reads.setData([x, ...quantiles("reads")]);
    writes.setData([x, ...quantiles("writes")]);
  }

  return { show };
})();
