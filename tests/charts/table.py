"""Who may do what: written down by hand, and asked of the API server one question at a time.

A letter is a verb: g get, l list, w watch, c create, u update, p patch, d delete, x deletecollection. A dot is nothing.
Every question is asked for the tenant's own namespace, for another tenant's and for a namespace that is no tenant; what
the table does not grant has to be refused.
"""

from .api import person, service_account

VERBS = {
    "g": "get",
    "l": "list",
    "w": "watch",
    "c": "create",
    "u": "update",
    "p": "patch",
    "d": "delete",
    "x": "deletecollection",
}
# Verbs that no column grants on any row of the table below.
NEVER = ["bind", "escalate", "impersonate", "*"]

TABLE = """
resource                            reader results author  operator approver diradmin runner controller extension
tenure.dev/accounts                 .      glw     .       .        glw      glwup    glcu   .          .
tenure.dev/accounts/status          .      .       .       .        .        .        .      .          .
tenure.dev/approvals                .      glw     .       .        glwc     glw      .      .          .
tenure.dev/customtaskextensions     glw    glw     glw     glw      glw      glwcupd  .      lw         .
tenure.dev/directories              glw    glw     glw     glw      glw      glwcupd  gl     lw         .
tenure.dev/directories/status       .      .       .       .        .        .        .      p          .
tenure.dev/directorysnapshots       .      .       .       glw      .        .        glcu   .          .
tenure.dev/extensioncalls           .      .       .       glw      .        .        .      .          .
tenure.dev/groups                   .      glw     .       .        glw      glwcupd  gl     lw         .
tenure.dev/holds                    .      glw     .       .        glw      glwcupd  .      .          .
tenure.dev/occurrenceledgers        .      .       .       glw      .        .        glcu   .          .
tenure.dev/runs                     glw    glw     glw     glwcupd  glw      glw      glcd   glw        .
tenure.dev/runs/status              .      .       .       .        .        .        p      p          .
tenure.dev/runslices                .      glw     .       .        glw      glw      glcud  .          .
tenure.dev/tenantkeys               .      .       .       .        .        .        gc     .          .
tenure.dev/tenantledgers            .      .       .       .        .        .        gcu    glw        .
tenure.dev/tenantschedules          glw    glw     glw     glwcupd  glw      glw      gl     glw        .
tenure.dev/tenantschedules/status   .      .       .       .        .        .        .      p          .
tenure.dev/users                    .      glw     .       .        glw      glwcupd  gl     lw         .
tenure.dev/workflows                glw    glw     glwcupd glw      glw      glw      gl     glw        .
tenure.dev/workflows/status         .      .       .       .        .        .        .      p          .
tenure.dev/workflowversions         glw    glw     glw     glw      glw      glw      gld    glwc       .
tenure.dev/workflowversions/status  .      .       .       .        .        .        .      p          .
batch/jobs                          .      .       .       glw      .        .        .      glwcpd     .
batch/jobs/status                   .      .       .       .        .        .        .      .          .
batch/cronjobs                      .      .       .       .        .        .        .      .          .
apps/deployments                    .      .       .       .        .        .        .      .          .
core/configmaps                     .      .       .       .        .        .        .      .          .
core/events                         .      .       .       glw      .        .        c      lc         .
core/pods                           .      .       .       glw      .        .        .      lw         .
core/pods/exec                      .      .       .       .        .        .        .      .          .
core/pods/ephemeralcontainers       .      .       .       .        .        .        .      .          .
core/pods/log                       .      .       .       glw      .        .        .      .          .
core/resourcequotas                 .      .       .       .        .        .        .      .          .
core/secrets                        .      .       .       .        .        .        .      .          .
core/serviceaccounts                .      .       .       .        .        .        .      .          .
core/serviceaccounts/token          .      .       .       .        .        .        .      .          .
coordination.k8s.io/leases          .      .       .       .        .        .        .      .          .
rbac.authorization.k8s.io/roles     .      .       .       .        .        .        .      .          .
rbac.authorization.k8s.io/rolebindings . . . . . . . . .
"""

# Our own verbs: resource, name, verb: who.
SPECIAL = {
    ("workflows", "", "run"): {"operator"},
    ("workflows", "", "use"): set(),
    ("workflows", "", "approve"): set(),
    ("runs", "", "approve"): {"approver"},
    ("runs", "", "run"): set(),
    ("effectclasses", "", "use"): set(),
    ("effectclasses", "mail", "use"): {"author"},
    ("effectclasses", "access", "use"): {"author"},
    ("effectclasses", "account", "use"): {"author"},
    ("effectclasses", "credential", "use"): set(),
    ("effectclasses", "destructive", "use"): {"use-destructive"},
    ("effectclasses", "extension", "use"): set(),
}

# Of the whole cluster: nobody anything, but the controller reads definitions.
CLUSTER = """
resource                                                    controller
core/namespaces                                             .
core/nodes                                                  .
core/persistentvolumes                                      .
apiextensions.k8s.io/customresourcedefinitions              g
admissionregistration.k8s.io/validatingadmissionpolicies    .
admissionregistration.k8s.io/validatingadmissionpolicybindings .
rbac.authorization.k8s.io/clusterroles                      .
rbac.authorization.k8s.io/clusterrolebindings               .
"""

# The controller serves every tenant alike; where no tenant is it only reads.
READING = "glw"


def rows(text):
    """Head and rows of a table."""
    lines = [line.split() for line in text.strip().splitlines()]
    head = lines[0]
    for line in lines[1:]:
        assert len(line) == len(head), f"a row with {len(line)} columns: {line}"
    return head[1:], {line[0]: dict(zip(head[1:], line[1:])) for line in lines[1:]}


def identities(own, operator):
    """Who stands for each column: each role's person is bound by the tenant's chart."""
    columns, _ = rows(TABLE)
    found = {column: person(f"{column}@{own}") for column in columns}
    found["runner"] = service_account(own, "tenure-runner")
    found["extension"] = service_account(own, "tenure-extension")
    found["controller"] = service_account(operator, "tenure")
    found["use-destructive"] = person(f"use-destructive@{own}")
    found["nobody"] = person("nobody")
    return found


def attributes(resource, verb, namespace=None):
    """What a SubjectAccessReview calls it."""
    group, _, rest = resource.partition("/")
    name, _, sub = rest.partition("/")
    asked = {"group": "" if group == "core" else group, "version": "*", "resource": name, "subresource": sub, "verb": verb}
    if namespace:
        asked["namespace"] = namespace
    return asked


def check(api, tenants, plain, operator):
    """Asks everything about the first tenant's people and programs; gives how many questions there were, and what was
    answered otherwise than written down. `plain` is a namespace that is no tenant."""
    own, others = tenants[0], [*tenants[1:], plain]
    _, table = rows(TABLE)
    _, cluster = rows(CLUSTER)
    asked, wrong = 0, []

    def ask(who, column, question, expected):
        nonlocal asked
        asked += 1
        if api.allowed(who, question) != expected:
            said = "refused" if expected else "allowed"
            wrong.append(f"{column}: {said}: " + " ".join(f"{key}={value}" for key, value in question.items() if value))

    for column, who in identities(own, operator).items():
        for resource, grants in table.items():
            letters = grants.get(column, ".")
            for place in [own, *others]:
                for letter, verb in VERBS.items():
                    serves = column == "controller" and (place in tenants or letter in READING)
                    here = letter in letters and (place == own or serves)
                    ask(who, column, attributes(resource, verb, place), here)
                for verb in NEVER:
                    ask(who, column, attributes(resource, verb, place), False)
        for (resource, name, verb), holders in SPECIAL.items():
            for place in [own, *others]:
                question = {**attributes(f"tenure.dev/{resource}", verb, place), "name": name}
                ask(who, column, question, place == own and column in holders)
        for resource, grants in cluster.items():
            for letter, verb in VERBS.items():
                ask(who, column, attributes(resource, verb), letter in grants.get(column, "."))
    for role, letters in {"view": "glw", "edit": "glw", "admin": "glw"}.items():
        for resource, grants in table.items():
            if resource.startswith("tenure.dev/"):
                for letter, verb in VERBS.items():
                    # Runs name who is off-boarded.
                    expected = letter in letters and letter in grants["reader"] and resource != "tenure.dev/runs"
                    ask(person(f"{role}@{own}"), f"Kubernetes' own {role}", attributes(resource, verb, own), expected)
    lease = attributes("coordination.k8s.io/leases", "", operator)
    for name, granted in {"tenure-controller": "gcu", "kube-scheduler": "c"}.items():
        for letter, verb in VERBS.items():
            question = {**lease, "verb": verb, "name": name}
            ask(identities(own, operator)["controller"], "controller", question, letter in granted)
    return asked, wrong
