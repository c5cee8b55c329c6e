"""Who was due for what, from when on, and in which stretch of time it must have been done.

The instants of evaluations are not known here, only what is promised of them: one every interval, and one within seconds
after a record changed, for virtual time stands still while an evaluation works. So each occurrence gets the first stretch of
time [begin, end) in which it was due without interruption, and must be processed between its begin and the last instant at which
an evaluation must have come. If the stretch is shorter than that, then the example decides nothing: that is an error of the
example, and reported as one.
"""

import dataclasses
import datetime
import itertools

from .dates import parse_date, zone_of
from .documents import NotModelled
from .workflows import RANK, Workflow, versions_of

# From a changed record to the start of work: the evaluation comes within seconds, and then two Jobs have to start.
CHANGE_ALLOWANCE = datetime.timedelta(minutes=5)
# From the instant of an evaluation to the start of work on the last person of its plan.
EXECUTION_ALLOWANCE = datetime.timedelta(minutes=10)
FOREVER = datetime.datetime.max.replace(tzinfo=datetime.timezone.utc)


class Ambiguous(Exception):
    """What happens in the example depends on the minute at which evaluations come; it must be written differently."""


@dataclasses.dataclass(frozen=True)
class Spell:
    """A stretch of time [begin, end) during which an attribute of a person had one value."""

    begin: datetime.datetime
    end: datetime.datetime
    value: str | None
    # True for the value with which the person was first seen.
    is_first: bool


@dataclasses.dataclass
class Occurrence:
    """One instance of a trigger for one person."""

    workflow: str
    category: str
    subject: str
    attribute: str
    spell: Spell
    due: datetime.datetime
    # The due instant of a change is the instant at which it was seen, which is up to this much later.
    due_slack: datetime.timedelta
    # The stretch in which it is due without interruption.
    begin: datetime.datetime
    end: datetime.datetime
    # The last instant at which work on it may start.
    latest: datetime.datetime
    version: int
    # planned, superseded or missed.
    outcome: str = "planned"
    # The tasks of that version, filled in by effects.py: [(name, True if it changed nothing, None if it changed a part)].
    tasks: list = dataclasses.field(default_factory=list)

    def order(self):
        """Of work on one person that is due at the same time, the smallest comes first."""
        return (RANK[self.category], self.due, self.workflow)

    def __str__(self):
        return f"{self.workflow} of {self.subject}, due {self.due:%Y-%m-%dT%H:%M:%SZ}"


def spells(revisions, attribute):
    """The values of one attribute of one person, in the order of time."""
    if any(revision.spec is None for revision in revisions):
        raise NotModelled("the deletion of a User")
    values = [(revision.at, revision.spec.get(attribute)) for revision in revisions]
    merged = [next(group) for _, group in itertools.groupby(values, key=lambda entry: entry[1])]
    ends = [at for at, _ in merged[1:]] + [FOREVER]
    return [Spell(at, end, value, index == 0) for index, ((at, value), end) in enumerate(zip(merged, ends))]


class Reckoning:
    """Works out every occurrence of an example."""

    def __init__(self, example):
        self.example = example
        self.users = example.objects.get("User", {})
        # Workflow name -> [(instant, Workflow or None)]
        self.workflows = {
            name: [(revision.at, Workflow(name, revision.spec) if revision.spec is not None else None) for revision in revisions]
            for name, revisions in example.objects.get("Workflow", {}).items()
        }
        self.versions = {name: versions_of(revisions) for name, revisions in example.objects.get("Workflow", {}).items()}
        self._refuse_feedback()

    def _refuse_feedback(self):
        """An attribute that a task writes must not be one that a rule or a trigger reads: that is not modelled here."""
        revisions = [workflow for entries in self.workflows.values() for _, workflow in entries if workflow]
        written = {update["attribute"] for workflow in revisions for task in workflow.tasks
                   for update in task.arguments.get("attributes", [])}
        read = {attribute for workflow in revisions if workflow.rule
                for attribute in [*workflow.rule.attributes, *workflow.trigger_attributes()]}
        if written & read:
            raise NotModelled(f"attributes that are written and read by workflows: {sorted(written & read)}")

    def workflow_at(self, name, instant):
        """The revision of a workflow at an instant, or None."""
        found = None
        for at, workflow in self.workflows[name]:
            if at <= instant:
                found = workflow
        return found

    def all_occurrences(self):
        """Every occurrence of every person: planned, superseded and missed."""
        found = []
        for subject in self.users:
            own = []
            for name in self.workflows:
                own += self._occurrences(subject, name)
            self._supersede(subject, own)
            refuse_unclear_order([entry for entry in own if entry.outcome == "planned"])
            found += own
        return found

    def _occurrences(self, subject, name):
        """The occurrences of one person for one workflow."""
        attributes = {attribute for _, workflow in self.workflows[name] if workflow for attribute in workflow.trigger_attributes()}
        found = []
        for attribute in sorted(attributes):
            for spell in spells(self.users[subject], attribute):
                found += self._occurrence(subject, name, attribute, spell)
        return found

    def _due(self, subject, workflow, attribute, spell):
        """The due instant of a value for a revision of a workflow, or None if it makes nothing due."""
        if workflow is None or not workflow.scheduled or attribute not in workflow.trigger_attributes():
            return None
        if workflow.trigger == "attributeChange":
            return None if spell.is_first else spell.begin
        return workflow.due(spell.value, self._zone(subject)) if spell.value else None

    def _zone(self, subject):
        """The time zone of a person's dates, which must be one and the same all the time."""
        schedules = [revision.spec for revisions in self.example.objects.get("TenantSchedule", {}).values() for revision in revisions]
        records = [revision.spec for revision in self.users[subject]]
        zones = {str(zone_of(record, schedule)) for record in records for schedule in schedules or [{}]}
        if len(zones) != 1:
            raise NotModelled(f"the time zone of {subject} changes")
        return zone_of(records[0], (schedules or [{}])[0])

    def _is_due(self, subject, name, attribute, spell, instant):
        """True if the occurrence is due at an instant of its spell, had it not been processed before."""
        workflow = self.workflow_at(name, instant)
        due = self._due(subject, workflow, attribute, spell)
        if due is None or not due <= instant < due + workflow.window:
            return False
        return workflow.rule.matches(self.example.at("User", subject, instant), self._zone(subject))

    def _occurrence(self, subject, name, attribute, spell):
        """[the occurrence that one value makes], or [] if it never makes one in the time played."""
        end = min(spell.end, self.example.end)
        marks = {spell.begin, *(revision.at for revision in self.users[subject]), *(at for at, _ in self.workflows[name])}
        for _, workflow in self.workflows[name]:
            due = self._due(subject, workflow, attribute, spell)
            if due is not None:
                marks |= {due, due + workflow.window}
        marks = sorted(mark for mark in marks if spell.begin <= mark < end)
        due_marks = [self._is_due(subject, name, attribute, spell, mark) for mark in marks]
        if True not in due_marks:
            return self._missed(subject, name, attribute, spell)
        first = due_marks.index(True)
        after = next((mark for mark, is_due in zip(marks[first:], due_marks[first:]) if not is_due), spell.end)
        return [self._planned(subject, name, attribute, spell, marks[first], after)]

    def _planned(self, subject, name, attribute, spell, begin, end):
        """An occurrence that is due from `begin` to `end`, with the last instant at which work on it may start."""
        seen_at_once = begin > self.example.start and any(revision.at == begin for revision in self.users[subject])
        latest = begin + (CHANGE_ALLOWANCE if seen_at_once else self.example.interval + EXECUTION_ALLOWANCE)
        workflow, version = self.workflow_at(name, begin), self._version(name, begin)
        due = self._due(subject, workflow, attribute, spell)
        slack = CHANGE_ALLOWANCE if workflow.trigger == "attributeChange" else datetime.timedelta(0)
        found = Occurrence(name, workflow.category, subject, attribute, spell, due, slack, begin, end, latest, version)
        if end <= latest or self.example.end <= latest:
            raise Ambiguous(f"{found}: not due, or the end, before an evaluation must have come")
        if self._version(name, latest) != version:
            raise Ambiguous(f"{found}: another version begins before an evaluation must have come")
        return found

    def _version(self, name, instant):
        """The number of the version that counts at an instant."""
        return max(number for at, number, _ in self.versions[name] if at <= instant)

    def _missed(self, subject, name, attribute, spell):
        """[a missed occurrence] if the value came, with its workflow active, after its window had gone by."""
        workflow = self.workflow_at(name, spell.begin)
        due = self._due(subject, workflow, attribute, spell)
        activated = self.workflows[name][0][0]
        if due is None or spell.begin <= self.example.start or due < activated or spell.begin < due + workflow.window:
            return []
        if not workflow.rule.matches(self.example.at("User", subject, spell.begin), self._zone(subject)):
            return []
        return [Occurrence(name, workflow.category, subject, attribute, spell, due, datetime.timedelta(0), spell.begin, spell.begin,
                           spell.begin, self._version(name, spell.begin), "missed")]

    def _supersede(self, subject, occurrences):
        """Marks the joiner and mover work that a due leaver keeps from being done."""
        leavers = [entry for entry in occurrences if entry.category == "leaver" and entry.outcome == "planned"]
        for entry in occurrences:
            if entry.category == "leaver" or entry.outcome != "planned":
                continue
            hired = parse_date(self.example.at("User", subject, entry.begin).get("employeeHireDate"), self._zone(subject))
            for leaver in leavers:
                if hired is not None and hired > leaver.due:
                    continue
                if leaver.begin <= entry.begin:
                    if leaver.spell.end < entry.end:
                        raise NotModelled(f"{entry} after {leaver}, whose date was changed")
                    entry.outcome = "superseded"
                elif leaver.begin <= entry.latest:
                    raise Ambiguous(f"{entry} and {leaver}: which is seen first?")


def refuse_unclear_order(occurrences):
    """Raises Ambiguous if the order of work on one person depends on the instants of evaluations."""
    for one, other in itertools.permutations(occurrences, 2):
        if one.begin < other.begin <= one.latest and other.order() < one.order():
            raise Ambiguous(f"{one} and {other}: which comes first?")


def in_order(occurrences):
    """One person's occurrences in the order in which they are done."""
    return sorted(occurrences, key=lambda entry: (entry.begin, entry.order()))
