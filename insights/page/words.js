"use strict";

const words = {
  count: (n) => n.toLocaleString("en-US"),

  rate(n) {
    if (n === 0) return "0";
    return n < 10 ? n.toFixed(n < 1 ? 2 : 1) : words.count(Math.round(n));
  },

  // percent has as many decimals as it needs to differ from none and from all.
  percent(share) {
    for (let decimals = 1; decimals < 4; decimals++) {
      const text = (100 * share).toFixed(decimals);
      if ((Number(text) > 0 || share === 0) && (Number(text) < 100 || share >= 1)) {
        return (share === 0 || share >= 1 ? (100 * share).toFixed(0) : text) + "%";
      }
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

  time: (at) => new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false }),

  stages: {
    off: "old reads, old writes",
    dualwrite: "old reads, both written",
    shadow: "both read, old answers",
    live: "both read, new answers",
    rampdown: "new reads, both written",
    complete: "new reads, new writes",
  },

  mark: { "safe": "✓", "not yet": "…", "unsafe": "✕", "no move": "" },

  headline(report) {
    const { stage, forward } = report.verdict;
    const rollout = report.inUse.length > 1 ? report.inUse.join(" and ") + " are in use. " : "";
    switch (forward.answer) {
      case "safe": return `${rollout}Going well: you may go on to ${forward.to}.`;
      case "not yet": return `${rollout}Nothing is wrong, but it is too early to go on to ${forward.to}.`;
      case "unsafe": return `${rollout}Not going well: do not go on to ${forward.to}.`;
      default: return stage === "complete" ? `${rollout}The move is complete.` : rollout;
    }
  },

  move(direction, move) {
    if (move.answer === "no move") return direction === "Forward" ? "There is no further stage" : "There is no stage before";
    return `${direction} to ${move.to}: ${move.answer}`;
  },
};
