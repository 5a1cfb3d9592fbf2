"use strict";

// Tiles, tables and lists of figures.
const figures = (() => {
  // inUse adds up what the stages in use have of the reads or the writes.
  function inUse(report) {
    const used = report.stages.filter((s) => report.inUse.includes(s.stage));
    const operations = used.flatMap((s) => s.operations);
    const sum = (items, of) => items.reduce((n, item) => n + of(item), 0);
    return { used, operations, sum };
  }

  function showTiles(report) {
    const { used, operations, sum } = inUse(report);
    const checked = sum(used, (s) => s.checks.checked);
    const differ = sum(used, (s) => s.checks.inconsistent);
    const failed = (o) => {
      const calls = sum(operations, (x) => x[o].calls);
      return calls === 0 ? "–" : words.percent(sum(operations, (x) => x[o].errors) / calls);
    };
    const reads = operations.filter((x) => x.operation === "read");
    const p99 = (o) => words.duration(Math.max(0, ...reads.map((x) => x[o].p99)));
    const rate = (kind) => words.rate(sum(operations.filter((x) => x.operation === kind), (x) => x.rate));
    dom.list(dom.by("tiles"), [
      { name: "Consistency", value: checked === 0 ? "–" : words.percent((checked - differ) / checked),
        more: checked === 0 ? "nothing compared at this stage" : `${words.count(differ)} of ${words.count(checked)} reads differ`,
        state: checked === 0 ? "" : (checked - differ) / checked >= report.thresholds.consistency ? "good" : "bad" },
      { name: "Failed, new", value: failed("new"), more: "old " + failed("old"), state: "" },
      { name: "p99 of reads, new", value: p99("new"), more: "old " + p99("old"), state: "" },
      { name: "Reads a second", value: rate("read"), more: `${rate("write")} writes a second`, state: "" },
    ], (t) => t.name,
    (t) => dom.make("div", "", dom.make("dt", "", t.name), dom.make("dd", "value"), dom.make("dd", "quiet")),
    (node, t) => {
      dom.attr(node, "class", t.state);
      dom.text(node.children[1], t.value);
      dom.text(node.children[2], t.more);
    });
  }

  function showCalls(report) {
    const rows = report.stages.flatMap((s) => s.operations.flatMap((o) => ["old", "new"]
      .filter((origin) => o[origin].calls + o[origin].skipped > 0)
      .map((origin) => ({ stage: s.stage, operation: o.operation, origin, ...o[origin] }))));
    dom.list(dom.by("calls"), rows, (r) => [r.stage, r.operation, r.origin].join(),
      (r) => {
        const stage = dom.make("th", "", r.stage);
        stage.scope = "row";
        return dom.make("tr", "", stage, dom.make("td", "", r.operation),
          dom.make("td", "", dom.make("i", "key " + r.origin), r.origin), ...Array.from({ length: 9 }, () => dom.make("td", "n")));
      },
      (tr, r) => {
        dom.attr(tr, "class", report.inUse.includes(r.stage) ? "current" : null);
        const n = (v) => (v === 0 ? "–" : words.count(v));
        [words.count(r.calls), words.rate(r.rate),
          r.errors === 0 ? "–" : `${words.count(r.errors)} (${words.percent(r.errorRate)})`,
          n(r.timeouts), n(r.panics), n(r.skipped),
          words.duration(r.p50), words.duration(r.p90), words.duration(r.p99)].forEach((v, i) => dom.text(tr.children[i + 3], v));
      });
  }

  function showUnchecked(report) {
    const rows = report.stages.flatMap((s) => Object.entries(s.checks.notChecked)
      .map(([why, n]) => ({ key: s.stage + why, text: `${words.count(n)} reads at ${s.stage}: ${why}` })));
    for (const [rule, n] of Object.entries(report.ignoredBy)) {
      rows.push({ key: "rule " + rule, text: `${words.count(n)} differences ignored by rule “${rule}” since the start` });
    }
    if (rows.length === 0) rows.push({ key: "none", text: "Every read was compared." });
    dom.list(dom.by("unchecked"), rows, (r) => r.key, () => dom.make("li"), (li, r) => dom.text(li, r.text));
  }

  function showChanges(report) {
    const rows = report.changes.map((c) => ({ ...c, key: c.at + c.contextKind + c.to }));
    if (rows.length === 0) rows.push({ key: "none" });
    dom.list(dom.by("changes"), rows, (c) => c.key, () => dom.make("li", "", dom.make("span"), dom.make("b", "bad-text")),
      (li, c) => {
        dom.text(li.children[0], c.at ? `${words.time(c.at)}  ${c.from} → ${c.to}, for ${c.contextKind}s ` : "None since the figures began.");
        dom.text(li.children[1], c.loses || "");
      });
  }

  return {
    show(report) {
      showTiles(report);
      showCalls(report);
      showUnchecked(report);
      showChanges(report);
    },
  };
})();
