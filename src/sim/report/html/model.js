// What the page knows: the data as it was written, and what follows from it.

const data = JSON.parse(document.getElementById("data").textContent);
const DAY = 86400;

// An outcome is [status, reason, tasks done, tasks failed].
const FAILED = new Set(["failed", "completedWithErrors"]);

// A text as it is searched: without case and without accents.
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

const fact = (person, name) => person.facts[data.facts.indexOf(name)] ?? "";

function isFailure(tenant, subject) {
  return FAILED.has(tenant.outcomes[subject[1]][0]);
}

function isBad(tenant, event) {
  if (event.is === "run") return (event.subjects ?? []).some((subject) => isFailure(tenant, subject));
  return ["missed", "refused", "unreadable", "notReady", "held"].includes(event.is);
}

// Gives every person and every workflow what happened to it, in order of time.
function index(tenant) {
  for (const person of tenant.people) {
    person.events = [];
    person.failed = person.missed = person.unreadable = 0;
    person.text = plain([person.name, ...person.facts.slice(0, 3)].filter(Boolean).join(" "));
  }
  tenant.byName = new Map(tenant.people.map((person) => [person.name, person]));
  tenant.byWorkflow = new Map(tenant.workflows.map((workflow) => [workflow.name, workflow]));
  for (const event of tenant.events) {
    event.bad = isBad(tenant, event);
    if (event.workflow && !tenant.byWorkflow.has(event.workflow)) {
      tenant.byWorkflow.set(event.workflow, { name: event.workflow, gone: true, tasks: [], versions: [] });
    }
  }
  for (const workflow of tenant.byWorkflow.values()) {
    Object.assign(workflow, { events: [], runs: 0, completed: 0, failed: 0, canceled: 0, missed: 0, superseded: 0, released: 0 });
    workflow.text = plain([workflow.name, workflow.displayName].filter(Boolean).join(" "));
  }
  tenant.events.forEach((event) => assign(tenant, event));
  tenant.unreadable.forEach((event) => (tenant.people[event.person].unreadable += 1));
  return tenant;
}

function assign(tenant, event) {
  const workflow = tenant.byWorkflow.get(event.workflow);
  workflow?.events.push(event);
  if (event.person !== undefined) {
    const person = tenant.people[event.person];
    person.events.push([event]);
  }
  if (event.is === "run") {
    workflow.runs += 1;
    for (const subject of event.subjects ?? []) {
      const person = tenant.people[subject[0]];
      const status = tenant.outcomes[subject[1]][0];
      person.events.push([event, subject]);
      if (FAILED.has(status)) {
        person.failed += 1;
        workflow.failed += 1;
      } else if (status in workflow) {
        workflow[status] += 1;
      }
    }
  }
  if (event.people || event.count) {
    if (workflow) workflow[event.is] += event.count ?? 0;
    for (const place of event.people ?? []) {
      const person = tenant.people[place];
      person.events.push([event]);
      if (event.is === "missed") person.missed += 1;
    }
  }
}

const tenants = data.tenants.map(index);

// Everything whose text has every word of the query: names that begin with it first.
function find(list, query) {
  const words = plain(query).split(/\s+/).filter(Boolean);
  if (words.length === 0) return list;
  const rank = (item) => (item.text.startsWith(words[0]) ? 0 : 1);
  return list.filter((item) => words.every((word) => item.text.includes(word))).sort((left, right) => rank(left) - rank(right));
}
