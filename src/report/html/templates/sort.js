document.addEventListener("DOMContentLoaded", () => {
  "use strict";
  // A figure as the report writes it: thousands apart, a minus sign, a unit behind it.
  const figure = (text) => {
    const plain = text.replace(/[\s,]/g, "").replace("\u2212", "-").replace(/^[A-Z]{3,5}(?=[-+\d])/, "");
    const found = /^[-+]?\d+(\.\d+)?/.exec(plain);
    return found ? Number(found[0]) : null;
  };
  const compare = (a, b) => {
    const [x, y] = [figure(a), figure(b)];
    if (x !== null && y !== null) return x - y;
    if (x !== null || y !== null) return x === null ? 1 : -1;
    return a.localeCompare(b, "en");
  };
  // What is absent stays last, whichever way is up.
  const absent = (text) => ["", "\u2013", "none"].includes(text);
  const sort = (table, column, up) => {
    const body = table.tBodies[0];
    const text = (row) => row.cells[column].textContent.trim();
    const totals = [...body.rows].filter((row) => row.classList.contains("total"));
    const parts = [...body.rows].filter((row) => !totals.includes(row));
    const rows = parts.map((row) => ({ row, text: text(row) }));
    const known = rows.filter((one) => !absent(one.text));
    known.sort((a, b) => (up ? compare(a.text, b.text) : compare(b.text, a.text)));
    const unknown = rows.filter((one) => absent(one.text));
    body.append(...[...known, ...unknown].map((one) => one.row), ...totals);
  };
  const sortable = (table) => {
    const heads = table.tHead?.rows.length === 1 ? [...table.tHead.rows[0].cells] : [];
    const body = table.tBodies.length === 1 ? table.tBodies[0] : null;
    const even = (row) => row.cells.length === heads.length && ![...row.cells].some((one) => one.colSpan + one.rowSpan > 2);
    return heads.length > 0 && body && body.rows.length > 2 && [...body.rows].every(even);
  };
  for (const table of document.querySelectorAll("main table")) {
    if (!sortable(table)) continue;
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      if (!head.textContent.trim()) return;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        // Largest first: that is what is looked for.
        const up = head.getAttribute("aria-sort") === "descending";
        heads.forEach((one) => one.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        sort(table, column, up);
      });
    });
  }
});
