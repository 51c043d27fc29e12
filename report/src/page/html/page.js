"use strict";
(() => {
  // Theme: that of the system, until the button chooses one.
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const keep = (theme) => { try { localStorage.setItem("theme", theme); } catch { /* no storage */ } };
  let chosen = null;
  try { chosen = localStorage.getItem("theme"); } catch { /* no storage */ }
  const button = document.getElementById("theme");
  const show = () => {
    if (chosen) root.dataset.theme = chosen;
    button.textContent = (chosen ?? (dark.matches ? "dark" : "light")) === "dark" ? "Light theme" : "Dark theme";
  };
  button.addEventListener("click", () => {
    chosen = (chosen ?? (dark.matches ? "dark" : "light")) === "dark" ? "light" : "dark";
    keep(chosen);
    show();
  });
  dark.addEventListener("change", show);
  show();

  // The first number of a cell, with a true minus sign, groups of thousands and a unit of time.
  const number = (text) => {
    const plain = text.replaceAll("−", "-").replaceAll(",", "");
    const found = plain.match(/^[^\d+-]{0,3}([+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)(?: (s|min|h)\b)?/);
    return found ? Number(found[1]) * ({ min: 60, h: 3600 }[found[2]] ?? 1) : NaN;
  };
  const compare = (a, b) => {
    const [x, y] = [number(a), number(b)];
    if (!Number.isNaN(x) && !Number.isNaN(y)) return x - y;
    // What is no number goes after what is one.
    return Number.isNaN(x) - Number.isNaN(y) || a.localeCompare(b);
  };
  for (const table of document.querySelectorAll("table")) {
    const heads = [...table.querySelectorAll("thead th")];
    if (heads.every((head) => !head.textContent)) continue;
    heads.forEach((head, column) => {
      head.setAttribute("aria-sort", "none");
      head.tabIndex = 0;
      head.title = "Sort";
      const sort = () => {
        const up = head.getAttribute("aria-sort") !== "ascending";
        heads.forEach((other) => other.setAttribute("aria-sort", "none"));
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        const text = (row) => row.cells[column].textContent;
        const rows = [...table.tBodies[0].rows];
        rows.sort((a, b) => (up ? 1 : -1) * compare(text(a), text(b)));
        table.tBodies[0].append(...rows);
      };
      head.addEventListener("click", sort);
      head.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") { event.preventDefault(); sort(); }
      });
    });
  }
  // A link to what is folded opens it.
  const open = () => {
    let found = null;
    try { found = document.querySelector(location.hash || "#-"); } catch { /* no name */ }
    for (let at = found; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    if (found && found.tagName === "DETAILS") found.scrollIntoView();
  };
  addEventListener("hashchange", open);
  open();

  // Every table as a file, made of the page itself.
  const quoted = (text) => /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  for (const table of document.querySelectorAll(".scroll table")) {
    const link = document.createElement("a");
    link.textContent = "CSV";
    link.download = "table.csv";
    link.href = "#";
    link.className = "csv";
    link.addEventListener("click", () => {
      const lines = [...table.rows].map((row) => [...row.cells].map((cell) => quoted(cell.textContent)).join(","));
      link.href = `data:text/csv;charset=utf-8,${encodeURIComponent(lines.join("\n") + "\n")}`;
    });
    table.parentElement.after(link);
  }

  // A folded table is part of a printed page.
  addEventListener("beforeprint", () => {
    for (const folded of document.querySelectorAll("details")) folded.open = true;
  });
})();
