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

  // A click on an entry of a legend hides what it stands for in its figure, or shows it again.
  for (const entry of document.querySelectorAll("svg [data-entry]")) {
    const figure = entry.closest("svg");
    const all = [...figure.querySelectorAll("[data-part]")];
    const parts = all.filter((part) => part.dataset.part === entry.dataset.entry);
    if (!parts.length) continue;
    figure.setAttribute("role", "group");
    entry.setAttribute("role", "button");
    entry.setAttribute("aria-label", entry.dataset.entry);
    entry.setAttribute("aria-pressed", "true");
    entry.tabIndex = 0;
    const flip = () => {
      const shown = entry.getAttribute("aria-pressed") !== "true";
      entry.setAttribute("aria-pressed", String(shown));
      for (const part of parts) part.style.display = shown ? "" : "none";
    };
    // Between line and word, too.
    const room = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    room.setAttribute("fill-opacity", "0");
    const hint = document.createElementNS("http://www.w3.org/2000/svg", "title");
    hint.textContent = `Hide or show ${entry.dataset.entry}`;
    room.append(hint);
    entry.append(room);
    const measure = () => {
      const { x, y, width, height } = entry.getBBox();
      for (const [name, value] of Object.entries({ x, y, width, height })) room.setAttribute(name, value);
    };
    entry.addEventListener("pointerenter", measure);
    entry.addEventListener("click", flip);
    entry.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); flip(); }
    });
  }

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

  // Controls: the rows of Figure 1 and of Table 1 under another choice. Without a script, and for the
  // choice of the page, the figures and the table stand as they are.
  const data = document.getElementById("views");
  const place = document.getElementById("controls");
  const still = document.getElementById("figure-forest");
  if (data && place && still) {
    const { margin, rows, views } = JSON.parse(data.textContent);
    const keys = ["metric", "cutoff", "protocol", "reading"];
    const names = { metric: "Metric", cutoff: "Cut-off", protocol: "Evaluation", reading: "Evaluated at" };
    const chosenView = Object.fromEntries(keys.map((key) => [key, views[0][key]]));
    const selects = {};
    for (const key of keys) {
      const label = document.createElement("label");
      selects[key] = document.createElement("select");
      selects[key].id = `choose-${key}`;
      label.append(`${names[key]} `, selects[key]);
      place.append(label, " ");
      selects[key].addEventListener("change", () => {
        const value = selects[key].value;
        chosenView[key] = key === "cutoff" ? Number(value) : value;
        update(key);
      });
    }
    const note = document.createElement("span");
    place.append(note);
    place.hidden = false;
    const drawn = document.createElement("figure");
    drawn.id = "figure-chosen";
    drawn.hidden = true;
    still.before(drawn);

    const signed = (value, digits = 1) => {
      const text = Math.abs(value).toFixed(digits);
      return Number(text) === 0 ? text : (value > 0 ? "+" : "−") + text;
    };
    const pValue = (p) => {
      if (p === null) return "not tested";
      if (p < 0.001) return "< 0.001";
      for (let digits = p < 0.1 ? 4 : 2; digits < 15; digits += 1) {
        const text = p.toFixed(digits);
        if ((Number(text) < 0.05) === (p < 0.05)) return text;
      }
      return String(p);
    };
    const interval = ([mean, low, high]) => `${signed(mean)} [${signed(low)}, ${signed(high)}]`;
    const name = (view) => view.metric + (view.cutoff ? `@${view.cutoff}` : "");
    const marked = (value) => interval(value.percent) + (value.mark ?? "");
    // What the marks of a view mean.
    const meanings = (view) => [
      ["†", "interpolated before the first evaluation"],
      ["¹", "from the smallest K, where K* is another"],
    ].filter(([mark]) => view.values.some((value) => value?.mark?.includes(mark)))
      .map(([mark, meaning]) => ` ${mark} ${meaning}.`).join("");
    note.textContent = "Figure 1 and Table 1 change with these.";

    // The rows, as HTML with a bar each: text stays text at any width.
    const draw = (view) => {
      const values = view.values.filter((value) => value);
      const largest = Math.max(margin, ...values.map((value) => Math.abs(value.percent[0])));
      const end = Math.min(3 * largest, Math.max(1.2 * margin, ...values.flatMap(({ percent }) => percent.map(Math.abs))));
      const at = (value) => `${(50 + 50 * Math.max(-1, Math.min(1, value / end))).toFixed(2)}%`;
      const element = (parent, tag, type, text) => {
        const made = document.createElement(tag);
        if (type) made.className = type;
        if (text !== undefined) made.textContent = text;
        parent.append(made);
        return made;
      };
      drawn.replaceChildren();
      const table = element(element(drawn, "div", "scroll"), "table", "forest");
      let group = null;
      rows.forEach((row, place) => {
        const value = view.values[place];
        if (row.group !== group) {
          group = row.group;
          const head = element(element(table, "tr"), "th", "", group);
          head.colSpan = 4;
        }
        const line = element(table, "tr");
        element(line, "td", "", row.name);
        const cell = element(line, "td", "bar");
        if (!value) {
          element(line, "td", "number", "–");
          element(line, "td", "number", "–");
          return;
        }
        const band = element(cell, "i", "band");
        band.style.left = at(-margin);
        band.style.right = `calc(100% - ${at(margin)})`;
        element(cell, "i", "zero");
        const [mean, low, high] = value.percent;
        const bar = element(cell, "i", `range way${value.direction}`);
        bar.style.left = at(low);
        bar.style.right = `calc(100% - ${at(high)})`;
        const dot = element(cell, "i", `dot way${value.direction}`);
        dot.style.left = at(mean);
        cell.title = `${row.name}: ${interval(value.percent)} %`;
        element(line, "td", "number", marked(value));
        element(line, "td", "number", pValue(value.p));
      });
      const caption = element(drawn, "figcaption");
      element(caption, "strong", "", "Figure 1. ");
      caption.append(`Paired differences of test ${name(view)}, ${view.protocol} evaluation, ${view.reading}, `
        + `in % of the baseline, from −${end.toFixed(1)} to +${end.toFixed(1)} %, with 95 % intervals; right: p (Holm). `);
      if (values.every((value) => value.p === null)) {
        caption.append("For exploring: intervals of single comparisons, not tested and not corrected.");
      }
      caption.append(meanings(view));
    };

    // Table 1, with what the page says kept for the way back.
    const table = document.querySelector("[data-table='Table 1'] table");
    const kept = new Map((table ? [...table.rows] : []).map((row) => [row, [...row.cells].map((cell) => cell.innerHTML)]));
    const heading = document.querySelector("[data-table='Table 1']")?.previousElementSibling;
    const headed = heading?.innerHTML;
    const restore = () => {
      kept.forEach((texts, row) => texts.forEach((text, column) => { row.cells[column].innerHTML = text; }));
      if (heading) heading.innerHTML = headed;
    };
    const fill = (view) => {
      restore();
      if (!table) return;
      const head = [...table.tHead.rows[0].cells];
      const count = head.length;
      const [before, after, change, p, word] = [count - 5, count - 4, count - 3, count - 2, count - 1];
      head[before].textContent = `${name(view)} before`;
      head[after].textContent = "after";
      heading.replaceChildren(heading.querySelector("strong"), ` Test ${name(view)}, ${view.protocol} evaluation, `
        + `${view.reading}: both sides of the comparison of Figure 1, and their paired difference in % of the first.${meanings(view)}`);
      const byLoss = new Map();
      rows.forEach((row, at) => { if (row.loss !== null) byLoss.set(row.loss, view.values[at]); });
      [...table.tBodies[0].rows].forEach((row) => {
        const value = byLoss.get(Number(row.dataset.row));
        const set = (column, text) => { row.cells[column].textContent = text; };
        set(before, value ? value.before.toFixed(4) : "–");
        set(after, value ? value.after.toFixed(4) : "–");
        set(change, value ? marked(value) : "–");
        set(p, value ? pValue(value.p) : "–");
        set(word, !value || value.p === null ? "–" : ["significantly lower", "not significant", "significantly higher"][value.direction + 1]);
      });
    };

    const update = (changed) => {
      // What was chosen last holds; of the rest as much as there is a view for.
      const same = (view) => keys.filter((key) => view[key] === chosenView[key]).length;
      const possible = views.filter((view) => view[changed] === chosenView[changed]);
      const view = possible.reduce((best, one) => (same(one) > same(best) ? one : best));
      for (const key of keys) {
        chosenView[key] = view[key];
        const values = [...new Set(views.map((one) => one[key]))];
        if (key === "cutoff") values.sort((a, b) => a - b);
        selects[key].replaceChildren(...values.map((value) => {
          const option = new Option(value === 0 ? "–" : String(value), String(value), false, value === view[key]);
          return option;
        }));
      }
      const first = view === views[0];
      still.hidden = !first;
      drawn.hidden = first;
      if (first) restore(); else { draw(view); fill(view); }
    };
    update("metric");
  }

  // A folded table is part of a printed page.
  addEventListener("beforeprint", () => {
    for (const folded of document.querySelectorAll("details")) folded.open = true;
  });
})();
