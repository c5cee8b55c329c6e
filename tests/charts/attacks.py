"""Named attacks, each by somebody whom RBAC alone would let through, and beside each the same by who may do it."""

import copy

from . import objects
from .api import person, service_account, wait

JOBS = "/apis/batch/v1/namespaces/{}/jobs"


class Attacks:
    """Runs attacks in the tenant `own`; `boss` may do everything there, as far as RBAC is concerned."""

    def __init__(self, api, own, other, operator):
        self.api, self.own, self.other, self.operator = api, own, other, operator
        self.boss = person(f"boss@{own}")
        self.runner = service_account(own, "tenure-runner")
        self.controller = service_account(operator, "tenure")
        self.count = 0
        self.wrong = []

    def role(self, name):
        """Who holds that role in the tenant."""
        return person(f"{name}@{self.own}")

    def note(self, name, answer, fine, expected):
        """Counts one attempt."""
        self.count += 1
        if not fine:
            self.wrong.append(f"{name}: expected {expected}, got {answer}")

    def refused(self, name, answer, text, codes=(403, 422)):
        """An attempt that has to fail, and for this reason."""
        fine = answer.code in codes and text in answer.body.get("message", "")
        self.note(name, answer, fine, f"a refusal with {text!r}")

    def done(self, name, answer):
        """An attempt that has to succeed."""
        self.note(name, answer, answer.code < 300, "success")
        return answer.body

    def create(self, thing, who, namespace=None):
        """Creates one of our objects."""
        return self.api.create(objects.path(namespace or self.own, thing["kind"]), thing, who)

    def change(self, kind, name, patch, who, sub=None):
        """Changes one of our objects."""
        return self.api.patch(objects.path(self.own, kind, name, sub), patch, who)

    def forge_what_programs_write(self):
        """Versions, slices, ledger, snapshot, accounts, calls: by hand, by the wrong program, from another tenant."""
        stranger = service_account(self.other, "tenure-runner")
        for thing, patch in objects.written_by_programs():
            kind, name = thing["kind"], thing["metadata"]["name"]
            owner = self.controller if kind == "WorkflowVersion" else self.runner
            only = "of Tenure write" if kind == "ExtensionCall" else "only the "
            for who, called in [(self.boss, "the boss"), (None, "the cluster's administrator"), (stranger, "another tenant's runner")]:
                self.refused(f"{called} creates a {kind}", self.create(thing, who), only)
            wrong_program = self.runner if kind == "WorkflowVersion" else self.controller
            if kind != "ExtensionCall":
                self.refused(f"the other program creates a {kind}", self.create(thing, wrong_program), only)
            self.done(f"its program creates a {kind}", self.create(thing, owner))
            self.refused(f"the boss changes a {kind}", self.change(kind, name, patch, self.boss), only)
            copied = copy.deepcopy(thing)
            self.refused(f"the role author creates a {kind}", self.create(copied, self.role("author")), "cannot create resource", (403,))
            self.done(f"its program changes a {kind}", self.change(kind, name, patch, owner))

    def say_whose_an_account_is(self):
        """Of an account people write one annotation, if their role allows it, and nothing else."""
        admin = self.role("directory-admin")
        self.api.must(self.create(objects.of("Account", "jo", spec={"accountEnabled": True, "memberOf": []}), self.runner))
        answer = {"metadata": {"annotations": {"tenure.dev/identity": "release"}}}
        for role in ["reader", "results", "author", "operator", "approver"]:
            self.refused(f"{role} says whose an account is", self.change("Account", "jo", answer, self.role(role)), "cannot patch", (403,))
        self.done("a directory-admin says whose an account is", self.change("Account", "jo", answer, admin))
        self.done("and another answer", self.change("Account", "jo", {"metadata": {"annotations": {"tenure.dev/identity": "keep"}}}, admin))
        owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "00000000-0000-0000-0000-000000000000"}
        for what, patch in {
            "the account": {"spec": {"accountEnabled": False}},
            "the account beside an answer": {**answer, "spec": {"accountEnabled": False}},
            "another annotation": {"metadata": {"annotations": {"tenure.dev/identity": "keep", "other": "x"}}},
            "a label": {"metadata": {"labels": {"a": "b"}}},
            "a finalizer": {"metadata": {"finalizers": ["acme.example/stay"]}},
            "an owner": {"metadata": {"ownerReferences": [owner]}},
        }.items():
            self.refused(f"a directory-admin writes {what}", self.change("Account", "jo", patch, admin), "only the ")
        self.done("a directory-admin takes the answer back", self.change("Account", "jo", {"metadata": {"annotations": {"tenure.dev/identity": None}}}, admin))

    def forge_statuses(self):
        """A status is what the programs say."""
        self.api.must(self.create(objects.workflow("leave", {"disableUserAccount": {}}), self.role("author")))
        self.api.must(self.create(objects.of("Directory", "people", spec={"embedded": {}}), self.role("directory-admin")))
        status = {"status": {"observedGeneration": 1}}
        for kind, name in [("Workflow", "leave"), ("Directory", "people"), ("TenantSchedule", "default"), ("WorkflowVersion", "leave-v7")]:
            patch = {"status": {}} if kind == "WorkflowVersion" else status
            forged = {"status": {"absentSince": objects.NOW}} if kind == "WorkflowVersion" else status
            self.refused(f"the boss writes the status of a {kind}", self.change(kind, name, forged, self.boss, "status"), "only the controller")
            self.refused(f"the runner writes the status of a {kind}", self.change(kind, name, forged, self.runner, "status"), "only the controller")
            self.done(f"the controller writes the status of a {kind}", self.change(kind, name, patch, self.controller, "status"))

    def ask_for_runs(self):
        """Runs: as an evaluation, in another's name, of a workflow that one may not run."""
        operator, name = self.role("operator"), f"operator@{self.own}"
        scheduled = objects.run("leave-v7-e1", "leave", None, "scheduled")
        self.refused("the boss makes a scheduled Run", self.create(scheduled, self.boss), "only evaluations")
        self.refused("an operator makes a scheduled Run", self.create(scheduled, operator), "only evaluations")
        self.done("the runner makes a scheduled Run", self.create(scheduled, self.runner))
        self.refused("an operator asks in another's name", self.create(objects.run("x", "leave", "ceo"), operator), "must be who asks")
        self.refused("an operator asks in nobody's name", self.create(objects.run("x", "leave", None), operator), "must be who asks")
        self.done("an operator asks", self.create(objects.run("now", "leave", name), operator))
        clerk = person(f"clerk@{self.own}")
        self.refused(
            "who may create Runs but not run the workflow", self.create(objects.run("x", "leave", clerk[0]), clerk), "the verb run on workflows/leave"
        )
        self.refused("the same cancels a Run", self.change("Run", "now", {"spec": {"cancel": True}}, clerk), "the verb run")
        self.done("an operator cancels a Run", self.change("Run", "now", {"spec": {"cancel": True}}, operator))
        self.done("a label is no matter of rights", self.change("Run", "now", {"metadata": {"labels": {"a": "b"}}}, clerk))
        finished = {"status": {"processingStatus": "completed"}}
        self.refused("the boss finishes a Run", self.change("Run", "now", finished, self.boss, "status"), "only the programs")
        self.done("the controller finishes a Run", self.change("Run", "now", finished, self.controller, "status"))

    def forge_approvals(self):
        """Approvals: in another's name, without the right to approve, changed afterwards."""
        approver, name = self.role("approver"), f"approver@{self.own}"
        self.refused("the boss approves in another's name", self.create(objects.approval("x", "now", name), self.boss), "must be who decides")
        clerk = person(f"clerk@{self.own}")
        self.refused("who may not approve", self.create(objects.approval("x", "now", clerk[0]), clerk), "the verb approve on runs/now")
        own = objects.approval("x", "now", f"operator@{self.own}")
        self.refused("an operator approves", self.create(own, self.role("operator")), "cannot create resource", (403,))
        self.done("an approver approves", self.create(objects.approval("yes", "now", name), approver))
        patch = {"spec": {"approvedBy": self.boss[0]}}
        self.refused("the boss takes an approval over", self.change("Approval", "yes", patch, self.boss), "immutable")

    def use_dangerous_tasks(self):
        """Tasks of classes that an author may not use, at once or by and by."""
        author, both = self.role("author"), person(f"author-and-destructive@{self.own}")
        delete, disable = {"deleteUser": {}}, {"disableUserAccount": {}}
        passes = {"generateTemporaryAccessPass": {}}
        self.done("an author disables accounts", self.create(objects.workflow("disables", disable), author))
        self.refused("an author deletes people", self.create(objects.workflow("x", disable, delete), author), "effectclasses/destructive")
        refused = self.create(objects.workflow("x", passes, category="joiner"), author)
        self.refused("an author gives out passes", refused, "effectclasses/credential")
        extension = {"runCustomTaskExtension": {"extension": "payroll"}}
        self.refused("an author calls extensions", self.create(objects.workflow("x", extension), author), "effectclasses/extension")
        later = {"spec": {"tasks": [{"name": "task-0", **disable}, {"name": "then", **delete}]}}
        self.refused("an author adds the deletion later", self.change("Workflow", "disables", later, author), "effectclasses/destructive")
        self.done("who may use both writes it", self.create(objects.workflow("deletes", delete), both))
        name = {"spec": {"displayName": "Harmless"}}
        self.refused("an author changes another's deletion", self.change("Workflow", "deletes", name, author), "effectclasses/destructive")
        off, on = ({"spec": {"isEnabled": enabled}} for enabled in [False, True])
        self.done("an author switches it off", self.change("Workflow", "deletes", off, author))
        self.refused("an author switches it on", self.change("Workflow", "deletes", on, author), "effectclasses/destructive")
        smuggled = {"spec": {"isEnabled": False, **later["spec"]}}
        self.refused("an author adds the deletion while it is off", self.change("Workflow", "disables", smuggled, author), "effectclasses/destructive")
        self.done("an author labels it", self.change("Workflow", "deletes", {"metadata": {"labels": {"a": "b"}}}, author))
        without = {"spec": {"isEnabled": True, "tasks": [{"name": "task-0", **disable}]}}
        self.done("an author takes the deletion out", self.change("Workflow", "deletes", without, author))

    def become_the_runner(self):
        """Its service account: by a pod, a Job, a token, a Secret with a token; and the labels of its Jobs."""
        core = f"/api/v1/namespaces/{self.own}"
        jobs = JOBS.format(self.own)
        only_jobs = "only the controller of Tenure writes Jobs"
        self.refused("the boss starts a pod as the runner", self.api.create(f"{core}/pods", objects.pod("x", "tenure-runner"), self.boss), "made by the Jobs")
        self.refused("the boss starts a Job as the runner", self.api.create(jobs, objects.job("x", "tenure-runner"), self.boss), only_jobs)
        for label in ["tenure.dev/run", "tenure.dev/evaluation"]:
            forged = objects.job("x", "default", {label: "now"})
            self.refused(f"the boss forges a Job with {label}", self.api.create(jobs, forged, self.boss), only_jobs)
        self.done("the boss starts another Job", self.api.create(jobs, objects.job("theirs", "default"), self.boss))
        label = {"metadata": {"labels": {"tenure.dev/run": "now"}}}
        self.refused("the boss labels it as ours", self.api.patch(f"{jobs}/theirs", label, self.boss), only_jobs)
        request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
        answer = self.api.create(f"{core}/serviceaccounts/tenure-runner/token", request, self.boss)
        self.refused("the boss takes the runner's token", answer, "go to its pods only")
        secret = {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/service-account-token", "metadata": {"name": "x"}}
        secret["metadata"]["annotations"] = {"kubernetes.io/service-account.name": "tenure-runner"}
        self.refused("the boss takes it as a Secret", self.api.create(f"{core}/secrets", secret, self.boss), "go to its pods only")
        plain = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "tenure-mail"}, "stringData": {"password": "x"}}
        self.done("other Secrets are no matter of ours", self.api.create(f"{core}/secrets", plain, self.boss))

    def take_the_controller_over(self):
        """What a controller in wrong hands may start: its own Jobs, and no others."""
        jobs = JOBS.format(self.own)
        ours = objects.job("tenure-eval-1", "tenure-runner", {"tenure.dev/evaluation": "true"})
        mounts, reads, node, hurried, in_words = (copy.deepcopy(ours) for _ in range(5))
        mounts["spec"]["template"]["spec"]["volumes"] = [{"name": "a", "secret": {"secretName": "crown-jewels"}}]
        source = {"secretKeyRef": {"name": "tenure-mail", "key": "password"}}
        reads["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "A", "valueFrom": source}]
        node["spec"]["template"]["spec"]["volumes"] = [{"name": "a", "hostPath": {"path": "/"}}]
        container = hurried["spec"]["template"]["spec"]["containers"][0]
        container["args"] = ["execute", "--timing-divisor=6"]
        in_words["spec"]["template"]["spec"]["containers"][0]["command"] = ["tenure", "execute", "--timing-divisor", "6"]
        attempts = [
            ("as somebody else", objects.job("x", "default"), "under the service account tenure-runner only"),
            ("with a Secret of others", mounts, "names start with tenure-"),
            ("with a Secret in the environment", reads, "no Secrets into the environment"),
            ("with the node's files", node, "nothing of the node"),
            ("with other times than production's", hurried, "times of production only"),
            ("with other times by its command", in_words, "times of production only"),
        ]
        for what, attempt, text in attempts:
            self.refused(f"the controller starts a Job {what}", self.api.create(jobs, attempt, self.controller), text)
        elsewhere = self.api.create(JOBS.format("default"), ours, self.controller)
        self.refused("the controller starts a Job where no tenant is", elsewhere, "cannot create resource", (403,))
        self.done("the controller starts its Job", self.api.create(jobs, ours, self.controller))
        pods = f"/api/v1/namespaces/{self.own}/pods?labelSelector=tenure.dev/evaluation"
        made = wait("the Job controller makes the pod", lambda: self.api.call("GET", pods).body.get("items"))
        self.note("its pod runs as the runner", made[0]["spec"]["serviceAccountName"], made[0]["spec"]["serviceAccountName"] == "tenure-runner", "so")
        expires = {"spec": {"ttlSecondsAfterFinished": 300}}
        self.done("the controller lets it expire", self.api.patch(f"{jobs}/tenure-eval-1", expires, self.controller))

    def hurry(self, upgrade):
        """Where a chart for tests names a divisor, Jobs have that one: no other, not none, not twice."""
        jobs = JOBS.format(self.own)
        upgrade("tests.timingDivisor=6")

        def attempt(*words, **members):
            made = objects.job("tenure-eval-9", "tenure-runner", {"tenure.dev/evaluation": "true"})
            made["spec"]["template"]["spec"]["containers"][0].update(args=["evaluate", *words], **members)
            return self.api.create(f"{jobs}?dryRun=All", made, self.controller)

        # The API server takes a moment to see a changed policy.
        wait("the changed policy is in force", lambda: attempt("--timing-divisor=6").code < 300, 30)
        rows = [
            ("no divisor", ([], {})),
            ("another divisor", (["--timing-divisor=5"], {})),
            ("that of production", (["--timing-divisor=1"], {})),
            ("its beginning", (["--timing-divisor=60"], {})),
            ("two words", (["--timing-divisor", "6"], {})),
            ("a second one that wins", (["--timing-divisor=6", "--timing-divisor=9"], {})),
            ("another by its command", (["--timing-divisor=6"], {"command": ["tenure", "--timing-divisor=9"]})),
        ]
        for what, (words, members) in rows:
            self.refused(f"a Job with {what} where 6 is the chart's", attempt(*words, **members), "with --timing-divisor=6 only")
        self.done("a Job with the chart's divisor", attempt("--timing-divisor=6"))
        upgrade("tests.timingDivisor=1")
        wait("the policy of production is in force", lambda: attempt().code < 300, 30)
        self.refused("a Job with the divisor that was", attempt("--timing-divisor=6"), "times of production only")

    def reach_secrets(self):
        """Secrets: read, or named where a program would use them."""
        secrets = f"/api/v1/namespaces/{self.own}/secrets"
        for role in ["reader", "results", "author", "operator", "approver", "diradmin"]:
            for target in [secrets, f"{secrets}/tenure-mail"]:
                self.refused(f"{role} reads Secrets", self.api.call("GET", target, None, self.role(role)), "cannot", (403,))
        endpoint = {"endpoint": {"url": "https://example.org", "secretName": "crown-jewels"}}
        extension = objects.of("CustomTaskExtension", "x", spec=endpoint)
        self.refused("an extension names a Secret of others", self.create(extension, self.role("directory-admin")), "secretName", (422,))

    def reach_another_tenant(self):
        """Nothing crosses namespaces, also not by a binding that is too generous."""
        slices = objects.path(self.other, "RunSlice")
        for who, called in [(self.runner, "the runner"), (self.role("results"), "a reader of results"), (self.boss, "the boss")]:
            self.refused(f"{called} reads another tenant's results", self.api.call("GET", slices, None, who), "cannot list resource", (403,))
        account = objects.of("Account", "ben", spec={"accountEnabled": True, "memberOf": []})
        self.refused("the runner writes another tenant's account", self.create(account, self.runner, self.other), "cannot create", (403,))

    def clean_up_works(self):
        """What the policies must not stop: Kubernetes' own cleaning up."""
        foreground = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Foreground"}
        for kind, name in [("RunSlice", "leave-7-0"), ("Workflow", "leave"), ("Run", "now")]:
            target = objects.path(self.own, kind, name)
            self.done(f"a foreground delete of a {kind}", self.api.call("DELETE", target, foreground, self.boss))
            wait(f"the {kind} is gone", lambda target=target: self.api.call("GET", target).code == 404)
            self.count += 1

    def all(self, upgrade):
        """All of them, in an order in which each finds what it needs; `upgrade` sets a value of the operator's chart."""
        self.forge_what_programs_write()
        self.say_whose_an_account_is()
        self.forge_statuses()
        self.ask_for_runs()
        self.forge_approvals()
        self.use_dangerous_tasks()
        self.become_the_runner()
        self.take_the_controller_over()
        self.hurry(upgrade)
        self.reach_secrets()
        self.reach_another_tenant()
        self.clean_up_works()
        return self.count, self.wrong
