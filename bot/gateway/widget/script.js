// The helpline's script: finding a passage without a mouse. All topics are in the page, so it works when the network is down;
// only finding by meaning asks the server, with names and numbers masked first.
"use strict";
(() => {
  const PAUSE = 250; // milliseconds after the last key
  const one = (selector, where = document) => where.querySelector(selector);
  const all = (selector, where = document) => [...where.querySelectorAll(selector)];
  const words = one("#words");
  const found = one("#found");
  const sections = all("main section");
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const texts = new Map(sections.map((section) => [section, plain(section.textContent)]));
  const titles = new Map(sections.map((section) => [section, plain(`${one("h2", section).textContent} ${section.id}`)]));
  const order = sections.slice();
  let clock = 0;
  let asked = 0;
  let understood = 0;
  const MOST = 8; // topics shown, where the meaning was understood

  const mask = fetch("identifiers.json", { credentials: "omit" })
    .then((response) => response.json())
    .then(makeMask)
    .catch(() => null); // without the file nothing is sent

  const shown = () => all("main section").filter((section) => !section.hidden);

  const showAll = () => {
    for (const section of order) {
      section.hidden = false;
      one("main").append(section);
    }
    found.textContent = "";
  };

  // Topics that hold the words typed, those with the rarer words first: a word in every topic tells nothing.
  const byWords = () => {
    const wanted = [...new Set(plain(words.value).split(/[^\p{L}\p{N}]+/u))].filter((word) => word.length > 1);
    const rarity = (word) => order.length / (order.filter((section) => texts.get(section).includes(word)).length || order.length);
    const worth = new Map(wanted.map((word) => [word, Math.log(rarity(word))]));
    const holds = (section, word) => texts.get(section).includes(word) + titles.get(section).includes(word);
    const score = (section) => wanted.reduce((sum, word) => sum + holds(section, word) * worth.get(word), 0);
    const scored = order.map((section) => [score(section), section]).filter(([points]) => points > 0);
    const best = Math.max(...scored.map(([points]) => points), 0);
    return scored.filter(([points]) => points > best / 2).sort((a, b) => b[0] - a[0]).map(([, section]) => section);
  };

  // The likeliest on top; danger stays above all where it was found, and whatever holds the words stays visible.
  const arrange = (likely) => {
    const kept = [...new Set([...likely.map((name) => document.getElementById(name)).filter(Boolean), ...byWords()])].slice(0, likely.length ? MOST : order.length);
    for (const section of order) section.hidden = !kept.includes(section);
    one("main").prepend(...kept);
    found.textContent = kept.length ? `${kept.length} found. Enter goes to “${one("h2 span", kept[0]).textContent}”.` : "Nothing found. Try other words, or Esc for all topics.";
  };

  const byMeaning = async (number) => {
    const masked = await mask;
    if (!masked || words.value.trim().length < 3) return;
    const text = masked(words.value.trim()).text;
    try {
      const body = JSON.stringify({ text, locale: "en" }); // any language is understood; the answer's words are not used
      const headers = { "Content-Type": "application/json" };
      const answer = await (await fetch("api/turn", { method: "POST", credentials: "omit", headers, body })).json();
      if (number !== asked) return; // there was more to type
      understood = number;
      const topics = answer.answered ? answer.replies : answer.choices;
      const likely = topics.map((one) => one.topic || one.choice);
      arrange(answer.danger ? [...new Set(["immediate_danger", ...likely])] : likely);
    } catch {
      // No network: what the words found stands.
    }
  };

  words.addEventListener("input", () => {
    clearTimeout(clock);
    asked += 1;
    if (!words.value.trim()) return showAll();
    arrange([]);
    clock = setTimeout(byMeaning, PAUSE, asked);
  });

  const go = (section) => {
    if (!section) return;
    section.focus();
    section.scrollIntoView({ block: "start" });
  };

  one("#search").addEventListener("submit", async (event) => {
    event.preventDefault();
    clearTimeout(clock);
    if (understood !== asked) await byMeaning(asked);
    go(shown()[0]);
  });

  const here = () => document.activeElement.closest("main section") || shown()[0];

  const mark = (row) => {
    for (const other of all(".row.here")) other.classList.remove("here");
    row.classList.add("here");
    row.scrollIntoView({ block: "nearest" });
  };

  const show = (row) => {
    const said = one(".theirs p", row) || one("p", row);
    const passage = one("#passage");
    passage.textContent = said.textContent;
    passage.lang = said.lang || "en";
    passage.dir = said.dir || "ltr";
    one("#caller").classList.remove("turned");
    one("#caller").showModal();
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (link) {
      event.preventDefault();
      showAll();
      go(document.getElementById(link.hash.slice(1)));
    }
    if (event.target.matches(".show")) {
      mark(event.target.closest(".row"));
      show(event.target.closest(".row"));
    }
  });
  one("#turn").onclick = () => one("#caller").classList.toggle("turned");
  one("#close").onclick = () => one("#caller").close();
  one("#keys").onclick = () => one("#help").showModal();
  const sounds = one("#sounds");
  if (sounds)
    sounds.onchange = () => {
      for (const line of all(".sounds")) line.hidden = !sounds.checked;
    };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (one("#caller").open) {
      if (event.key === "t") one("#turn").click();
      return;
    }
    if (one("#help").open) return;
    if (event.key === "Escape" && words.value) {
      words.value = "";
      asked += 1;
      showAll();
      words.focus();
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && !event.target.matches("select")) {
      const list = shown();
      const now = list.indexOf(document.activeElement.closest("main section"));
      event.preventDefault();
      return go(list[Math.min(Math.max(now + step, 0), list.length - 1)]);
    }
    if (event.target.matches("input, select, textarea")) return;
    if (event.key === "/") {
      event.preventDefault();
      words.focus();
      words.select();
    } else if (event.key === "?") one("#help").showModal();
    else if (/^[1-9]$/.test(event.key)) {
      const row = here() && one(`.row[data-number="${event.key}"]`, here());
      if (row) mark(row);
    } else if (event.key === "s") {
      const row = one(".row.here") || (here() && one(".row", here()));
      if (row) show(row);
    }
  });
})();
