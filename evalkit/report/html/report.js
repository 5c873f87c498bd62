/* What a page can do beside being read: it sorts and filters tables, saves figures and tables, says what stands under the pointer. */
(() => {
  "use strict";
  const words = JSON.parse(document.body.dataset.words);
  const say = (key, values = {}) => words[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const make = (tag, attributes = {}, text = "") => {
    const made = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.textContent = text;
    return made;
  };
  const told = make("p", { class: "unseen", role: "status", "aria-live": "polite" });
  document.querySelector("main").append(told);

  /* ---- numbers and names ---- */
  const FILTERED = 12; // a table of more rows has a filter
  const bare = (text) => text.replace(/\u2212/g, "-").replace(/,/g, "").trim();
  const number = (text) => {
    const plain = bare(text).replace(/%$/, "");
    if (/^[+-]?\u221e$/.test(plain)) return plain[0] === "-" ? -Infinity : Infinity;
    return plain === "" || Number.isNaN(Number(plain)) ? null : Number(plain);
  };
  const nothing = (text) => text === "" || text === "\u2014";
  const collators = new Map();
  const collator = (texts) => {
    const lang = texts.some((text) => /\p{Script=Han}/u.test(text)) ? "zh-CN" : document.documentElement.lang;
    if (!collators.has(lang)) collators.set(lang, new Intl.Collator(lang, { numeric: true, sensitivity: "base" }));
    return collators.get(lang);
  };

  /* ---- files ---- */
  const save = (name, data, type) => {
    const link = make("a", { download: name, href: URL.createObjectURL(new Blob([data], { type })) });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };
  const saveCsv = (name, text) => save(`${name}.csv`, `\ufeff${text.replace(/\r?\n/g, "\r\n")}`, "text/csv;charset=utf-8");
  const quoted = (text) => (/[",\n\r]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);
  const cellText = (cell) => {
    const text = cell.textContent;
    if (cell.classList.contains("number")) return nothing(text) ? "" : quoted(bare(text));
    return quoted(/^\s*[=+\-@|%\uff1d\uff0b\uff0d\uff20]/.test(text) && number(text) === null ? `'${text}` : text);
  };
  const tableCsv = (table) => {
    const head = [...table.tHead.rows[0].cells].map((cell) => quoted(cell.dataset.head ?? cell.textContent));
    const order = [...table.tBodies[0].rows].sort((a, b) => a.dataset.at - b.dataset.at);
    return `${[head, ...order.map((row) => [...row.cells].map(cellText))].map((row) => row.join(",")).join("\n")}\n`;
  };
  const svgText = (svg) => {
    const copy = svg.cloneNode(true);
    copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    copy.removeAttribute("aria-hidden");
    const have = new Set([...copy.querySelectorAll("[id]")].map((part) => part.id));
    const defs = document.createElementNS("http://www.w3.org/2000/svg", "defs");
    for (const use of copy.querySelectorAll("use")) {
      const name = use.getAttribute("href").slice(1);
      if (have.has(name)) continue;
      have.add(name);
      defs.append(document.getElementById(name).cloneNode(true));
    }
    copy.prepend(defs);
    return new XMLSerializer().serializeToString(copy);
  };
  const savePng = (name, svg) => {
    const scale = 200 / 72; // 200 dots an inch; the picture is measured in points
    const picture = new Image();
    picture.onload = () => {
      const sheet = make("canvas", { width: Math.round(svg.viewBox.baseVal.width * scale), height: Math.round(svg.viewBox.baseVal.height * scale) });
      const ink = sheet.getContext("2d");
      ink.fillStyle = "#fff";
      ink.fillRect(0, 0, sheet.width, sheet.height);
      ink.drawImage(picture, 0, 0, sheet.width, sheet.height);
      sheet.toBlob((data) => save(`${name}.png`, data, "image/png"), "image/png");
    };
    picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svgText(svg))}`;
  };
  const button = (kind, called, act) => {
    const made = make("button", { type: "button", "aria-label": say("save", { what: called, kind }) }, kind);
    made.addEventListener("click", act);
    return made;
  };

  /* ---- figures ---- */
  for (const figure of document.querySelectorAll("figure")) {
    const { name, called, table, csv } = figure.dataset;
    const tools = make("div", { class: "tools", role: "group", "aria-label": say("saving", { what: called }) });
    const svg = figure.querySelector(".plot svg");
    const image = figure.querySelector(".plot img");
    if (svg) {
      tools.append(button("SVG", called, () => save(`${name}.svg`, svgText(svg), "image/svg+xml")));
      tools.append(button("PNG", called, () => savePng(name, svg)));
    } else if (image) {
      tools.append(
        button("PNG", called, () => {
          const link = make("a", { download: `${name}.png`, href: image.src });
          document.body.append(link);
          link.click();
          link.remove();
        }),
      );
    }
    const under = table && document.querySelector(`#${CSS.escape(table)} table`);
    if (under) tools.append(button("CSV", called, () => saveCsv(name, tableCsv(under))));
    else if (csv) tools.append(button("CSV", called, () => saveCsv(name, csv)));
    figure.querySelector("figcaption").after(tools);
  }

  /* ---- what stands under the pointer ---- */
  const tip = make("div", { class: "tip", "aria-hidden": "true" });
  tip.hidden = true;
  document.body.append(tip);
  let held = null;
  const drop = () => {
    tip.hidden = true;
    if (held) held.append(Object.assign(document.createElementNS("http://www.w3.org/2000/svg", "title"), { textContent: tip.textContent }));
    held = null;
  };
  const put = (event) => {
    const left = Math.min(event.clientX + 14, document.documentElement.clientWidth - tip.offsetWidth - 8);
    const top = event.clientY + 18 + tip.offsetHeight > window.innerHeight ? event.clientY - tip.offsetHeight - 12 : event.clientY + 18;
    tip.style.left = `${Math.max(8, left)}px`;
    tip.style.top = `${top}px`;
  };
  for (const layer of document.querySelectorAll(".marks")) {
    layer.addEventListener("pointerover", (event) => {
      const title = event.target.querySelector("title");
      if (!title) return;
      drop();
      held = event.target;
      tip.textContent = title.textContent;
      title.remove(); // the browser's own label would come a second later, over this one
      tip.hidden = false;
      put(event);
    });
    layer.addEventListener("pointermove", put);
    layer.addEventListener("pointerout", drop);
  }
  document.addEventListener("keydown", (event) => event.key === "Escape" && drop());
  document.addEventListener("scroll", drop, { passive: true });

  /* ---- tables ---- */
  const ORDER = ["none", "ascending", "descending"];
  const sorted = (table, at, order) => {
    const rows = [...table.tBodies[0].rows];
    const numeric = table.tHead.rows[0].cells[at].classList.contains("number");
    const texts = new Map(rows.map((row) => [row, row.cells[at].textContent.trim()]));
    const keys = new Map(rows.map((row) => [row, numeric ? number(texts.get(row)) : nothing(texts.get(row)) ? null : texts.get(row)]));
    const words = collator([...texts.values()]);
    const sign = order === "descending" ? -1 : 1;
    rows.sort((a, b) => {
      const [x, y] = [keys.get(a), keys.get(b)];
      const first = a.dataset.at - b.dataset.at;
      if (order === "none") return first;
      if (x === null || y === null) return (x === null) - (y === null) || first;
      return sign * (numeric ? (x > y) - (x < y) : words.compare(x, y)) || first;
    });
    table.tBodies[0].append(...rows);
  };
  const sortable = (table) => {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, at) => {
      const name = head.textContent;
      const press = make("button", { type: "button", class: "sort", title: say("sort") }, name);
      head.dataset.head = name;
      head.replaceChildren(press);
      head.setAttribute("aria-sort", "none");
      press.addEventListener("click", () => {
        const order = ORDER[(ORDER.indexOf(head.getAttribute("aria-sort")) + 1) % ORDER.length];
        for (const other of heads) other.setAttribute("aria-sort", "none");
        head.setAttribute("aria-sort", order);
        sorted(table, at, order);
        told.textContent = say(order, { column: name });
      });
    });
  };
  const folded = (text) => text.normalize("NFKC").replace(/\u2212/g, "-").toLocaleLowerCase();
  const filterable = (table, called, tools, count) => {
    const rows = [...table.tBodies[0].rows];
    const texts = rows.map((row) => folded([...row.cells].map((cell) => cell.textContent).join("\u0001")));
    const label = make("label", {}, say("filter"));
    const field = make("input", { type: "search", autocomplete: "off", "aria-label": say("filtering", { what: called }) });
    label.append(field);
    tools.prepend(label);
    field.addEventListener("input", () => {
      const asked = folded(field.value).split(/\s+/).filter(Boolean);
      let left = 0;
      rows.forEach((row, at) => {
        row.hidden = !asked.every((part) => texts[at].includes(part));
        left += !row.hidden;
      });
      count.textContent = left === rows.length ? say("rows", { n: rows.length }) : say("some", { k: left, n: rows.length });
    });
  };
  for (const box of document.querySelectorAll(".table")) {
    const table = box.querySelector("table");
    if (!table) continue;
    const rows = [...table.tBodies[0].rows];
    rows.forEach((row, at) => (row.dataset.at = at));
    const tools = make("div", { class: "tools", role: "group", "aria-label": say("using", { what: box.dataset.called }) });
    if (rows.length > 1) {
      const count = make("span", { class: "count", role: "status", "aria-live": "polite" }, say("rows", { n: rows.length }));
      tools.append(count);
      sortable(table);
      if (rows.length > FILTERED) filterable(table, box.dataset.called, tools, count);
    }
    tools.append(button("CSV", box.dataset.called, () => saveCsv(box.dataset.name, tableCsv(table))));
    box.prepend(tools);
  }

  /* ---- only what scrolls is stopped at by the keyboard ---- */
  const boxes = [...document.querySelectorAll(".scroll, .plot")];
  const stops = () => {
    const wide = boxes.map((box) => box.scrollWidth > box.clientWidth + 1);
    boxes.forEach((box, at) => (wide[at] ? box.setAttribute("tabindex", "0") : box.removeAttribute("tabindex")));
  };

  /* ---- contents: the chapter one reads is marked ---- */
  const nav = document.querySelector("nav");
  const links = new Map();
  for (const link of nav.querySelectorAll("a")) {
    const id = link.getAttribute("href").slice(1);
    links.set(id, [...(links.get(id) ?? []), link]);
  }
  const headings = [...links.keys()].map((id) => document.getElementById(id));
  let marked = "";
  const mark = () => {
    if (!headings.length) return;
    const line = Math.min(160, window.innerHeight / 4);
    const end = window.innerHeight + window.scrollY >= document.documentElement.scrollHeight - 2;
    const passed = headings.filter((heading) => heading.getBoundingClientRect().top <= (end ? window.innerHeight : line));
    const now = (passed.at(-1) ?? headings[0]).id;
    if (now === marked) return;
    for (const link of links.get(marked) ?? []) link.removeAttribute("aria-current");
    marked = now;
    for (const link of links.get(now)) {
      link.setAttribute("aria-current", "location");
      const [place, list] = [link.getBoundingClientRect(), nav.getBoundingClientRect()];
      if (place.height && nav.scrollHeight > nav.clientHeight && (place.top < list.top + 40 || place.bottom > list.bottom - 40))
        nav.scrollTop += place.top - list.top - nav.clientHeight / 3;
    }
  };
  let asked = false;
  const soon = () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      mark();
    });
  };
  window.addEventListener("scroll", soon, { passive: true });
  window.addEventListener("resize", () => {
    stops();
    soon();
  });
  stops();
  mark();
  document.querySelector("nav .narrow")?.addEventListener("click", (event) => {
    if (event.target.closest("a")) event.currentTarget.open = false;
  });
})();
