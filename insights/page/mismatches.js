"use strict";

// The list of mismatches stands still while somebody looks at it: it is held as long as the focus or the pointer is in it
// or one of them is open.
const mismatches = (() => {
  const atFirst = 10;
  const list = dom.by("mismatch-list");
  const note = dom.by("mismatches-note");
  const more = dom.by("more");
  let flag = null;
  let wantsAll = false;
  let latest = null;

  const held = () => list.contains(document.activeElement) || list.matches(":hover") || list.querySelector("details[open]");

  function make() {
    const summary = dom.make("summary", "",
      dom.make("b", "record"), dom.make("span", "paths"), dom.make("span", "quiet times"));
    const table = dom.make("table", "differences", dom.make("thead", "", dom.make("tr", "",
      ...["field", "old", "new"].map((name) => {
        const th = dom.make("th", "", name);
        th.scope = "col";
        return th;
      }))), dom.make("tbody", ""));
    return dom.make("details", "mismatch", summary, dom.make("div", "scroll", table), dom.make("p", "quiet more"));
  }

  function rowsOf(m) {
    if (m.differences.length > 0) return m.differences;
    if (m.old || m.new) return [{ path: "value", old: m.old, new: m.new }];
    return [];
  }

  function update(node, m) {
    const rows = rowsOf(m);
    dom.text(node.querySelector(".record"), m.key || "records without a known key");
    dom.text(node.querySelector(".paths"), rows.map((d) => d.path || "value").join(", "));
    const what = m.what === "different" ? "" : m.what + ", ";
    dom.text(node.querySelector(".times"), `${what}${m.count === 1 ? "once" : words.count(m.count) + " times"}, last ${words.time(m.last)} at ${m.stage}`);
    dom.hide(node.querySelector(".differences"), rows.length === 0);
    dom.list(node.querySelector("tbody"), rows.map((d, i) => ({ ...d, i })), (d) => String(d.i),
      () => {
        const path = dom.make("th", "");
        path.scope = "row";
        return dom.make("tr", "", path, dom.make("td", "old"), dom.make("td", "new"));
      },
      (tr, d) => {
        dom.text(tr.children[0], d.path || "value");
        dom.text(tr.children[1], d.redacted ? "not shown" : d.old);
        dom.text(tr.children[2], d.redacted ? "not shown" : d.new);
      });
    let more = m.more ? `and ${words.plural(m.more, "difference")} more` : "";
    if (rows.length === 0) more = "The comparison does not say where, and the reader shows no values: see Reveal.";
    else if (rows.some((d) => d.redacted)) more = "The reader shows no values: see Reveal.";
    dom.text(node.querySelector(".more"), more);
    dom.hide(node.querySelector(".more"), more === "");
  }

  function showFields(report) {
    dom.list(dom.by("fields"), report.fields.slice(0, 8), (f) => f.path,
      () => dom.make("li", "", dom.make("code"), dom.make("span", "quiet")),
      (li, f) => {
        dom.text(li.children[0], f.path || "value");
        dom.text(li.children[1], ` ${words.plural(f.count, "difference")} since the start${f.last ? ", last in " + f.last : ""}`);
      });
  }

  more.addEventListener("click", () => {
    wantsAll = !wantsAll;
    flag = null;
    mismatches.show(latest);
  });

  return {
    show(report) {
      latest = report;
      showFields(report);
      const items = report.mismatches;
      const known = new Set([...list.children].map((child) => child.dataset.key));
      const shown = items.slice(0, wantsAll ? items.length : atFirst);
      let waiting = 0;
      if (flag === report.flag && held()) {
        const current = new Map(items.map((m) => [m.key, m]));
        waiting = shown.filter((m) => !known.has(m.key)).length;
        for (const child of list.children) {
          const m = current.get(child.dataset.key);
          if (m) update(child, m);
        }
      } else {
        dom.list(list, shown, (m) => m.key, make, update);
      }
      flag = report.flag;
      const total = report.differing;
      let text = total === 0 ? "No record is known to differ." :
        `${words.plural(total, "record")} differed when compared last` + (total > shown.length ? `, the latest ${shown.length} of them here.` : ".");
      if (report.healed > 0) text += ` ${words.plural(report.healed, "record")} ${report.healed === 1 ? "was" : "were"} healed since the start.`;
      if (waiting > 0) text += " The list waits while you look.";
      dom.text(note, text);
      dom.hide(more, items.length <= atFirst);
      dom.text(more, wantsAll ? "Show fewer" : `Show the latest ${items.length}`);
    },
  };
})();
