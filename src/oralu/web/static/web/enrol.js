// Printing needs a script; without one the button is not there and the browser's own menu prints the same page.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// What falls due first stands on top: after an act on the page after the enrolment one reads from there again.
if (document.querySelector(".opened-o")) history.scrollRestoration = "manual";

// What is kept on the way is older than what a button sends: the button waits for it, or the older one could arrive last
// and stand. It waits no longer than PATIENCE_MS: a line that is dead holds nobody.
const PATIENCE_MS = 10000;
const step = document.getElementById("step");
let keeping = 0;
let waits = false;
step?.addEventListener("htmx:beforeRequest", () => { keeping += 1; });
step?.addEventListener("htmx:afterRequest", () => { keeping = Math.max(0, keeping - 1); });
step?.addEventListener("submit", (event) => {
  if (keeping === 0) return;
  event.preventDefault();
  if (waits) return;
  waits = true;
  const go = () => {
    if (!waits) return;
    waits = false;
    keeping = 0;
    step.requestSubmit(event.submitter);
  };
  step.addEventListener("htmx:afterRequest", go, { once: true });
  setTimeout(go, PATIENCE_MS);
});
