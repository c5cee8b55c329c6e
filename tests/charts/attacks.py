"""Named attacks, each by somebody whom RBAC alone would let through, and beside each the same by who may do it."""

import copy

from . import objects
from .api import GROUP, person, service_account, wait

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
        scheduled["metadata"]["labels"] = {"tenure.dev/epoch": "1"}
        self.done("the runner makes a scheduled Run", self.create(scheduled, self.runner))
        self.refused("an operator asks in another's name", self.create(objects.run("x", "leave", "ceo"), operator), "must be who asks")
        self.refused("an operator asks in nobody's name", self.create(objects.run("x", "leave", None), operator), "must be who asks")
        self.done("an operator asks", self.create(objects.run("now", "leave", name), operator))
        deleting = person(f"author-and-destructive@{self.own}")
        for number, (who, classes, needed) in enumerate([
            (operator, ["account"], None),
            (operator, ["account", "destructive"], "effectclasses/destructive"),
            (operator, ["credential"], "effectclasses/credential"),
            (operator, ["extension"], "effectclasses/extension"),
            (deleting, ["destructive"], None),
            (deleting, ["credential"], "effectclasses/credential"),
        ]):
            asked = objects.run(f"accepts-{number}", "leave", who[0])
            asked["spec"]["acknowledges"] = classes
            answer = self.create(asked, who)
            if needed:
                self.refused(f"{who[0]} accepts {classes}", answer, needed)
            else:
                self.done(f"{who[0]} accepts {classes}", answer)
        clerk = person(f"clerk@{self.own}")
        self.refused(
            "who may create Runs but not run the workflow", self.create(objects.run("x", "leave", clerk[0]), clerk), "the verb run on workflows/leave"
        )
        self.refused("the same cancels a Run", self.change("Run", "now", {"spec": {"cancel": True}}, clerk), "the verb run")
        self.done("an operator cancels a Run", self.change("Run", "now", {"spec": {"cancel": True}}, operator))
        self.done("a label is no matter of rights", self.change("Run", "now", {"metadata": {"labels": {"a": "b"}}}, clerk))
        self.label_as_programs_do(clerk)
        self.delete_runs(operator, name)
        finished = {"status": {"processingStatus": "completed"}}
        self.refused("the boss finishes a Run", self.change("Run", "now", finished, self.boss, "status"), "only the programs")
        self.done("the controller finishes a Run", self.change("Run", "now", finished, self.controller, "status"))

    def label_as_programs_do(self, clerk):
        """The labels by which programs find what belongs together, and the mark of who made it: on what people write, and on pods."""
        only = "only the programs of Tenure write the labels"
        marks = [("labels", f"tenure.dev/{mark}") for mark in ["run", "workflow", "epoch", "attempt", "evaluation"]]
        marks.append(("annotations", "tenure.dev/writer"))
        for member, mark in marks:
            self.refused(f"the boss puts {mark} on a Run", self.change("Run", "now", {"metadata": {member: {mark: "1"}}}, self.boss), only)
            self.refused(f"the boss puts {mark} on a Workflow", self.change("Workflow", "leave", {"metadata": {member: {mark: "1"}}}, self.boss), only)
            made = objects.run("marked", "leave", f"operator@{self.own}")
            made["metadata"][member] = {mark: "1"}
            self.refused(f"an operator makes a Run with {mark}", self.create(made, self.role("operator")), only)
        pod = objects.pod("x", "default")
        pod["metadata"]["labels"] = {"tenure.dev/run": "now"}
        self.refused("the boss starts a pod with our label", self.api.create(f"/api/v1/namespaces/{self.own}/pods", pod, self.boss), only)
        without = {"metadata": {"labels": {"tenure.dev/epoch": None}}}
        self.refused("the same clerk takes the label away", self.change("Run", "leave-v7-e1", without, clerk), only)
        self.done("and puts another beside it", self.change("Run", "leave-v7-e1", {"metadata": {"labels": {"a": "b"}}}, clerk))

    def delete_runs(self, operator, name):
        """What is owed, nobody deletes; what people asked for, they may."""
        scheduled, mine = objects.path(self.own, "Run", "leave-v7-e1"), objects.path(self.own, "Run", "mine")
        for who, called in [(self.boss, "the boss"), (operator, "an operator"), (None, "the cluster's administrator")]:
            self.refused(f"{called} deletes a scheduled Run", self.api.call("DELETE", scheduled, None, who), "by its retention only")
            some = f"{objects.path(self.own, 'Run')}?fieldSelector=metadata.name=leave-v7-e1"
            if who is not operator:
                self.refused(f"{called} deletes it as one of many", self.api.call("DELETE", some, None, who), "by its retention only")
        self.api.must(self.create(objects.run("mine", "leave", name), operator))
        self.done("an operator deletes a Run of people", self.api.call("DELETE", mine, None, operator))
        self.refused("an operator calls a Run as evaluations do", self.create(objects.run("leave-v7", "leave", name), operator), "for what evaluations make")
        self.done("retention deletes it", self.api.call("DELETE", scheduled, None, self.runner))
        self.done("the runner makes it anew", self.create(objects.run("leave-v7-e1", "leave", None, "scheduled"), self.runner))

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
        self.done("who may use both switches it on again", self.change("Workflow", "deletes", on, both))
        for what, beside in [
            ("its name", {"displayName": "Harmless"}),
            ("for whom it is", {"executionConditions": {"scope": {"rule": "department ne 'x'"}, "trigger": {"attributeChange": {"attributes": ["mail"]}}}}),
            ("its window", {"catchUpWindow": "1d"}),
            ("its limits", {"executionLimits": {"count": 900}}),
        ]:
            answer = self.change("Workflow", "deletes", {"spec": {**off["spec"], **beside}}, author)
            self.refused(f"an author switches it off and {what} with it", answer, "effectclasses/destructive")
        self.done("an author switches it off once more", self.change("Workflow", "deletes", off, author))
        smuggled = {"spec": {"isEnabled": False, **later["spec"]}}
        self.refused("an author adds the deletion while it is off", self.change("Workflow", "disables", smuggled, author), "effectclasses/destructive")
        self.done("an author labels it", self.change("Workflow", "deletes", {"metadata": {"labels": {"a": "b"}}}, author))
        without = {"spec": {"isEnabled": True, "tasks": [{"name": "task-0", **disable}]}}
        self.done("an author takes the deletion out", self.change("Workflow", "deletes", without, author))

    def begin_with_access(self):
        """Records whose accounts begin with groups or licences: as tasks would give them, and so for who may use those classes."""
        admin, both = self.role("directory-admin"), person(f"directory-admin-and-access@{self.own}")
        first = person(f"directory-admin-and-account@{self.own}")
        for name, begins, gives in [
            ("plain", None, False),
            ("disabled", {"accountEnabled": False}, False),
            ("nothing", {"memberOf": [], "licenses": []}, False),
            ("member", {"memberOf": ["all"]}, True),
            ("licensed", {"accountEnabled": False, "licenses": ["office"]}, True),
        ]:
            record = objects.of("User", name, spec={"displayName": name, **({"initialAccount": begins} if begins is not None else {})})
            answer = self.create(copy.deepcopy(record), admin)
            if gives:
                self.refused(f"a directory-admin makes the record {name}", answer, "effectclasses/access")
                self.refused(f"with the class account alone {name}", self.create(copy.deepcopy(record), first), "effectclasses/access")
                self.done(f"who may use both makes the record {name}", self.create(record, both))
            else:
                self.done(f"a directory-admin makes the record {name}", answer)
        moves = {"spec": {"department": "Lab"}}
        self.done("a directory-admin changes something else of it", self.change("User", "member", moves, admin))
        for name, begins in [("plain", {"memberOf": ["all"]}), ("member", {"memberOf": ["all", "lab"]}), ("member", {"accountEnabled": False})]:
            patch = {"spec": {"initialAccount": begins}}
            self.refused(f"a directory-admin lets {name} begin with {begins}", self.change("User", name, patch, admin), "effectclasses/access")
            self.done(f"who may use both lets {name} begin with {begins}", self.change("User", name, patch, both))
        taken = {"spec": {"initialAccount": None}}
        self.done("a directory-admin takes it out", self.change("User", "licensed", taken, admin))

    def become_the_runner(self):
        """Its service account: by a pod, a Job, a token, a Secret with a token; and the labels of its Jobs."""
        core = f"/api/v1/namespaces/{self.own}"
        jobs = JOBS.format(self.own)
        only_jobs = "only the controller of Tenure writes Jobs"
        self.refused("the boss starts a pod as the runner", self.api.create(f"{core}/pods", objects.pod("x", "tenure-runner"), self.boss), "made by the Jobs")
        self.refused("the boss starts a Job as the runner", self.api.create(jobs, objects.job("x", "tenure-runner"), self.boss), only_jobs)
        for label in ["tenure.dev/run", "tenure.dev/evaluation", "tenure.dev/attempt", "tenure.dev/epoch", "tenure.dev/workflow"]:
            forged = objects.job("x", "default", {label: "now"})
            self.refused(f"the boss forges a Job with {label}", self.api.create(jobs, forged, self.boss), only_jobs)
            forged = objects.job("x", "default")
            forged["spec"]["template"].setdefault("metadata", {})["labels"] = {label: "now"}
            self.refused(f"the boss forges a Job whose pods have {label}", self.api.create(jobs, forged, self.boss), only_jobs)
        for name in ["tenure-eval-2", "tenure-run-0123456789abcdef0123", "tenure-x"]:
            self.refused(f"the boss calls a Job {name}", self.api.create(jobs, objects.job(name, "default"), self.boss), only_jobs)
        named = objects.job("x", "default")
        named["metadata"] = {**named["metadata"], "generateName": "tenure-"}
        named["metadata"].pop("name")
        self.refused("the boss has a Job's name made of tenure-", self.api.create(jobs, named, self.boss), only_jobs)
        self.become_the_runner_by_others(core)
        self.forge_the_pod_of_a_job(f"{core}/pods")
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

    def forge_the_pod_of_a_job(self, pods):
        """A pod of others whose end would be that of a Job of ours: made so, or changed."""

        def forged(pod, **owner):
            made = objects.pod(pod, "default")
            of = {"apiVersion": "batch/v1", "kind": "Job", "name": "tenure-eval-1", "uid": "00000000-0000-0000-0000-000000000000"}
            made["metadata"]["ownerReferences"] = [{**of, "controller": True, **owner}]
            return made

        job_controller = service_account("kube-system", "job-controller")
        for who, called in [(self.boss, "the boss"), (None, "the cluster's administrator")]:
            answer = self.api.create(f"{pods}?dryRun=All", forged("forged"), who)
            self.refused(f"{called} starts a pod for a Job of ours", answer, "made by the Jobs")
        self.done("Kubernetes' own controllers do", self.api.create(f"{pods}?dryRun=All", forged("forged"), job_controller))
        self.done("the boss starts one for another Job", self.api.create(f"{pods}?dryRun=All", forged("forged", name="theirs"), self.boss))
        self.api.must(self.api.create(pods, objects.pod("plain", "default"), self.boss))
        owners = {"metadata": {"ownerReferences": forged("plain")["metadata"]["ownerReferences"]}}
        self.refused("the boss gives a pod to a Job of ours", self.api.patch(f"{pods}/plain", owners, self.boss), "stay as the Jobs")
        self.done("other labels are no matter of ours", self.api.patch(f"{pods}/plain", {"metadata": {"labels": {"a": "b"}}}, self.boss))
        self.done("the boss takes it away", self.api.call("DELETE", f"{pods}/plain", None, self.boss))

    def become_the_runner_by_others(self, core):
        """Its service account, or the labels of its pods, in what other controllers make pods of."""
        job_controller = service_account("kube-system", "job-controller")
        unowned = self.api.create(f"{core}/pods", objects.pod("x", "tenure-runner"), job_controller)
        self.refused("Kubernetes' own controllers make a runner of no Job", unowned, "made by the Jobs")
        label = {"tenure.dev/run": "now"}
        for plural, of in objects.workloads().items():
            group = core if of["apiVersion"] == "v1" else f"/apis/{of['apiVersion']}/namespaces/{self.own}"
            for account, labels, text in [
                ("tenure-runner", {}, "under the service account tenure-runner"),
                ("default", label, "with the labels of its Jobs"),
                ("default", {}, None),
            ]:
                attempt = self.api.create(f"{group}/{plural}?dryRun=All", objects.workloads(account, labels)[plural], self.boss)
                if text:
                    self.refused(f"the boss makes {plural} as {account} with {labels}", attempt, text)
                else:
                    self.done(f"the boss makes other {plural}", attempt)
        self.become_a_job_by_cron(f"/apis/batch/v1/namespaces/{self.own}/cronjobs?dryRun=All")

    def become_a_job_by_cron(self, cronjobs):
        """A CronJob's Jobs begin with its name and have the labels of its template, and Kubernetes makes them."""

        def cronjob(metadata, **of_jobs):
            made = objects.workloads()["cronjobs"]
            made["metadata"] = metadata
            made["spec"]["jobTemplate"]["metadata"] = of_jobs
            return made

        attempts = [
            ("whose Jobs are called tenure-", cronjob({"name": "tenure-eval"}), "whose names begin with tenure-"),
            ("whose name is made of tenure-", cronjob({"generateName": "tenure-"}), "whose names begin with tenure-"),
        ]
        for label in ["tenure.dev/run", "tenure.dev/evaluation", "tenure.dev/attempt", "tenure.dev/epoch", "tenure.dev/workflow"]:
            attempts.append((f"whose Jobs have {label}", cronjob({"name": "x"}, labels={label: "now"}), "with the labels of its own"))
        for what, made, text in attempts:
            self.refused(f"the boss makes a CronJob {what}", self.api.create(cronjobs, made, self.boss), text)
        self.done("the boss makes one with other labels", self.api.create(cronjobs, cronjob({"name": "x"}, labels={"a": "b"}), self.boss))

    def take_the_controller_over(self):
        """What a controller in wrong hands may start: its own Jobs, and no others."""
        jobs = JOBS.format(self.own)
        ours = objects.runner_job("tenure-eval-1", self.own)
        source = {"secretKeyRef": {"name": "tenure-mail", "key": "password"}}
        volume = {"name": "a", "secret": {"secretName": "tenure-mail"}}
        context = objects.container_of(ours)["securityContext"]
        execute = ["execute", "--namespace", self.own, "--run", "now", "--attempt", "1"]

        def job(**members):
            made = copy.deepcopy(ours)
            made["spec"].update(members)
            return made

        def pod(**members):
            made = copy.deepcopy(ours)
            made["spec"]["template"]["spec"].update(members)
            return made

        def container(**members):
            made = copy.deepcopy(ours)
            objects.container_of(made).update(members)
            return made

        def restricted(**members):
            return container(securityContext={**context, **members})

        def groups(**members):
            return pod(securityContext={"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}, **members})

        unlabelled = copy.deepcopy(ours)
        unlabelled["spec"]["template"]["metadata"]["labels"] = {"tenure.dev/evaluation": "true"}
        named = copy.deepcopy(ours)
        named["metadata"]["name"] = "theirs-too"
        image, words, mounts = "the image of this installation", "evaluate and execute only", "mounts nothing"
        host, narrow, beside, node = "users and settings of the node", "restricted containers", "nothing beside its programs", "chooses no node"
        attempts = [
            ("as somebody else", objects.job("x", "default"), "under the service account tenure-runner only"),
            ("under a name by which others get into its pods", named, "begin with tenure- only"),
            ("of another image", container(image="evil.example/tenure:0.1.0"), image),
            ("of another tag", container(image=objects.IMAGE.replace("0.1.0", "latest")), image),
            ("with a second container", pod(containers=[objects.container_of(ours), {"name": "b", "image": objects.IMAGE}]), image),
            ("with an init container", pod(initContainers=[{"name": "b", "image": objects.IMAGE}]), image),
            ("with another command", container(command=["sh"]), words),
            ("with another program of ours", container(args=["controller"]), words),
            ("for another tenant", container(args=["evaluate", "--namespace", self.other]), words),
            ("with a word more", container(args=["evaluate", "--namespace", self.own, "--help"]), words),
            ("with a word more to execute", container(args=[*execute, "--namespace"]), words),
            ("with a word in place of the Run", container(args=[*execute[:4], "--namespace=x", *execute[5:]]), words),
            ("with a Secret of ours", pod(volumes=[volume]), mounts),
            ("with the node's files", pod(volumes=[{"name": "a", "hostPath": {"path": "/"}}]), mounts),
            ("with a Secret in the environment", container(env=[{"name": "A", "valueFrom": source}]), mounts),
            ("with a whole Secret in the environment", container(envFrom=[{"secretRef": {"name": "tenure-mail"}}]), mounts),
            ("with another API server in the environment", container(env=[{"name": "KUBERNETES_SERVICE_HOST", "value": "evil.example"}]), mounts),
            ("in the node's network", pod(hostNetwork=True), host),
            ("beside the node's processes", pod(hostPID=True), host),
            ("with the node's memory", pod(hostIPC=True), host),
            ("as a user of its choice", pod(securityContext={"runAsNonRoot": True, "runAsUser": 1, "seccompProfile": {"type": "RuntimeDefault"}}), host),
            ("without a seccomp profile", pod(securityContext={"runAsNonRoot": True}), host),
            ("in a group that owns files of others", groups(fsGroup=0), host),
            ("in further groups", groups(supplementalGroups=[0]), host),
            ("as a group of its choice", groups(runAsGroup=1), host),
            ("out of AppArmor", groups(appArmorProfile={"type": "Unconfined"}), host),
            ("whose container is out of AppArmor", restricted(appArmorProfile={"type": "RuntimeDefault"}), narrow),
            ("whose container has a group of its choice", restricted(runAsGroup=1), narrow),
            ("that may become more than it is", restricted(allowPrivilegeEscalation=True), narrow),
            ("with a capability", restricted(capabilities={"drop": ["ALL"], "add": ["NET_RAW"]}), narrow),
            ("that writes its files", restricted(readOnlyRootFilesystem=False), narrow),
            ("as root", restricted(runAsNonRoot=False, runAsUser=0), narrow),
            ("with a hook", container(lifecycle={"postStart": {"exec": {"command": ["sh"]}}}), beside),
            ("with a probe", container(livenessProbe={"exec": {"command": ["sh"]}}), beside),
            ("on a node", pod(nodeName="control-plane"), node),
            ("on a sort of node", pod(nodeSelector={"a": "b"}), node),
            ("on nodes that others avoid", pod(tolerations=[{"operator": "Exists"}]), node),
            ("with a device", pod(resourceClaims=[{"name": "a", "resourceClaimName": "a"}]), node),
            ("before all others", pod(priorityClassName="system-node-critical"), node),
            ("with names of its own", pod(hostAliases=[{"ip": "10.0.0.1", "hostnames": ["kubernetes.default.svc"]}]), node),
            ("out of reach of the NetworkPolicy", unlabelled, "managed-by=tenure"),
            ("with a thousand pods", job(parallelism=1000, completions=1000), "one pod only"),
            ("that waits to be changed", job(suspend=True), "one pod only"),
            ("that somebody else manages", job(managedBy="evil.example/jobs"), "one pod only"),
            ("with other times than production's", container(args=["evaluate", "--namespace", self.own, "--timing-divisor=6"]), "times of production only"),
            ("with other times by its command", container(command=["tenure", "execute", "--timing-divisor", "6"]), "times of production only"),
        ]
        for what, attempt, text in attempts:
            self.refused(f"the controller starts a Job {what}", self.api.create(f"{jobs}?dryRun=All", attempt, self.controller), text)
        for what, args in [("an attempt", execute), ("another attempt", [*execute, "--take-over"]), ("Runs", ["evaluate", "--namespace", self.own, "--runs-only"])]:
            self.done(f"the controller starts {what}", self.api.create(f"{jobs}?dryRun=All", container(args=args), self.controller))
        elsewhere = self.api.create(JOBS.format("default"), ours, self.controller)
        self.refused("the controller starts a Job where no tenant is", elsewhere, "cannot create resource", (403,))
        self.done("the controller starts its Job", self.api.create(jobs, ours, self.controller))
        pods = f"/api/v1/namespaces/{self.own}/pods?labelSelector=tenure.dev/evaluation"
        made = wait("the Job controller makes the pod", lambda: self.api.call("GET", pods).body.get("items"))
        self.note("its pod runs as the runner", made[0]["spec"]["serviceAccountName"], made[0]["spec"]["serviceAccountName"] == "tenure-runner", "so")
        self.get_into_the_runner(made[0]["metadata"]["name"])
        more = {"spec": {"parallelism": 0}}
        self.refused("the controller stops its Job halfway", self.api.patch(f"{jobs}/tenure-eval-1", more, self.controller), "changes nothing")
        expires = {"spec": {"ttlSecondsAfterFinished": 300}}
        self.done("the controller lets it expire", self.api.patch(f"{jobs}/tenure-eval-1", expires, self.controller))

    def get_into_the_runner(self, name):
        """A pod of ours, as it waits or runs: what is in it, who is in it, and whose it is."""
        pod = f"/api/v1/namespaces/{self.own}/pods/{name}"
        stay = "stay as the Jobs made them"
        owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "00000000-0000-0000-0000-000000000000"}
        strategic = "application/strategic-merge-patch+json"
        for what, target, patch in [
            ("changes the image", pod, {"spec": {"containers": [{"name": "tenure", "image": "evil.example/tenure"}]}}),
            ("shortens its life", pod, {"spec": {"activeDeadlineSeconds": 1}}),
            ("takes it out of the NetworkPolicy", pod, {"metadata": {"labels": {"app.kubernetes.io/managed-by": None}}}),
            ("gives it another owner", pod, {"metadata": {"ownerReferences": [owner]}}),
            ("adds a container", f"{pod}/ephemeralcontainers", {"spec": {"ephemeralContainers": [{"name": "in", "image": "evil.example/shell"}]}}),
        ]:
            answer = self.api.call("PATCH", target, patch, self.boss, strategic)
            self.refused(f"the boss {what} of a runner", answer, stay)
        self.done("an annotation is nobody's business", self.api.patch(pod, {"metadata": {"annotations": {"a": "b"}}}, self.boss))
        into = "nobody gets into pods"
        for what in ["exec?command=sh&stdout=true", "attach?stdout=true", "portforward?ports=80", "proxy/"]:
            for verb in ["GET", "POST"]:
                self.refused(f"the boss {verb}s {what} of a runner", self.api.call(verb, f"{pod}/{what}", None, self.boss), into)
        theirs = self.api.call("POST", f"/api/v1/namespaces/{self.own}/pods/theirs/exec?command=sh&stdout=true", None, self.boss)
        self.note("pods of others are no matter of ours", theirs, into not in theirs.body.get("message", ""), "another answer")

    def hurry(self, upgrade):
        """Where a chart for tests names a divisor, Jobs have that one: no other, not none, not twice."""
        jobs = JOBS.format(self.own)
        upgrade("tests.timingDivisor=6")

        def attempt(*words, **members):
            made = objects.runner_job("tenure-eval-9", self.own, *words)
            objects.container_of(made).update(members)
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

    def write_more_than_fits(self):
        """What stands beside a spec is bounded for everybody, and kubectl's copy is not counted."""
        admin, copy_of = self.role("directory-admin"), "kubectl.kubernetes.io/last-applied-configuration"

        def user(name, **metadata):
            return {**objects.of("User", name, spec={"displayName": name}), "metadata": {"name": name, **metadata}}

        rows = [
            ("annotations of 250 kB", {"annotations": {"a": "x" * 250_000}}, "metadata.annotations"),
            ("many annotations", {"annotations": {f"a{number}": "x" * 90 for number in range(200)}}, "metadata.annotations"),
            ("a hundred labels", {"labels": {f"a{number}": "x" for number in range(100)}}, "metadata.labels"),
            ("forty finalizers", {"finalizers": [f"acme.example/{number}" for number in range(40)]}, "finalizers"),
        ]
        for what, metadata, text in rows:
            self.refused(f"a User with {what}", self.create(user("large", **metadata), admin), text)
            self.refused(f"the boss makes a User with {what}", self.create(user("large", **metadata), self.boss), text)
        self.done("a User with kubectl's largest copy", self.create(user("large", annotations={copy_of: "x" * 250_000}), admin))
        grown = {"metadata": {"annotations": {"a": "x" * 20_000}}}
        self.refused("annotations that grow", self.change("User", "large", grown, admin), "metadata.annotations")
        self.done("some room is left", self.change("User", "large", {"metadata": {"annotations": {"a": "x" * 5_000}}}, admin))
        self.done("an object of that size is changed", self.change("User", "large", {"spec": {"displayName": "L"}}, admin))

    def write_a_workflow_of_many_texts(self):
        """The schema bounds each task, and there may be many: all of them together are bounded as well."""
        author = self.role("author")

        def workflow(tasks):
            names = ["g" * 253] * 100
            listed = [{"name": f"t{number}", "addUserToGroups": {"groups": [f"{number:03}{each:03}{name[6:]}" for each, name in enumerate(names)]}}
                      for number in range(tasks)]  # fmt: skip
            return objects.of("Workflow", "texts", spec={"category": "mover", "tasks": listed})

        self.refused("a Workflow of six long lists", self.create(workflow(6), author), "spec.tasks: 151")
        self.done("a Workflow of five", self.create(workflow(5), author))
        self.refused("a sixth", self.change("Workflow", "texts", {"spec": workflow(6)["spec"]}, author), "most are 131072")
        self.done("it is called otherwise", self.change("Workflow", "texts", {"spec": {"displayName": "Texts"}}, author))
        mail = [{"name": f"m{number}", "sendWelcomeEmail": {"customBody": "x" * 16_000}} for number in range(9)]
        self.refused("mails of 16 kB", self.create(objects.of("Workflow", "mails", spec={"category": "joiner", "tasks": mail}), author), "spec.tasks: 144")

    def write_more_than_is_counted(self):
        """Every kind that people write has a count."""
        quota = self.api.must(self.api.call("GET", f"/api/v1/namespaces/{self.own}/resourcequotas/tenure"))["spec"]["hard"]
        # The release makes the TenantSchedule itself, which is why it does not count it.
        for kind in ["approvals", "customtaskextensions", "directories", "groups", "holds", "runs", "users", "workflows"]:
            self.note(f"a count of {kind}", self.api.call("GET", GROUP), f"count/{kind}.tenure.dev" in quota, "a count")

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
        self.begin_with_access()
        self.become_the_runner()
        self.take_the_controller_over()
        self.hurry(upgrade)
        self.reach_secrets()
        self.reach_another_tenant()
        self.write_more_than_fits()
        self.write_a_workflow_of_many_texts()
        self.write_more_than_is_counted()
        self.clean_up_works()
        return self.count, self.wrong
