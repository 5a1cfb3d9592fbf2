"use strict";

(() => {
  const every = 1000;
  const asked = new URLSearchParams(location.search);
  const state = { flag: asked.get("flag") || "", window: asked.get("window") || "minute" };

  function query() {
    const q = new URLSearchParams({ window: state.window });
    if (state.flag) q.set("flag", state.flag);
    return "?" + q;
  }

  function remember() {
    history.replaceState(null, "", query());
    look();
  }

  // tone is the verdict's colour. Where nothing is known of the new system there is nothing to be glad of.
  function tone(report) {
    if (report.inUse.length > 1) return report.verdict.forward.answer === "safe" ? "notyet" : report.verdict.forward.answer.replace(" ", "");
    if (report.verdict.stage === "off" && report.verdict.forward.answer === "safe") return "neutral";
    if (report.headline.startsWith("All stages are passed, but")) return "unsafe";
    return report.verdict.forward.answer.replace(" ", "");
  }

  function showTrack(report) {
    const order = report.order.concat(report.inUse.filter((s) => !report.order.includes(s)));
    const current = order.indexOf(report.verdict.stage);
    dom.list(dom.by("track"), order, (s) => s,
      (s) => dom.make("li", "", dom.make("span", "dot"), dom.make("b", "", s), dom.make("small", "", words.stages[s])),
      (li, s) => {
        const inUse = report.inUse.includes(s);
        dom.attr(li, "class", inUse ? "current " + tone(report) : order.indexOf(s) < current ? "done" : "ahead");
        dom.attr(li, "aria-current", inUse ? "step" : null);
      });
  }

  function showMove(id, direction, move) {
    const card = dom.by(id);
    dom.attr(card, "class", "move " + move.answer.replace(" ", ""));
    dom.text(card.querySelector("h3"), words.move(direction, move));
    dom.list(card.querySelector("ul"), move.reasons.map((r, i) => ({ ...r, i })), (r) => String(r.i),
      () => dom.make("li", "", dom.make("span", "mark"), dom.make("span", "unseen"), dom.make("span", "")),
      (li, r) => {
        dom.attr(li, "class", r.answer.replace(" ", ""));
        dom.text(li.children[0], words.mark[r.answer]);
        dom.text(li.children[1], r.answer + ": ");
        dom.text(li.children[2], r.text);
      });
  }

  function showFlags(data) {
    const select = dom.by("flags");
    dom.hide(dom.by("flag-choice"), data.flags.length < 2);
    dom.list(select, data.flags, (f) => f.flag, (f) => {
      const option = dom.make("option");
      option.value = f.flag;
      return option;
    }, (option, f) => dom.text(option, `${f.flag} (${f.inUse.join(", ")}; forward ${f.forward})`));
    if (data.report && document.activeElement !== select && select.value !== data.report.flag) select.value = data.report.flag;
  }

  function show(data) {
    const report = data.report;
    showFlags(data);
    dom.hide(dom.by("refused"), data.refused === 0);
    dom.text(dom.by("refused"), `${words.plural(data.refused, "operation")} not counted: of more than 128 flags, or at an unknown stage.`);
    dom.hide(dom.by("empty"), report !== null);
    dom.hide(dom.by("main"), report === null);
    if (report === null) return;
    const title = `${report.verdict.stage}: ${report.flag}`;
    if (document.title !== title) document.title = title;
    dom.text(dom.by("flag"), report.flag);
    dom.text(dom.by("headline"), report.headline);
    dom.attr(dom.by("headline"), "class", tone(report));
    showTrack(report);
    showMove("forward", "Forward", report.verdict.forward);
    showMove("back", "Back", report.verdict.back);
    dom.text(dom.by("judged"), `Judged over ${words.windows[report.thresholds.window]} at ${report.verdict.stage}; missed writes and records that differ over everything since the start.`);
    figures.show(report);
    lists.show(report);
    records.show(report);
    charts.show(report);
    mismatches.show(report);
    dom.text(dom.by("since"), words.full(report.since));
    dom.attr(dom.by("json"), "href", "data.json" + query());
    dom.attr(dom.by("keys"), "href", "keys.json?" + new URLSearchParams({ flag: report.flag }));
  }

  let timer = 0;
  let turn = 0;

  async function look() {
    clearTimeout(timer);
    const mine = ++turn;
    const live = dom.by("live");
    try {
      const answer = await fetch("data.json" + query(), { cache: "no-store" });
      if (!answer.ok) throw new Error(answer.statusText);
      const data = await answer.json();
      if (mine !== turn) return;
      show(data);
      dom.attr(live, "class", "on");
      dom.text(live, "live");
    } catch (err) {
      if (mine !== turn) return;
      dom.attr(live, "class", "lost");
      dom.text(live, err instanceof TypeError ? "connection lost, trying again" : "error: " + err.message);
    }
    timer = setTimeout(look, every);
  }

  for (const radio of document.querySelectorAll("input[name=window]")) {
    radio.checked = radio.value === state.window;
    radio.addEventListener("change", () => {
      state.window = radio.value;
      remember();
    });
  }
  dom.by("flags").addEventListener("change", (e) => {
    state.flag = e.target.value;
    remember();
  });
  look();
})();
