// The views: what happened in words, and one function for each tab and each kind of thing.

// Who had which outcome in a run: one line for those who had the same, failures first.
function outcomes(tenant, subjects) {
  const grouped = new Map();
  for (const [place, outcome] of subjects) {
    if (!grouped.has(outcome)) grouped.set(outcome, []);
    grouped.get(outcome).push(tenant.people[place]);
  }
  const isFine = ([[status]]) => Number(!FAILED.has(status));
  return [...grouped].map(([outcome, who]) => [tenant.outcomes[outcome], who]).sort((left, right) => isFine(left) - isFine(right));
}

function outcomeText([status, reason, done, failed]) {
  const parts = [badge(status)];
  if (reason) parts.push(` ${reason}`);
  if (failed.length > 0) parts.push(" in ", el("span", { class: "alarm" }, failed.join(", ")));
  if (done.length > 0) parts.push(el("span", { class: "faint" }, `${failed.length > 0 ? "; done" : ""}: ${done.join(", ")}`));
  return parts;
}

function changes(event) {
  return (event.changes ?? []).map(([field, before, after]) => {
    const text = before === null ? ["set to ", bdi(after)] : after === null ? [bdi(before), " removed"] : [bdi(before), " → ", bdi(after)];
    return el("p", null, el("code", null, field), " ", text);
  });
}

// An event as [what sort of thing it is, lines of text].
function told(tenant, event, subject) {
  switch (event.is) {
    case "run": return toldRun(tenant, event, subject);
    case "applied": return [event.changes ? "changed" : "applied", [el("p", null, `${event.kind} `, thing(tenant, event)), ...changes(event)]];
    case "removed": return ["deleted", [el("p", null, `${event.kind} `, thing(tenant, event))]];
    case "refused": return ["refused", [el("p", null, `${event.kind} `, bdi(event.name), `: ${event.why}`)]];
    case "unreadable": return ["unreadable", [el("p", null, personLink(tenant.people[event.person]), ": ", el("code", null, event.attribute), " is “", bdi(event.text), `”: ${event.why}`)]];
    case "version": return ["version", [el("p", null, workflowLink(event.workflow), ` has version ${event.version}`)]];
    case "ready": case "notReady": return [event.is, [el("p", null, workflowLink(event.workflow), event.why ? `: ${event.why}` : "")]];
    case "held": return ["held", [el("p", null, bdi(event.run), `: ${event.why}`)]];
    default: return [event.is, [toldRow(tenant, event, subject)]];
  }
}

function thing(tenant, event) {
  if (event.person !== undefined) return personLink(tenant.people[event.person]);
  return event.kind === "Workflow" && tenant.byWorkflow.has(event.name) ? workflowLink(event.name) : bdi(event.name);
}

function toldRun(tenant, event, subject) {
  const title = [workflowLink(event.workflow), event.version ? ` v${event.version}` : "", event.cause ? [`, ${event.cause} `, bdi(event.run)] : []].flat();
  if (subject) {
    const late = subject[2];
    const due = late === undefined || late === null ? "" : late >= 60 ? `Due ${stamp(event.at - late)}, done ${duration(late)} later.` : "Done as soon as it was due.";
    return ["run", [el("p", null, title, ": ", outcomeText(tenant.outcomes[subject[1]])), el("p", { class: "faint" }, due)]];
  }
  const groups = outcomes(tenant, event.subjects ?? []);
  if (groups.length === 0) return ["run", [el("p", null, title, `: nobody${event.why ? ` (${event.why})` : ""}`)]];
  return ["run", groups.map(([outcome, who]) => el("p", null, title.map((part) => part.cloneNode?.(true) ?? part), ": ", people(who), " ", outcomeText(outcome)))];
}

function toldRow(tenant, event, subject) {
  const why = event.by ? [" (by ", workflowLink(event.by), ")"] : event.why ? [` (${event.why})`] : [];
  // A hire that was taken back is the work of no workflow.
  if (subject === "self") return event.workflow ? el("p", null, workflowLink(event.workflow), ...why) : el("p", null, event.why);
  const known = (event.people ?? []).map((place) => tenant.people[place]);
  const others = event.count - known.length;
  const rest = others > 0 ? `${known.length > 0 ? " and " : ""}${count(others, "other", "others")}` : "";
  const title = event.workflow ? [workflowLink(event.workflow), ": "] : [];
  return el("p", null, ...title, people(known), rest, ...why);
}

function line(tenant, event, { dated = false, subject } = {}) {
  const [word, lines] = told(tenant, event, subject);
  const text = dated ? stamp(event.at) : CLOCK.format(at(event.at));
  const mark = badge(event.bad && word === "run" && !subject ? "failed" : word);
  return el("div", { class: dated ? "event dated" : "event" }, el("time", { datetime: at(event.at).toISOString().slice(0, 19) }, text), el("div", null, mark), el("div", { class: "what" }, lines));
}

// Of these there is nothing to say but what it is about.
const isPlain = (event) => (event.is === "applied" && !event.changes) || event.is === "version";

// Events of which many alike happened at one instant are one line.
function condensed(events) {
  const lines = [];
  for (const event of events) {
    const last = lines.at(-1);
    const isAlike = last?.names && last.at === event.at && last.is === event.is && last.kind === event.kind && isPlain(event);
    if (isAlike) last.names.push(event);
    else lines.push(isPlain(event) ? { ...event, names: [event] } : event);
  }
  return lines;
}

function bundle(tenant, event) {
  if (!event.names || event.names.length === 1) return line(tenant, event.names?.[0] ?? event);
  const items = event.names;
  const name = (item) => (item.is === "version" ? [workflowLink(item.workflow), ` v${item.version}`] : [thing(tenant, item)]);
  const shown = items.slice(0, 12).flatMap((item, place) => [place > 0 ? ", " : "", ...name(item)]);
  const rest = items.length > 12 ? ` and ${number(items.length - 12)} more` : "";
  return el("div", { class: "event" }, el("time", null, CLOCK.format(at(event.at))), el("div", null, badge(event.is)), el("div", { class: "what" }, el("p", null, event.kind ? `${event.kind} ` : "", shown, rest)));
}

function dayBlock(tenant, start, events) {
  return el("section", { class: "day" }, el("h3", { id: `day-${at(start * DAY).toISOString().slice(0, 10)}` }, DATE.format(at(start * DAY))), condensed(events).map((event) => bundle(tenant, event)));
}

function grouped(events, key) {
  const groups = new Map();
  for (const event of events) {
    const name = key(event);
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(event);
  }
  return [...groups];
}

function eventCounts(tenant, events) {
  const done = events.reduce((sum, event) => sum + (event.subjects?.length ?? 0), 0);
  const bad = events.filter((event) => event.bad).length;
  return [el("span", { class: "faint" }, ` ${count(done, "result", "results")}, ${count(events.length, "event", "events")}`), bad > 0 && [" ", el("span", { class: "badge bad" }, `${bad} to look at`)]].flat();
}

// A part of the timeline that is made when it is opened.
function folded(title, tenant, events, open, fill) {
  const box = el("div");
  const details = el("details", { open }, el("summary", null, el("strong", null, title), eventCounts(tenant, events)), box);
  const make = () => details.open && box.childElementCount === 0 && box.append(...fill());
  details.addEventListener("toggle", make);
  make();
  return details;
}

function timeline(tenant, parameters) {
  const wanted = parameters.timeline ?? "";
  const events = parameters.only ? tenant.events.filter((event) => event.bad) : tenant.events;
  const days = (list) => grouped(list, (event) => day(event.at)).map(([start, group]) => dayBlock(tenant, start, group));
  const month = (event) => at(event.at).toISOString().slice(0, 7);
  const months = (list) => grouped(list, month).map(([name, group]) => folded(MONTH.format(at(group[0].at)), tenant, group, wanted.startsWith(name), () => days(group)));
  const years = grouped(events, (event) => at(event.at).getUTCFullYear());
  const isShort = grouped(events, (event) => day(event.at)).length <= 40 && events.length <= 400;
  const filter = el("label", null, el("input", { type: "checkbox", checked: Boolean(parameters.only), onchange: (change) => go({ timeline: wanted, only: change.target.checked ? "1" : undefined }) }), " Only what needs a look");
  const body = isShort ? days(events)
    : years.length === 1 ? months(events)
    : years.map(([name, group]) => folded(String(name), tenant, group, wanted.startsWith(String(name)), () => months(group)));
  return ["Timeline", el("h2", null, "Timeline"), chart(tenant), el("div", { class: "filters" }, filter), ...(events.length > 0 ? body : [el("p", { class: "faint" }, "Nothing.")])];
}

const lastOf = (person) => person.events.at(-1)?.[0].at;

function marks(person) {
  const parts = [];
  if (person.failed > 0) parts.push(badge("failed"), " ");
  if (person.missed > 0) parts.push(badge("missed"), " ");
  if (person.unreadable > 0) parts.push(badge("unreadable"), " ");
  return parts;
}

const PERSON_COLUMNS = [
  ["Person", (person) => [personLink(person), " ", fact(person, "displayName") && el("span", { class: "faint" }, bdi(fact(person, "displayName")))]],
  ["Department", (person) => bdi(fact(person, "department")), "wide"],
  ["Job title", (person) => bdi(fact(person, "jobTitle")), "wide"],
  ["Account", (person) => [badge(person.state), person.record ? "" : el("span", { class: "faint" }, " no record")]],
  ["To look at", marks],
  ["Last event", (person) => (lastOf(person) ? stamp(lastOf(person)) : ""), "wide"],
];

const STATES = {
  all: ["Everybody", () => true],
  look: ["Something to look at", (person) => person.failed + person.missed + person.unreadable > 0],
  enabled: ["Account enabled", (person) => person.state === "enabled"],
  disabled: ["Account disabled", (person) => person.state === "disabled"],
  deleted: ["Account deleted", (person) => person.state === "deleted"],
  gone: ["No record any more", (person) => !person.record],
};

function peopleView(tenant, parameters) {
  const box = el("div");
  const state = el("select", { "aria-label": "Which people" }, Object.entries(STATES).map(([value, [text]]) => el("option", { value, selected: value === parameters.state }, text)));
  const words = el("input", { type: "search", placeholder: "Name, department, job title", "aria-label": "Filter people", value: parameters.q ?? "" });
  const show = () => {
    const list = find(tenant.people, words.value).filter(STATES[state.value][1]);
    box.replaceChildren(el("p", { class: "faint" }, count(list.length, "person", "people")), paged(list, 100, (rows) => table(PERSON_COLUMNS, rows)));
  };
  state.onchange = words.oninput = show;
  show();
  return ["People", el("h2", null, "People"), el("div", { class: "filters" }, words, state), box];
}

const FACT_NAMES = {
  displayName: "Name", department: "Department", jobTitle: "Job title", employeeType: "Type", manager: "Manager", employeeHireDate: "Hired",
  employeeLeaveDateTime: "Leaves", lastSuccessfulSignInDateTime: "Last sign-in",
};

function facts(pairs) {
  return el("dl", { class: "facts" }, pairs.filter(([, value]) => value !== "" && value !== null && value !== undefined).map(([name, value]) => el("div", null, el("dt", null, name), el("dd", null, value))));
}

function personView(tenant, name) {
  const person = tenant.byName.get(name);
  if (!person) return missing(`There is no person ${name}.`);
  const value = (key) => {
    const text = fact(person, key);
    return text === "" ? "" : key === "manager" && tenant.byName.has(text) ? personLink(tenant.byName.get(text)) : bdi(text);
  };
  const groups = el("div", { class: "chips" }, (person.groups ?? []).map((group) => el("span", { class: "badge" }, bdi(group))));
  const written = Object.entries(person.written ?? {}).map(([key, text]) => [key, bdi(text)]);
  const account = [["State", [badge(person.state)]], ["Groups", person.groups ? groups : ""], ["Licences", (person.licenses ?? []).join(", ")], ...written];
  const history = person.events.map(([event, subject]) => line(tenant, event, { dated: true, subject: event.is === "run" ? subject : "self" }));
  return [
    person.name, el("h2", { tabindex: -1 }, bdi(fact(person, "displayName") || person.name), " ", el("span", { class: "faint" }, bdi(person.name))),
    el("h3", null, person.record ? "The record at the end" : "There is no record at the end"), facts(data.facts.map((key) => [FACT_NAMES[key] ?? key, value(key)])),
    el("h3", null, "The account at the end"), facts(account),
    el("h3", null, "What happened"), ...(history.length > 0 ? history : [el("p", { class: "faint" }, "Nothing.")]),
    el("p", { class: "faint" }, "Why something did not happen: ", el("code", null, `tenure explain ${person.name} --simulate PATH --at TIME`)),
  ];
}

const RESULT_COLUMNS = [["Runs", "runs"], ["Completed", "completed"], ["Failed", "failed"], ["Canceled", "canceled"], ["Missed", "missed"], ["Superseded", "superseded"], ["Released", "released"]]
  .map(([title, key]) => [title, (workflow) => (workflow[key] && (key === "failed" || key === "missed") ? el("strong", { class: "badge bad" }, number(workflow[key])) : number(workflow[key])), ["failed", "missed", "completed"].includes(key) ? "number" : "number wide"]);

const WORKFLOW_COLUMNS = [
  ["Workflow", (workflow) => [workflowLink(workflow.name), " ", workflow.displayName && el("span", { class: "faint" }, bdi(workflow.displayName)), " ", workflow.gone ? badge("deleted") : !workflow.ready && badge("notReady")]],
  ["Due", (workflow) => workflow.trigger ?? "", "wide"],
  ...RESULT_COLUMNS,
];

const isStuck = (workflow) => Number(!workflow.gone && !workflow.ready);
const byAlarm = (left, right) => isStuck(right) - isStuck(left) || right.failed + right.missed - left.failed - left.missed || left.name.localeCompare(right.name);

function workflowsView(tenant) {
  const list = [...tenant.byWorkflow.values()].sort(byAlarm);
  return ["Workflows", el("h2", null, "Workflows"), paged(list, 100, (rows) => table(WORKFLOW_COLUMNS, rows))];
}

function workflowView(tenant, name) {
  const workflow = tenant.byWorkflow.get(name);
  if (!workflow) return missing(`There is no workflow ${name}.`);
  const how = workflow.gone ? [badge("deleted")] : workflow.ready ? [badge("ready")] : [badge("notReady"), ` ${workflow.why}`];
  const when = workflow.scheduled ? workflow.trigger : workflow.enabled ? "on demand only" : "never: it is disabled";
  const tasks = workflow.tasks.map(([task, action, enabled, goesOn]) => el("li", null, bdi(task), " ", el("code", null, action), !enabled && " (disabled)", goesOn && el("span", { class: "faint" }, " goes on after an error")));
  const versions = workflow.versions.sort((left, right) => left[0] - right[0]).map(([version, made]) => el("span", { class: "badge" }, `v${version}${made ? `, ${stamp(made)}` : ""}`));
  const history = paged([...workflow.events].sort((left, right) => Number(right.bad) - Number(left.bad) || left.at - right.at), 50, (rows) => el("div", null, rows.map((event) => line(tenant, event, { dated: true }))));
  return [
    name, el("h2", { tabindex: -1 }, bdi(workflow.displayName ?? name), " ", el("span", { class: "faint" }, bdi(name))),
    facts([["State", how], ["Category", workflow.category], ["Due", workflow.gone ? "" : when], ["Window", workflow.window]]),
    el("h3", null, "Versions"), el("div", { class: "chips" }, versions),
    el("h3", null, "Whom"), workflow.rule ? el("code", { class: "rule" }, workflow.rule) : el("p", null, "Everybody."),
    el("h3", null, "Tasks"), el("ol", null, tasks),
    el("h3", null, "Results"), table(RESULT_COLUMNS, [workflow]),
    el("h3", null, "What happened, failures first"), history,
  ];
}

function overview(tenant) {
  const look = tenant.people.filter(STATES.look[1]).sort((left, right) => right.failed - left.failed || right.missed - left.missed);
  const needs = look.length > 0 ? [el("h2", null, "People to look at"), paged(look, 20, (rows) => table(PERSON_COLUMNS, rows))] : [];
  return ["Overview", ...needs, el("h2", null, "When"), chart(tenant), ...workflowsView(tenant).slice(1)];
}

const missing = (text) => ["Not found", el("h2", null, "Not found"), el("p", null, text)];
