// Pieces of the page. Text from records is only ever set as text, never as HTML.

function el(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name === "onclick" || name === "onchange" || name === "oninput") element[name] = value;
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// Foreign text, which may run from right to left.
const bdi = (text) => el("bdi", null, String(text));

const format = (options) => new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", ...options });
const DATE = format({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
const SHORT = format({ day: "numeric", month: "short", year: "numeric" });
const MONTH = format({ month: "long", year: "numeric" });
const CLOCK = format({ hour: "2-digit", minute: "2-digit" });
const at = (seconds) => new Date(seconds * 1000);
const day = (seconds) => Math.floor(seconds / DAY);
const stamp = (seconds) => `${SHORT.format(at(seconds))}, ${CLOCK.format(at(seconds))}`;
const number = (value) => value.toLocaleString("en");
const count = (value, one, many) => `${number(value)} ${value === 1 ? one : many}`;

function duration(seconds) {
  const [size, name] = seconds >= 2 * DAY ? [DAY, "day"] : seconds >= 7200 ? [3600, "hour"] : [60, "minute"];
  return count(Math.round(seconds / size), name, `${name}s`);
}

const link = (parameters, ...children) => el("a", { href: route(parameters) }, ...children);
const personLink = (person) => link({ person: person.name }, bdi(person.name));
const workflowLink = (name) => link({ workflow: name }, bdi(name));

const TONES = {
  completed: "good", completedWithErrors: "bad", failed: "bad", canceled: "warn", missed: "bad", superseded: "warn", released: "warn", withdrawn: "warn",
  refused: "bad", unreadable: "bad", notReady: "bad", held: "bad", ready: "good", enabled: "good", disabled: "warn", deleted: "warn",
};
const WORDS = { completedWithErrors: "with errors", notReady: "not ready", none: "no account" };
const badge = (word) => el("span", { class: `badge ${TONES[word] ?? ""}` }, WORDS[word] ?? word);

// People in a row; more than a few open on demand, and very many by the hundred.
function people(list, from = 0, size = 12) {
  const shown = list.slice(from, from + size);
  const parts = shown.flatMap((person, place) => (place > 0 || from > 0 ? [", ", personLink(person)] : [personLink(person)]));
  const rest = list.length - from - shown.length;
  if (rest > 0) {
    const more = el("button", { class: "link", onclick: () => more.replaceWith(...people(list, from + size, 200)) }, `and ${number(rest)} more`);
    parts.push(" ", more);
  }
  return parts;
}

// A list that shows one page at a time.
function paged(items, size, render) {
  const box = el("div");
  const show = (page) => {
    const pages = Math.max(1, Math.ceil(items.length / size));
    const turn = (to, text) => el("button", { disabled: to < 0 || to >= pages, onclick: () => show(to) }, text);
    const pager = pages > 1 && el("div", { class: "pager" }, turn(page - 1, "Previous"), `Page ${page + 1} of ${pages}`, turn(page + 1, "Next"));
    box.replaceChildren(render(items.slice(page * size, (page + 1) * size)), ...(pager ? [pager] : []));
  };
  show(0);
  return box;
}

// columns: [title, what a cell holds, class].
function table(columns, rows) {
  const head = columns.map(([title, , kind]) => el("th", { scope: "col", class: kind }, title));
  const body = rows.map((row) => el("tr", null, columns.map(([, cell, kind]) => el("td", { class: kind }, cell(row)))));
  return el("div", { class: "scroll" }, el("table", null, el("thead", null, el("tr", null, head)), el("tbody", null, body)));
}

// Bars of what happened: a day, a week or a month each, whichever fits.
function chart(tenant) {
  const days = day(data.until) - day(data.from) + 1;
  const step = days <= 120 ? 1 : days <= 800 ? 7 : 30;
  const bars = Array.from({ length: Math.ceil(days / step) }, () => ({ done: 0, bad: 0, warn: 0 }));
  for (const event of tenant.events) {
    const bar = bars[Math.min(bars.length - 1, Math.floor((day(event.at) - day(data.from)) / step))];
    for (const subject of event.subjects ?? []) bar[isFailure(tenant, subject) ? "bad" : "done"] += 1;
    if (event.is === "missed") bar.bad += event.count;
    if (event.is === "superseded" || event.is === "released") bar.warn += event.count;
  }
  const highest = Math.max(1, ...bars.map((bar) => bar.done + bar.bad + bar.warn));
  const row = bars.map((bar, place) => {
    const start = (day(data.from) + place * step) * DAY;
    const text = `${SHORT.format(at(start))}: ${bar.done} done, ${bar.bad} failed or missed, ${bar.warn} superseded or released`;
    const column = el("a", { href: route({ timeline: at(start).toISOString().slice(0, 10) }), title: text, "aria-label": text });
    for (const [kind, amount] of [["bad", bar.bad], ["warn", bar.warn], ["done", bar.done]]) {
      if (amount === 0) continue;
      const part = el("span", { class: kind });
      part.style.height = `${Math.max(2, (amount / highest) * 100)}%`;
      column.append(part);
    }
    return column;
  });
  const each = { 1: "day", 7: "week", 30: "30 days" }[step];
  const legend = el("div", { class: "legend" }, el("span", null, SHORT.format(at(data.from))),
    el("span", null, el("i"), "done ", el("i", { class: "bad" }), "failed or missed ", el("i", { class: "warn" }), `superseded or released, per ${each}; highest ${number(highest)}`),
    el("span", null, SHORT.format(at(data.until))));
  return el("div", null, el("div", { class: "bar-row" }, row), legend);
}
