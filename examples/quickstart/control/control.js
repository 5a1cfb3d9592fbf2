"use strict";

// The parts that change are brought up to date every two seconds. Without this script the page works
// as well: load it again to see what is new.
const live = document.getElementById("live");

async function refresh() {
  try {
    const answer = await fetch("/", { cache: "no-store" });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (fresh.body.dataset.stage !== document.body.dataset.stage) {
      location.reload(); // the stage was changed elsewhere
      return;
    }
    for (const node of document.querySelectorAll("[data-live]")) {
      const now = fresh.getElementById(node.id);
      if (!now) continue;
      if (node.className !== now.className) node.className = now.className;
      if (node.dataset.live === "all" && node.innerHTML !== now.innerHTML) node.replaceChildren(...now.childNodes);
    }
    live.className = "on";
    live.textContent = "live";
  } catch {
    live.className = "lost";
    live.textContent = "the program has ended";
  }
  live.hidden = false;
}

refresh();
setInterval(refresh, 2000);
