// The talk without a new page for each turn. Without this file the same form works as a plain page.
// Nothing is stored: what a turn needs stands in the form and goes with the tab.
"use strict";
(() => {
  const form = document.getElementById("talk");
  const log = document.getElementById("log");
  const box = document.getElementById("text");
  const leave = document.querySelector(".leave");

  // Replaces the page in the history, so that "back" does not return to it.
  leave.addEventListener("click", (event) => {
    event.preventDefault();
    document.body.replaceChildren();
    document.title = "";
    location.replace(leave.dataset.to);
  });
  if (!log) return;

  const scrollTo = (element) => element.scrollIntoView({ block: "start" });

  // Her own words, in this tab only; as text, so that nothing in them can act.
  const bubble = (words) => {
    const mine = document.createElement("p");
    mine.className = "mine";
    mine.dir = "auto";
    mine.textContent = words;
    log.append(mine);
    return mine;
  };

  const tell = (words) => {
    const note = document.createElement("p");
    note.className = "problem";
    note.setAttribute("role", "alert");
    note.textContent = words;
    log.append(note);
    return note;
  };

  // She asked for another language in words: the whole page changes.
  const changeLanguage = (tag) => {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = "set_locale";
    field.value = tag;
    form.append(field);
    form.submit();
  };

  // What could tell who she is does not leave the phone, and does not stand in her own bubble.
  // The server looks again, and knows names too; so without the file her words still go.
  const mask = fetch("identifiers.json", { credentials: "omit" })
    .then((response) => response.json())
    .then(makeMask)
    .catch(() => (text) => ({ text, kinds: [] }));

  let busy = false;
  form.addEventListener("submit", async (event) => {
    const button = event.submitter;
    if (button?.name === "set_locale") return; // the whole page changes
    event.preventDefault();
    const tapped = button?.name === "choice" || button?.name === "set_nation";
    const typed = tapped ? button.textContent.trim() : box.value.trim();
    if (busy || !typed) return;
    busy = true;
    const { text: words, kinds } = tapped ? { text: typed, kinds: [] } : (await mask)(typed);
    const fields = new URLSearchParams(new FormData(form));
    fields.set("fragment", "1");
    if (!tapped) fields.set("text", words);
    if (tapped) {
      fields.set(button.name, button.value);
      fields.delete("text");
      if (button.name === "set_nation") form.elements.nation.value = button.value;
    }
    const mine = bubble(words);
    const wait = tell(form.dataset.wait);
    scrollTo(mine);
    try {
      const response = await fetch(form.action, { method: "POST", body: fields, credentials: "omit" });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const answer = page.querySelector("article.answer");
      const problem = page.querySelector(".problem");
      if (!answer) throw new Error(problem?.textContent || form.dataset.failed);
      if (answer.lang !== document.documentElement.lang) return changeLanguage(answer.lang);
      if (kinds.length && !answer.querySelector(".removed")) tell(form.dataset.removed).className = "removed";
      log.append(answer);
      form.elements.topic.value = answer.dataset.topic;
      if (!tapped) box.value = "";
      scrollTo(mine);
    } catch (error) {
      tell(error instanceof TypeError ? form.dataset.failed : error.message);
    } finally {
      wait.remove();
      busy = false;
    }
  });

  // Enter sends, as in every chat she knows; Shift and Enter makes a new line.
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
})();
