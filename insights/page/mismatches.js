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
    if (m.differences && m.differences.length > 0) return m.differences;
    if (m.old || m.new) return [{ path: "value", old: m.old, new: m.new }];
    return [];
  }

  function update(node, m) {
    const rows = rowsOf(m);
    dom.text(node.querySelector(".record"), m.key || "record not shown");
    dom.text(node.querySelector(".paths"), rows.map((d) => d.path || "value").join(", "));
    dom.text(node.querySelector(".times"), `${m.count === 1 ? "once" : words.count(m.count) + " times"}, last ${words.time(m.last)} at ${m.stage}`);
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
    let more = m.more ? `and ${words.count(m.more)} differences more` : "";
    if (rows.length === 0) more = "The comparison does not say where, and the reader shows no values.";
    else if (rows.some((d) => d.redacted)) more = "The reader shows no values: see Redact.";
    dom.text(node.querySelector(".more"), more);
    dom.hide(node.querySelector(".more"), more === "");
  }

  function showFields(report) {
    dom.list(dom.by("fields"), report.fields.slice(0, 8), (f) => f.path,
      () => dom.make("li", "", dom.make("code"), dom.make("span", "quiet")),
      (li, f) => {
        dom.text(li.children[0], f.path || "value");
        dom.text(li.children[1], ` ${words.count(f.count)} ${f.count === 1 ? "difference" : "differences"}${f.last ? ", last in " + f.last : ""}`);
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
      const total = report.mismatchedKeys;
      let text = total === 0 ? "None since the figures began." :
        `${words.count(total)} ${total === 1 ? "record" : "records"} differed since the figures began` +
        (total > shown.length ? `, the last ${shown.length} of them here.` : ".");
      if (waiting > 0) text += " The list waits while you look.";
      dom.text(note, text);
      dom.hide(more, items.length <= atFirst);
      dom.text(more, wantsAll ? "Show fewer" : `Show the last ${items.length}`);
    },
  };
})();
