// Draws the day's calls hour by hour beside their table, and again whenever the table is new.
(() => {
  const place = document.getElementById("hours-drawn");
  const page = document.getElementById("calls-now");
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const read = () => {
    const rows = [...page.querySelectorAll("#hours tbody tr")];
    const column = (at) => rows.map((row) => Number(row.cells[at].textContent.replace(/\D/g, "")));
    return [rows.map((row) => Number(row.dataset.begins)), column(1), column(2), column(3)];
  };
  const hours = new Map();
  let plot = null;
  const draw = () => {
    const data = read();
    if (!data[0].length) return;
    hours.clear();
    page.querySelectorAll("#hours tbody tr").forEach((row) => hours.set(Number(row.dataset.begins), row.cells[0].textContent.trim()));
    plot?.destroy();
    const line = (label, name, width) => ({ label, stroke: colour(name), width, points: { show: true, size: 5 } });
    const axis = { stroke: colour("--quiet"), grid: { stroke: colour("--line"), width: 1 }, font: "13px system-ui" };
    plot = new uPlot({
      width: Math.max(280, place.clientWidth || page.clientWidth),
      height: 220,
      scales: { x: { time: false } },
      legend: { live: false },
      cursor: { show: false },
      axes: [{ ...axis, splits: () => data[0], values: (_, at) => at.map((one) => hours.get(one) ?? "") }, { ...axis, size: 60, values: (_, at) => at.map(String) }], // the same digits as in the table
      series: [{}, line(place.dataset.calls, "--ink", 2), line(place.dataset.answered, "--good", 2), line(place.dataset.givenUp, "--bad", 2)],
    }, data, place);
  };
  new MutationObserver(draw).observe(page, { childList: true });
  const stale = (is) => () => { document.getElementById("calls-stale").hidden = !is; };
  page.addEventListener("htmx:sse:error", stale(true));
  page.addEventListener("htmx:error", stale(true));
  page.addEventListener("htmx:sse:after:message", stale(false));
  new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
  let waits = 0;
  window.addEventListener("resize", () => { clearTimeout(waits); waits = setTimeout(draw, 150); });
  draw();
})();
