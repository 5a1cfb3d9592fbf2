"use strict";

// Tiles and the table of calls. The failure rate is the same everywhere: failed calls of all calls, of one system, for reads
// and writes apart.
const figures = (() => {
  const columns = ["stage", "operation", "origin", "calls", "per second", "failed", "not found", "timed out", "panicked", "skipped", "p50", "p90", "p99"];
  const named = 3;

  // tiles add up what the stages in use have.
  function showTiles(report) {
    const used = report.stages.filter((s) => report.inUse.includes(s.stage));
    const sum = (items, of) => items.reduce((n, item) => n + of(item), 0);
    const of = (kind) => used.flatMap((s) => s.operations).filter((x) => x.operation === kind);
    const checked = sum(used, (s) => s.checks.checked);
    const differ = sum(used, (s) => s.checks.inconsistent);
    const failed = (kind, origin) => {
      const calls = sum(of(kind), (x) => x[origin].calls);
      return calls === 0 ? "–" : words.percent(sum(of(kind), (x) => x[origin].errors) / calls);
    };
    const p99 = (origin) => words.duration(Math.max(0, ...of("read").map((x) => x[origin].p99)));
    const rate = (kind) => words.rate(sum(of(kind), (x) => x.rate));
    dom.list(dom.by("tiles"), [
      { name: "Consistency", value: checked === 0 ? "–" : words.percent((checked - differ) / checked),
        more: checked === 0 ? "nothing compared" : `${words.count(differ)} of ${words.plural(checked, "read")} ${differ === 1 ? "differs" : "differ"}` },
      { name: "Failed reads, new", value: failed("read", "new"), more: "old " + failed("read", "old") },
      { name: "Failed writes, new", value: failed("write", "new"), more: "old " + failed("write", "old") },
      { name: "p99 of reads, new", value: p99("new"), more: "old " + p99("old") },
      { name: "Reads per second", value: rate("read"), more: `${rate("write")} writes per second` },
    ], (t) => t.name,
    (t) => dom.make("div", "", dom.make("dt", "", t.name), dom.make("dd", "value"), dom.make("dd", "quiet")),
    (node, t) => {
      dom.text(node.children[1], t.value);
      dom.text(node.children[2], t.more);
    });
    dom.text(dom.by("tiles-note"), `At ${report.inUse.join(" and ")}, over ${words.windows[report.window]}.`);
  }

  function showCalls(report) {
    const rows = report.stages.flatMap((s) => s.operations.flatMap((o) => ["old", "new"]
      .filter((origin) => o[origin].calls + o[origin].skipped > 0)
      .map((origin) => ({ stage: s.stage, operation: o.operation, origin, ...o[origin] }))));
    dom.list(dom.by("calls"), rows, (r) => [r.stage, r.operation, r.origin].join(),
      (r) => {
        const stage = dom.make("th", "", r.stage);
        stage.scope = "row";
        const row = dom.make("tr", "", stage, dom.make("td", "", r.operation),
          dom.make("td", "", dom.make("i", "key " + r.origin), r.origin),
          ...columns.slice(named).map(() => dom.make("td", "n")));
        columns.forEach((name, i) => { row.children[i].dataset.label = name; });
        return row;
      },
      (tr, r) => {
        dom.attr(tr, "class", report.inUse.includes(r.stage) ? "current" : null);
        const n = (v) => (v === 0 ? "–" : words.count(v));
        [words.count(r.calls), words.rate(r.rate),
          r.errors === 0 ? "–" : `${words.count(r.errors)} (${words.percent(r.errorRate)})`,
          n(r.notFound), n(r.timeouts), n(r.panics), n(r.skipped),
          words.duration(r.p50), words.duration(r.p90), words.duration(r.p99)]
          .forEach((v, i) => {
            dom.text(tr.children[i + named], v);
            dom.attr(tr.children[i + named], "class", v === "–" ? "n none" : "n");
          });
      });
    dom.hide(dom.by("no-calls"), rows.length > 0);
  }

  return {
    show(report) {
      showTiles(report);
      showCalls(report);
    },
  };
})();
