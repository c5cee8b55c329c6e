// What the address asks for is shown; the search box finds people and workflows.

const here = { tenant: tenants[0], parameters: {} };

// The address of a view: #person=ava, with the tenant where there are several.
function route(parameters) {
  const all = tenants.length > 1 ? { tenant: here.tenant.namespace, ...parameters } : parameters;
  const known = Object.entries(all).filter(([, value]) => value !== undefined && value !== null);
  return `#${known.map(([key, value]) => (value === "" ? key : `${key}=${encodeURIComponent(value)}`)).join("&")}`;
}

function go(parameters) {
  location.hash = route(parameters);
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function parse(hash) {
  const pairs = hash.replace(/^#/, "").split("&").filter(Boolean).map((pair) => pair.split("="));
  return Object.fromEntries(pairs.map(([key, ...value]) => [key, decoded(value.join("="))]));
}

const TABS = [["Overview", "overview"], ["Timeline", "timeline"], ["People", "people"], ["Workflows", "workflows"]];

function tabs(current) {
  const links = TABS.map(([text, key]) => el("a", { href: route({ [key]: "" }), "aria-current": key === current && "page" }, text));
  if (tenants.length < 2) return links;
  const options = tenants.map((tenant) => el("option", { value: tenant.namespace, selected: tenant === here.tenant }, tenant.namespace));
  const choose = (change) => {
    here.tenant = tenants.find((tenant) => tenant.namespace === change.target.value);
    go({ overview: "" });
  };
  return [...links, el("select", { "aria-label": "Tenant", onchange: choose }, options)];
}

function viewOf(tenant, parameters) {
  if (parameters.person !== undefined) return ["people", personView(tenant, parameters.person)];
  if (parameters.workflow !== undefined) return ["workflows", workflowView(tenant, parameters.workflow)];
  if (parameters.timeline !== undefined) return ["timeline", timeline(tenant, parameters)];
  if (parameters.people !== undefined) return ["people", peopleView(tenant, parameters)];
  if (parameters.workflows !== undefined) return ["workflows", workflowsView(tenant)];
  return ["overview", overview(tenant)];
}

const pageTitle = document.title;

function show() {
  const parameters = parse(location.hash);
  if (parameters.content !== undefined || !here.tenant) return;
  here.tenant = tenants.find((tenant) => tenant.namespace === parameters.tenant) ?? here.tenant;
  const [tab, [title, ...parts]] = viewOf(here.tenant, parameters);
  document.getElementById("tabs").replaceChildren(...tabs(tab));
  document.getElementById("summary").hidden = tab !== "overview";
  document.getElementById("view").replaceChildren(...parts);
  document.title = tab === "overview" ? pageTitle : `${title} - ${pageTitle}`;
  const target = parameters.timeline && [...document.querySelectorAll(".day h3")].find((heading) => heading.id >= `day-${parameters.timeline}`);
  if (target) target.scrollIntoView();
  else window.scrollTo(0, 0);
  if (location.hash) document.getElementById("content").focus({ preventScroll: true });
}

const query = document.getElementById("query");
const found = document.getElementById("found");
const MOST = 12;

function choices() {
  const { tenant } = here;
  const workflows = find([...tenant.byWorkflow.values()], query.value).slice(0, 4).map((workflow) => [{ workflow: workflow.name }, workflow.name, workflow.displayName, "workflow"]);
  const all = find(tenant.people, query.value);
  const some = all.slice(0, MOST).map((person) => [{ person: person.name }, person.name, fact(person, "displayName"), fact(person, "department")]);
  const rest = all.length - some.length;
  const more = rest > 0 ? [[{ people: "", q: query.value }, `All ${number(all.length)} people`, "", ""]] : [];
  return [...some, ...workflows, ...more];
}

function suggest() {
  const isEmpty = query.value.trim() === "";
  const options = isEmpty ? [] : choices();
  found.replaceChildren(...options.map(([target, name, long, note], place) => {
    const option = el("li", { role: "option", id: `found-${place}`, "aria-selected": place === 0 ? "true" : "false", onclick: () => open(target) }, bdi(name), long && el("span", { class: "faint" }, bdi(long)), note && el("span", { class: "badge" }, bdi(note)));
    option.target = target;
    return option;
  }));
  if (!isEmpty && options.length === 0) found.append(el("li", { class: "faint" }, "Nobody and nothing found."));
  found.hidden = isEmpty;
  query.setAttribute("aria-expanded", String(!isEmpty));
  mark(0);
}

function mark(place) {
  const options = [...found.querySelectorAll("[role=option]")];
  options.forEach((option, other) => option.setAttribute("aria-selected", String(other === place)));
  options[place]?.scrollIntoView({ block: "nearest" });
  if (options[place]) query.setAttribute("aria-activedescendant", options[place].id);
  else query.removeAttribute("aria-activedescendant");
}

function close() {
  found.hidden = true;
  query.setAttribute("aria-expanded", "false");
}

function open(target) {
  query.value = "";
  suggest();
  query.blur();
  go(target);
}

query.addEventListener("input", suggest);
query.addEventListener("focus", suggest);
query.addEventListener("blur", () => setTimeout(close, 150));
query.addEventListener("keydown", (event) => {
  const options = [...found.querySelectorAll("[role=option]")];
  const place = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown") mark(Math.min(options.length - 1, place + 1));
  else if (event.key === "ArrowUp") mark(Math.max(0, place - 1));
  else if (event.key === "Enter" && options[place]) open(options[place].target);
  else if (event.key === "Escape") query.blur();
  else return;
  event.preventDefault();
});
document.addEventListener("keydown", (event) => {
  const isTyping = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
  if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    query.focus();
  }
});

document.getElementById("search").hidden = document.getElementById("tabs").hidden = tenants.length === 0;
window.addEventListener("hashchange", show);
show();
