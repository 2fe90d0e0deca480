"use strict";
// The language and the search stand in the address (#lang=en&q=rodent), so that a link shows what its sender saw.
(() => {
  const root = document.documentElement;
  const box = document.getElementById("q");
  const count = document.getElementById("count");
  const entries = [...document.querySelectorAll("[data-words]")];
  const groups = [...document.querySelectorAll("section.family")];
  const titles = { zh: "预警规则与指标目录", en: "Rules and features" };
  let lang = "zh";

  function show() {
    root.dataset.lang = lang;
    root.lang = lang === "zh" ? "zh-CN" : "en";
    document.title = titles[lang];
    for (const button of document.querySelectorAll("[data-choose]")) {
      button.setAttribute("aria-pressed", String(button.dataset.choose === lang));
    }
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = { rule: 0, feature: 0, code: 0 };
    for (const entry of entries) {
      entry.hidden = !words.every((word) => entry.dataset.words.includes(word));
      if (!entry.hidden) found[entry.dataset.kind] += 1;
    }
    for (const group of groups) group.hidden = !group.querySelector("[data-words]:not([hidden])");
    const plural = (number, word) => number + " " + word + (number === 1 ? "" : "s");
    count.textContent = lang === "zh"
      ? "规则" + found.rule + "条，指标" + found.feature + "项"
      : plural(found.rule, "rule") + ", " + plural(found.feature, "feature");
  }

  function remember() {
    const state = new URLSearchParams();
    if (lang !== "zh") state.set("lang", lang);
    if (box.value) state.set("q", box.value);
    const text = state.toString();
    history.replaceState(null, "", text ? "#" + text : location.pathname + location.search);
  }

  function follow() {
    const hash = location.hash.slice(1);
    if (hash.includes("=")) {
      const state = new URLSearchParams(hash);
      lang = state.get("lang") === "en" ? "en" : "zh";
      box.value = state.get("q") || "";
    } else if (hash) {
      // A link to an entry that the search hides shows it all the same.
      const target = document.getElementById(decodeURIComponent(hash));
      if (target && target.closest("[hidden]")) box.value = "";
      show();
      if (target) target.scrollIntoView();
      return;
    }
    show();
  }

  box.addEventListener("input", () => { show(); remember(); });
  for (const button of document.querySelectorAll("[data-choose]")) {
    button.addEventListener("click", () => { lang = button.dataset.choose; show(); remember(); });
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== box) {
      event.preventDefault();
      box.focus();
    } else if (event.key === "Escape" && document.activeElement === box) {
      box.value = "";
      show();
      remember();
    }
  });
  addEventListener("hashchange", follow);
  follow();
})();
