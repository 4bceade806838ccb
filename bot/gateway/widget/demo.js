// A tracker as it might stand on a charity's page: it writes down all it can see, to show that the talk is not in it.
"use strict";
const seen = (what) => {
  const line = document.createElement("li");
  line.textContent = what;
  document.getElementById("seen").append(line);
};
for (const kind of ["keydown", "keyup", "input", "change", "paste", "click", "submit", "focusin", "message"])
  addEventListener(
    kind,
    (event) => seen(`${kind}: ${event.key || (event.data && JSON.stringify(event.data)) || event.target?.value || event.target?.tagName || ""}`),
    true,
  );
setInterval(() => {
  for (let number = 0; number < frames.length; number++) {
    try {
      seen(`frame ${number}: ${frames[number].document.body.textContent}`);
    } catch (error) {
      if (!document.querySelector(".refused")) {
        seen(`frame ${number}: the browser refused (${error.name})`);
        document.getElementById("seen").lastElementChild.className = "refused";
      }
    }
  }
}, 500);
