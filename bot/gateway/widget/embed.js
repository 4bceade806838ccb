// One line on a charity's page: <script src="https://…/embed.js" data-locale="ur" async></script>
// A quiet button, and the chat in a frame of its own origin: nothing on the page can see what is typed in it.
"use strict";
(() => {
  const script = document.currentScript;
  const home = new URL(".", script.src);
  const { locale = "", side = "right", colour = "", label = "Chat" } = script.dataset;
  const SANDBOX =
    "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation";
  const STYLE = `
    :host { all: initial }
    button { position: fixed; bottom: 1rem; ${side === "left" ? "left" : "right"}: 1rem; z-index: 2147483646; display: flex; gap: .5rem;
      align-items: center; min-height: 48px; padding: 0 1.1rem; border: 2px solid #fff; border-radius: 24px; background: var(--colour, #0b5563);
      color: #fff; font: 600 16px/1 system-ui, sans-serif; cursor: pointer }
    button:focus-visible { outline: 3px solid #0b5563; outline-offset: 2px }
    iframe { position: fixed; bottom: 1rem; ${side === "left" ? "left" : "right"}: 1rem; z-index: 2147483647; width: 26rem; height: 42rem;
      max-width: calc(100vw - 2rem); max-height: calc(100vh - 2rem); border: 1px solid #8a9aa0; border-radius: 12px; background: #fff }
    @media (max-width: 30rem), (max-height: 30rem) {
      iframe { inset: 0; width: 100%; height: 100%; max-width: none; max-height: none; border: 0; border-radius: 0 } }
    [hidden] { display: none }`;
  let frame = null;

  const style = (root) => {
    if ("adoptedStyleSheets" in root) {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
      root.adoptedStyleSheets = [sheet];
    } else root.append(Object.assign(document.createElement("style"), { textContent: STYLE }));
  };

  const icon = () => {
    const made = (name, attributes) => {
      const element = document.createElementNS("http://www.w3.org/2000/svg", name);
      for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
      return element;
    };
    const picture = made("svg", { width: 20, height: 20, viewBox: "0 0 20 20", fill: "none", "aria-hidden": "true" });
    picture.append(made("path", { d: "M3 4h14v9H9l-4 4v-4H3z", stroke: "currentColor", "stroke-width": 2 }));
    return picture;
  };

  const leave = (to) => {
    document.title = "";
    document.documentElement.replaceChildren();
    location.replace(to);
  };

  const begin = () => {
    const place = document.createElement("div");
    const root = place.attachShadow({ mode: "closed" });
    style(root);
    if (colour && CSS.supports("color", colour)) place.style.setProperty("--colour", colour);
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-expanded", "false");
    button.append(icon(), label);
    root.append(button);
    document.body.append(place);

    const open = (isOpen) => {
      frame.hidden = !isOpen;
      button.hidden = isOpen;
      button.setAttribute("aria-expanded", String(isOpen));
      (isOpen ? frame : button).focus();
    };

    button.addEventListener("click", () => {
      if (!frame) {
        frame = document.createElement("iframe");
        frame.title = label;
        frame.referrerPolicy = "no-referrer";
        frame.setAttribute("sandbox", SANDBOX);
        const address = new URL(home);
        if (locale) address.searchParams.set("locale", locale);
        address.hash = "framed";
        frame.src = address;
        root.append(frame);
      }
      open(true);
    });

    addEventListener("message", (event) => {
      if (!frame || event.source !== frame.contentWindow || event.origin !== home.origin) return;
      if (event.data?.amaan === "hide") open(false);
      if (event.data?.amaan === "leave") leave(event.data.to);
    });
  };

  if (document.body) begin();
  else addEventListener("DOMContentLoaded", begin);
})();
