// Printing needs a script; without one the button is not there and the browser's own menu prints the same page.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// What falls due first stands on top: after an act on the page after the enrolment one reads from there again.
if (document.querySelector(".opened-o")) history.scrollRestoration = "manual";
