"use strict";

// Records to repair whose write failed, and what is to be said of all of them.
const records = (() => {
  const atMost = 10;

  function notes(report) {
    const found = [];
    for (const [system, missed] of [["new", report.missedByNew], ["old", report.missedByOld]]) {
      if (missed.writes === 0) continue;
      const left = [];
      if (missed.records > 0) left.push(words.plural(missed.records, "record") + " to repair");
      if (missed.unnamed > 0) left.push(words.plural(missed.unnamed, "write") + " of records without a known key");
      found.push({ key: system, bad: left.length > 0,
        text: `${words.plural(missed.writes, "write")} did not reach the ${system} system since the start: ${left.length > 0 ? left.join(", ") + "." : "all were repaired."}` });
    }
    if (report.writtenAtOff > 0) {
      found.push({ key: "off", bad: true, text: `${words.plural(report.writtenAtOff, "write")} at off came after the new system had begun to get writes: it lacks them.` });
    }
    if (report.writtenAtComplete > 0) {
      found.push({ key: "complete", bad: true, text: `${words.plural(report.writtenAtComplete, "write")} at complete went to the new system alone: the old one lacks them.` });
    }
    if (report.vanished > 0) {
      found.push({ key: "vanished", bad: false,
        text: `${words.count(report.vanished)} of ${words.plural(report.readAgain, "difference")} had vanished when the record was read again: see Recheck.` });
    }
    return found;
  }

  function showFailed(report) {
    const rows = report.failedWrites.slice(0, atMost);
    dom.list(dom.by("failed-writes"), rows, (k) => k.key,
      () => dom.make("li", "", dom.make("code"), dom.make("span", "quiet")),
      (li, k) => {
        const where = k.system ? " in " + k.system : " in both";
        dom.text(li.children[0], k.key);
        dom.text(li.children[1], ` ${k.what}${where}${k.count > 1 ? ", " + words.count(k.count) + " times" : ""}, last ${words.time(k.last)}`);
      });
    const more = report.failedRecords - rows.length;
    dom.hide(dom.by("failed-more"), more <= 0);
    dom.text(dom.by("failed-more"), `and ${words.plural(Math.max(more, 0), "record")} more in keys.json`);
  }

  return {
    show(report) {
      dom.list(dom.by("notes"), notes(report), (n) => n.key, () => dom.make("li"), (li, n) => {
        dom.attr(li, "class", n.bad ? "bad-text" : null);
        dom.text(li, n.text);
      });
      showFailed(report);
    },
  };
})();
