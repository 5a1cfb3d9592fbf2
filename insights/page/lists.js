"use strict";

// What was not compared, and how the stage changed.
const lists = (() => {
  const comparing = ["shadow", "live"];

  function showUnchecked(report) {
    const used = report.stages.filter((s) => comparing.includes(s.stage));
    const rows = used.flatMap((s) => Object.entries(s.checks.notChecked)
      .map(([why, n]) => ({ key: s.stage + why, text: `${words.plural(n, "read")} at ${s.stage}: ${words.unchecked[why] || why}` })));
    for (const s of used) {
      if (s.checks.ignored > 0) rows.push({ key: s.stage + "ignored", text: `${words.plural(s.checks.ignored, "read")} at ${s.stage}: a rule knows how they differ` });
    }
    for (const [rule, n] of Object.entries(report.ignoredBy)) {
      rows.push({ key: "rule " + rule, text: `${words.plural(n, "read")} ignored by rule “${rule}” since the start` });
    }
    if (rows.length === 0) {
      const compared = used.some((s) => s.checks.checked > 0);
      rows.push({ key: "none", text: compared ? "Every read was compared." : "No read was due to be compared: only shadow and live compare." });
    }
    dom.list(dom.by("unchecked"), rows, (r) => r.key, () => dom.make("li"), (li, r) => dom.text(li, r.text));
  }

  function showChanges(report) {
    const rows = report.changes.map((c, i) => ({ ...c, key: c.at + c.contextKind + c.from + c.to + (report.changes.length - i) }));
    if (rows.length === 0) rows.push({ key: "none" });
    dom.list(dom.by("changes"), rows, (c) => c.key, () => dom.make("li", "", dom.make("span"), dom.make("b", "bad-text")),
      (li, c) => {
        const move = c.sideBySide ? `${c.to} beside ${c.from}` : `${c.from} → ${c.to}`;
        dom.text(li.children[0], c.at ? `${words.time(c.at)}  ${move} (context kind ${c.contextKind || "not known"}) ` : "None since the figures began.");
        dom.text(li.children[1], c.warning || "");
      });
  }

  return {
    show(report) {
      showUnchecked(report);
      showChanges(report);
    },
  };
})();
