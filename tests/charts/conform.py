"""What the charts render, and the manifests of the examples, against the schemas that this API server publishes: kubeconform
finds what `helm lint` does not, such as a field that Kubernetes does not know."""

import json
import pathlib
import subprocess
import tempfile

# Of the Prometheus operator, which is not installed here.
ELSEWHERE = "PodMonitor,PrometheusRule,ServiceMonitor"
REFERENCE = "#/definitions/"
# Of a type that the published schema simplifies.
EITHER = {"type": ["string", "number"]}
QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
MANIFESTS = ["examples/quickstart", "examples/adventure-works", "examples/gitops/tenant"]
ALL_OPTIONS = {
    "tenure-crds": [],
    "tenure": [
        "metrics.serviceMonitor.enabled=true", "metrics.prometheusRule.enabled=true", "metrics.dashboard.enabled=true",
        "watchNamespaces={acme}", "imagePullSecrets={registry}", "image.digest=sha256:" + 64 * "0", "priorityClassName=high",
    ],  # fmt: skip
    "tenure-tenant": ["quota.enabled=false", "schedule.interval=3h", "schedule.directory=people"],
}
# Each is no manifest of this Kubernetes.
PLANTED = [
    {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": {"containers": [{"name": "x", "imagePullPolcy": "Always"}]}},
    {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, "spec": {"replicas": "two"}},
    {"apiVersion": "tenure.dev/v1alpha1", "kind": "Workflow", "metadata": {"name": "x"}, "spec": {"category": "joyner", "tasks": []}},
    {"apiVersion": "policy/v1beta1", "kind": "PodDisruptionBudget", "metadata": {"name": "x"}},
]


def strict(schema):
    """The schema as kubeconform needs it: what it does not name is not allowed."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("format") == "int-or-string" or schema.get("x-kubernetes-int-or-string"):
        return EITHER
    found = {key: strict(value) for key, value in schema.items() if key != "properties" and not key.startswith("x-kubernetes-")}
    if "properties" in schema:
        found["properties"] = {name: strict(each) for name, each in schema["properties"].items()}
        if "additionalProperties" not in schema and not schema.get("x-kubernetes-preserve-unknown-fields"):
            found["additionalProperties"] = False
    return found


def reach(definitions, name, found):
    """The definition and all that it refers to."""
    if name in found:
        return
    found[name] = EITHER if name == QUANTITY else strict(definitions[name])
    text = json.dumps(definitions[name])
    for part in text.split(f'"$ref": "{REFERENCE}')[1:]:
        reach(definitions, part.split('"')[0], found)


def write_schemas(api, folder):
    """A file for each kind."""
    definitions = api.must(api.call("GET", "/openapi/v2"))["definitions"]
    for name, definition in definitions.items():
        for kind in definition.get("x-kubernetes-group-version-kind", []):
            found = {}
            reach(definitions, name, found)
            group = kind["group"] or kind["version"]
            schema = {"$ref": f"{REFERENCE}{name}", "definitions": found}
            (folder / f"{group}_{kind['kind'].lower()}_{kind['version']}.json").write_text(json.dumps(schema))


def check(api, helm, kubeconform, root):
    """How many manifests there were, and what is wrong with them."""
    count, wrong = 0, []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write_schemas(api, folder)
        location = f"{folder}/{{{{.Group}}}}_{{{{.ResourceKind}}}}_{{{{.ResourceAPIVersion}}}}.json"

        def ask(text, *files):
            command = [kubeconform, "-strict", "-summary", "-output", "json", "-skip", ELSEWHERE, "-schema-location", location, *files]
            answer = subprocess.run(command, input=text, capture_output=True, text=True, cwd=root)
            told = json.loads(answer.stdout)
            assert (answer.returncode != 0) == bool(told["resources"]), answer.stderr
            return sum(told["summary"].values()), [f"{each['kind']} {each['name']}: {each['msg']}" for each in told["resources"]]

        for chart, options in ALL_OPTIONS.items():
            for given in [[], options]:
                told = [word for option in given for word in ("--set", option)]
                number, found = ask(helm("template", "tenure", f"charts/{chart}", "--namespace", "tenure-system", *told))
                count += number
                wrong += [f"{chart} {' '.join(given)}: {each}" for each in found]
        for manifests in MANIFESTS:
            files = [str(path) for path in sorted((root / manifests).rglob("*.yaml")) if "kustomization" not in path.name]
            number, found = ask(None, *files)
            count += number
            wrong += [f"{manifests}: {each}" for each in found]
        for planted in PLANTED:
            if not ask(json.dumps(planted))[1]:
                wrong.append(f"kubeconform finds nothing wrong with {json.dumps(planted)}")
    return count, wrong
