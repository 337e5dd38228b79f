// Everything here eases what already works without script: links, forms and <details>.

const EDITABLE = "input, textarea, select, [contenteditable]";
const CHORD_MS = 1200;
let chordUntil = 0;

function typing(target) {
  return target instanceof Element && target.matches(EDITABLE);
}

function openPops() {
  return document.querySelectorAll("details.pop[open]");
}

function closePops(except) {
  for (const pop of openPops()) {
    if (!except || !pop.contains(except)) pop.open = false;
  }
}

function keepInside(pop) {
  const box = pop.querySelector(":scope > .pop-box");
  if (!box) return;
  box.classList.remove("pop-left", "pop-up");
  const place = box.getBoundingClientRect();
  if (place.right > document.documentElement.clientWidth - 8) box.classList.add("pop-left");
  if (place.bottom > window.innerHeight - 8 && place.top > place.height + 60) box.classList.add("pop-up");
}

function closePanel(panel) {
  const holder = panel.parentElement;
  const opener = holder?.id ? document.querySelector(`[aria-controls="${CSS.escape(holder.id)}"]`) : null;
  panel.remove();
  if (opener) {
    opener.setAttribute("aria-expanded", "false");
    opener.focus();
  }
}

function escape() {
  const pop = document.activeElement?.closest?.("details.pop[open]") ?? openPops()[0];
  if (pop) {
    pop.open = false;
    pop.querySelector("summary")?.focus();
    return;
  }
  const panel = document.activeElement?.closest?.("[data-panel]");
  if (panel?.parentElement?.id.startsWith("panel-")) closePanel(panel);
}

function onKey(event) {
  if (event.key === "Escape") return escape();
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const now = performance.now();
  if (event.key === "/") {
    const search = document.getElementById("search");
    if (!search || search.offsetParent === null) return;
    event.preventDefault();
    search.focus();
    search.select();
  } else if (event.key === "?") {
    document.getElementById("keys")?.showModal();
  } else if (event.code === "KeyG") {
    chordUntil = now + CHORD_MS;
    return;
  } else if (event.code === "KeyT" && now < chordUntil) {
    document.querySelector("[data-go-today]")?.click();
  }
  chordUntil = 0;
}

function closable(root) {
  for (const button of root.querySelectorAll("[data-close-flash]")) button.hidden = false;
}

function settle(root) {
  const summary = root.matches?.("[data-focus]") ? root : root.querySelector("[data-focus]");
  if (summary) {
    summary.focus({ preventScroll: true });
    summary.scrollIntoView({ block: "center", behavior: "instant" });
  }
  for (const region of root.querySelectorAll("[data-scroll-to]")) {
    region.scrollLeft = Math.max(0, Number(region.dataset.scrollTo) - region.clientWidth / 2);
  }
}

document.addEventListener("keydown", onKey);
document.addEventListener("click", (event) => {
  closePops(event.target);
  event.target.closest?.("[data-close-flash]")?.closest(".flash")?.remove();
  const cancel = event.target.closest?.("[data-close-panel]");
  const panel = cancel?.closest("[data-panel]");
  if (panel?.parentElement?.id.startsWith("panel-")) {
    event.preventDefault();
    closePanel(panel);
  }
});
document.addEventListener("toggle", (event) => {
  const pop = event.target;
  if (pop instanceof HTMLDetailsElement && pop.matches(".pop") && pop.open) {
    closePops(pop);
    keepInside(pop);
  }
}, true);
document.addEventListener("htmx:afterSwap", (event) => {
  const target = event.detail.target;
  if (!(target instanceof Element)) return;
  const panel = target.querySelector("[data-panel]");
  if (panel && target.id.startsWith("panel-")) {
    document.querySelector(`[aria-controls="${CSS.escape(target.id)}"]`)?.setAttribute("aria-expanded", "true");
    if (!panel.querySelector("[data-focus]")) panel.focus();
  }
});
// What has come in: of a holder that was replaced (a refused form) the event of the swap names only what is gone.
document.addEventListener("htmx:load", (event) => {
  if (event.detail.elt !== document.body) settle(event.detail.elt);
});
// An answer that refuses a form (422; 409 where it comes too late) carries the form: show it, what was typed stays.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status === 422 || event.detail.xhr.status === 409) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
});
for (const event of ["htmx:sendError", "htmx:responseError"]) {
  document.addEventListener(event, () => {
    const template = document.getElementById("send-failed");
    const messages = document.getElementById("messages");
    if (!template || !messages) return;
    messages.replaceChildren(template.content.cloneNode(true));
    closable(messages);
  });
}
// A confirmation follows the eye down the page; then there must be a way to put it away.
closable(document);
settle(document);
