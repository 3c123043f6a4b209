"use strict";
{
  const root = document.documentElement;
  const kept = {
    get() { try { return localStorage.getItem("theme"); } catch { return null; } },
    set(theme) { try { localStorage.setItem("theme", theme); } catch { /* a page from a file may keep nothing */ } },
  };
  const themes = ["auto", "light", "dark"];
  const button = document.getElementById("theme");
  const show = (theme) => {
    if (theme === "auto") delete root.dataset.theme; else root.dataset.theme = theme;
    button.textContent = `Theme: ${theme}`;
  };
  let theme = themes.includes(kept.get()) ? kept.get() : "auto";
  show(theme);
  button.hidden = false;
  button.addEventListener("click", () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    kept.set(theme);
    show(theme);
  });

  const form = document.getElementById("filters");
  if (form) {
    const cases = [...document.querySelectorAll("[data-severity]")];
    const texts = new Map(cases.map((one) => [one, one.textContent.toLowerCase()]));
    const blocks = [...document.querySelectorAll("[data-block]")];
    const count = form.querySelector("output");
    const filter = () => {
      const severity = form.elements.severity.value;
      const result = form.elements.result.value;
      const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const one of cases) {
        const fits = (!severity || one.dataset.severity === severity)
          && (!result || one.dataset.result.split(" ").includes(result))
          && words.every((word) => texts.get(one).includes(word));
        one.hidden = !fits;
        if (fits) shown += 1;
      }
      for (const block of blocks) block.hidden = !block.querySelector("[data-severity]:not([hidden])");
      count.textContent = shown === cases.length ? `${shown} cases` : `${shown} of ${cases.length} cases`;
    };
    form.hidden = false;
    form.addEventListener("input", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    // A link to a case shows the case, whatever the filters say.
    const reveal = () => {
      const one = document.getElementById(decodeURIComponent(location.hash.slice(1)));
      if (one?.hidden) { form.reset(); for (const select of form.querySelectorAll("select")) select.value = ""; filter(); one.scrollIntoView(); }
    };
    addEventListener("hashchange", reveal);
    filter();
    reveal();
  }
}
