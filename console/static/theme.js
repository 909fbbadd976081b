// Before anything is drawn: where the reader has chosen no theme, as their system has it.
(() => {
  const page = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  if (page.hasAttribute("data-bs-theme")) return;
  const follow = () => page.setAttribute("data-bs-theme", dark.matches ? "dark" : "light");
  follow();
  dark.addEventListener("change", follow);
})();
