// The talk without a new page for each turn. Without this file the same form works as a plain page.
// Nothing is stored: what a turn needs stands in the form and goes with the tab.
"use strict";
(() => {
  const PATIENCE = 45000; // milliseconds until a turn counts as lost
  const SHIFTS = 3;
  const SHIFT_WITHIN = 5000; // milliseconds
  const host = location.hash === "#framed" && parent !== window ? parent : null; // embed.js listens there
  const one = (selector, where = document) => where.querySelector(selector);
  const form = () => one("#talk");
  let busy = false;

  // ---- Leaving: blank first, forget, and put an ordinary page in this one's place.

  const forget = () => {
    window.speechSynthesis?.cancel();
    document.title = "";
    document.body.replaceChildren();
  };

  const leave = () => {
    const link = one(".leave");
    // Through our own door, which tells the browser to clear; without a network straight on.
    const to = navigator.onLine ? link.href : link.dataset.to;
    forget();
    if (parent === window) return location.replace(to);
    host?.postMessage({ amaan: "leave", to }, "*");
    setTimeout(() => {
      try {
        top.location.replace(to);
      } catch {
        location.replace(to);
      }
    }, host ? 300 : 0);
  };

  // Back in a page that was left by another way, she finds the first page, not the talk.
  addEventListener("pagehide", forget);
  addEventListener("pageshow", (event) => event.persisted && location.reload());

  let shifts = [];
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Shift") shifts = [];
    else if (!event.repeat) {
      shifts = [...shifts.filter((then) => event.timeStamp - then < SHIFT_WITHIN), event.timeStamp];
      if (shifts.length === SHIFTS) leave();
    }
  });

  // ---- Hiding: on a page of others their page is left; on our own a shopping list covers the talk.

  const hide = () => {
    window.speechSynthesis?.cancel();
    if (host) return host.postMessage({ amaan: "hide" }, "*");
    const title = document.title;
    const cover = document.createElement("main");
    cover.id = "cover";
    cover.append(one("#covering").content.cloneNode(true));
    document.body.append(cover);
    document.body.classList.add("covered");
    document.title = one("h1", cover).textContent;
    one("button", cover).focus();
    one("button", cover).onclick = () => {
      cover.remove();
      document.body.classList.remove("covered");
      document.title = title;
      one(".hide").focus();
    };
  };

  document.addEventListener("click", (event) => {
    if (event.target.closest(".leave")) {
      event.preventDefault();
      leave();
    } else if (event.target.closest("button.hide")) hide();
  });

  // ---- Reading aloud: only by a voice that is on the device; a voice elsewhere would be told what she reads.

  const voiceFor = (lang) => {
    const wanted = lang.toLowerCase().split("-")[0];
    const voices = window.speechSynthesis?.getVoices() || [];
    return voices.find((voice) => voice.localService && voice.lang.toLowerCase().split(/[-_]/)[0] === wanted);
  };

  const readAloud = (article) => {
    const { speechSynthesis } = window;
    if (speechSynthesis.speaking) return speechSynthesis.cancel();
    for (const part of article.querySelectorAll(".emergency, h2, :scope > p:not(.note), ol > li, .card strong, .phone")) {
      const lang = part.closest("[lang]").lang;
      const voice = voiceFor(lang);
      if (!voice || part.classList.contains("offer") || part.classList.contains("nations")) continue;
      const words = new SpeechSynthesisUtterance(part.textContent.trim());
      Object.assign(words, { lang, voice });
      speechSynthesis.speak(words);
    }
  };

  const offerVoices = () => {
    for (const article of document.querySelectorAll("article.answer")) {
      if (one(".listen", article) || !voiceFor(article.lang)) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "listen";
      button.textContent = form().dataset.listen;
      button.onclick = () => readAloud(article);
      article.prepend(button);
    }
  };
  window.speechSynthesis?.addEventListener?.("voiceschanged", offerVoices);

  // ---- The talk.

  // Her own words, in this tab only; as text, so that nothing in them can act.
  const bubble = (words) => {
    const mine = document.createElement("p");
    mine.className = "mine";
    mine.dir = "auto";
    mine.textContent = words;
    one("#log")?.append(mine);
    return mine;
  };

  const tell = (words, className = "problem") => {
    const note = document.createElement("p");
    note.className = className;
    note.textContent = words;
    one("#notes").append(note);
    return note;
  };

  const again = (action) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = form().dataset.again;
    button.onclick = action;
    tell(form().dataset.failed).append(" ", button);
  };

  const show = () => {
    const hides = document.querySelectorAll(".hide");
    for (const button of hides) button.hidden = false;
    offerVoices();
  };

  // Another language: the page around the talk changes, what was said stays as it was said.
  const changeLanguage = (page) => {
    const said = [...(one("#log")?.childNodes || [])];
    const typed = one("#text")?.value;
    document.documentElement.lang = page.documentElement.lang;
    document.documentElement.dir = page.documentElement.dir;
    document.title = page.title;
    document.body.replaceWith(document.adoptNode(page.body));
    one("#log").prepend(...said);
    if (typed) one("#text").value = typed;
    const answer = one("#log > article:last-of-type");
    answer.tabIndex = -1;
    answer.focus({ preventScroll: true });
    show();
    (said.length ? answer : document.body).scrollIntoView();
  };

  // What could tell who she is does not leave the phone, and does not stand in her own bubble.
  // The server looks again, and knows names too; so without the file her words still go.
  const mask = fetch("identifiers.json", { credentials: "omit" })
    .then((response) => response.json())
    .then(makeMask)
    .catch(() => (text) => ({ text, kinds: [] }));

  const ask = async (fields) => {
    const control = new AbortController();
    const clock = setTimeout(() => control.abort(), PATIENCE);
    try {
      const sent = { method: "POST", body: fields, credentials: "omit", signal: control.signal };
      const response = await fetch(form().action, sent);
      return new DOMParser().parseFromString(await response.text(), "text/html");
    } finally {
      clearTimeout(clock);
    }
  };

  document.addEventListener("submit", async (event) => {
    event.preventDefault();
    const tapped = event.submitter?.name ? event.submitter : null;
    const box = one("#text");
    const typed = (tapped ? tapped.textContent : box.value).trim();
    if (busy || !typed) return;
    busy = true;
    const { text: words, kinds } = tapped ? { text: typed, kinds: [] } : (await mask)(typed);
    const fields = new URLSearchParams(new FormData(form()));
    const newPage = tapped?.name === "set_locale";
    if (!newPage) fields.set("fragment", "1");
    if (tapped) {
      fields.set(tapped.name, tapped.value);
      fields.delete("text");
      if (tapped.name === "set_nation") form().elements.nation.value = tapped.value;
    } else fields.set("text", words);
    one("#notes").replaceChildren();
    const mine = newPage ? null : bubble(words);
    const wait = tell(form().dataset.wait, "wait");
    (mine || wait).scrollIntoView({ block: "start" });
    try {
      let page = await ask(fields);
      let answer = one("article.answer", page);
      if (!answer) throw new Error(one(".problem", page)?.textContent || "");
      if (!newPage && answer.lang !== document.documentElement.lang) {
        // She asked for another language in words.
        fields.delete("text");
        fields.delete("fragment");
        fields.set("set_locale", answer.lang);
        page = await ask(fields);
        answer = null;
      }
      if (!tapped) box.value = "";
      if (newPage || !answer) return changeLanguage(page);
      if (kinds.length && !one(".removed", answer)) tell(form().dataset.removed, "removed");
      one("#log").append(answer);
      form().elements.topic.value = answer.dataset.topic;
      offerVoices();
      mine.scrollIntoView({ block: "start" });
    } catch (error) {
      mine?.remove(); // her words are still in the box
      const lost = error instanceof TypeError || error.name === "AbortError" || !error.message;
      if (lost) again(() => (tapped ? tapped.click() : form().requestSubmit()));
      else tell(error.message);
    } finally {
      wait.remove();
      busy = false;
    }
  });

  // Enter sends, as in every chat she knows; Shift and Enter makes a new line.
  document.addEventListener("keydown", (event) => {
    if (event.target.id !== "text" || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form().requestSubmit();
  });

  show();
})();
