"use strict";

// Numbers, shares, durations and times are written alike everywhere, and as the server writes them: see words.go.
const words = {
  count: (n) => n.toLocaleString("en-US"),

  plural: (n, what) => (n === 1 ? "1 " + what : words.count(n) + " " + what + "s"),

  rate(n) {
    if (n === 0) return "0";
    if (n < 0.01) return "<0.01";
    return n < 10 ? n.toFixed(n < 1 ? 2 : 1) : words.count(Math.round(n));
  },

  // percent has as many decimals as it needs to differ from none and from all.
  percent(share) {
    if (share === 0 || share === 1) return 100 * share + "%";
    for (let decimals = 1; decimals < 4; decimals++) {
      const text = (100 * share).toFixed(decimals);
      if (Number(text) > 0 && Number(text) < 100) return text + "%";
    }
    return (100 * share).toPrecision(4) + "%";
  },

  // duration is given in nanoseconds.
  duration(ns) {
    if (!ns) return "–";
    for (const [unit, name] of [[1e9, "s"], [1e6, "ms"], [1e3, "µs"]]) {
      if (ns >= unit) {
        const n = ns / unit;
        return (n >= 100 ? n.toFixed(0) : n >= 10 ? n.toFixed(1) : n.toFixed(2)) + " " + name;
      }
    }
    return ns + " ns";
  },

  // date and clock are in the reader's time zone, and the same in every language.
  date(at) {
    const d = new Date(at);
    return [d.getFullYear(), d.getMonth() + 1, d.getDate()].map((n) => String(n).padStart(2, "0")).join("-");
  },

  clock(at) {
    const d = new Date(at);
    return [d.getHours(), d.getMinutes(), d.getSeconds()].map((n) => String(n).padStart(2, "0")).join(":");
  },

  full: (at) => words.date(at) + " " + words.clock(at),

  // time has the date only if it is not today's.
  time: (at) => (words.date(at) === words.date(Date.now()) ? words.clock(at) : words.full(at)),

  windows: { minute: "the last minute", hour: "the last hour", start: "everything since the start" },

  stages: {
    off: "old reads, old writes",
    dualwrite: "old reads, both written",
    shadow: "both read, old answers",
    live: "both read, new answers",
    rampdown: "new reads, both written",
    complete: "new reads, new writes",
  },

  unchecked: {
    "no comparison": "the reader has no comparison",
    "read failed": "one of the two reads failed",
    "not sampled": "the flag's check ratio did not draw them",
    "secondary skipped": "too much ran in the background",
    "written meanwhile": "the record was written meanwhile",
    "compared later": "not known yet",
    "comparison panicked": "the comparison panicked",
    "undecided": "the comparison gave up",
    "single origin": "the reader asked one system only",
  },

  mark: { "safe": "✓", "not yet": "…", "unsafe": "✕", "no move": "" },

  move(direction, move) {
    if (move.answer === "no move") return direction === "Forward" ? "There is no further stage" : "There is no stage before";
    return `${direction} to ${move.to}: ${move.answer}`;
  },
};
