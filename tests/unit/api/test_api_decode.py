"""Decoding: what is reported, at which path and at which place."""

from __future__ import annotations

import json
import pickle

import pytest

from kverify.api import OtherObject, Source, decode, decode_all, structure
from kverify.api.base import FrozenMap
from kverify.api.codes import ALL
from kverify.api.types.config import ConfigMap
from kverify.api.types.pod import Pod
from kverify.manifest import Severity, Span, read_text
from tests.unit.api.api_cases import DEPLOYMENT, POD, accepted, decode_text, deployment, error, errors, paths, pod


def test_spans_lead_from_an_object_to_its_fields() -> None:
    web = deployment()
    image = web.source.span("spec.template.spec.containers[0].image")
    assert (image.file, image.line, image.column) == ("web.yaml", 14, 16)
    assert web.source.span(("metadata", "name")).line == 4
    # a field that is not written leads to the deepest one that is
    assert web.source.span("spec.template.spec.affinity.nodeAffinity").line == 12
    assert web.source.file == "web.yaml"


def test_generated_objects_have_a_place_too() -> None:
    assert Source().span("spec.replicas") == Span("<generated>", 1, 1, 1, 1)


def test_sources_do_not_take_part_in_equality() -> None:
    assert pod() == pod("\n" + POD)
    assert hash(pod()) == hash(pod("\n" + POD))


def test_objects_are_immutable_and_picklable() -> None:
    web = deployment()
    labels = web.spec.template.metadata.labels
    assert isinstance(labels, FrozenMap)
    with pytest.raises(TypeError, match="immutable"):
        labels["app"] = "other"
    assert pickle.loads(pickle.dumps(web)) == web


@pytest.mark.parametrize(
    ("written", "mend"),
    [
        ("replica: 2", "did you mean replicas?"),
        ("Replicas: 2", "did you mean replicas?"),
        ("min_ready_seconds: 2", "did you mean minReadySeconds?"),
        ("containers: []", ""),
        ("maxSurge: 1", ""),
        ("rollingUpdate: {}", "rollingUpdate belongs under strategy"),
    ],
)
def test_unknown_fields_say_what_was_probably_meant(written: str, mend: str) -> None:
    found = error(DEPLOYMENT.replace("spec:\n  sel", f"spec:\n  {written}\n  sel"))
    key = written.partition(":")[0]
    assert (found.id, found.path, found.mend) == ("KV1109", f"spec.{key}", mend)
    assert (found.span.line, found.span.column, found.span.end_column) == (6, 3, 3 + len(key))


@pytest.mark.parametrize(
    ("api_version", "kind", "spec", "mends"),
    [
        (
            "networking.k8s.io/v1",
            "Ingress",
            "{defaultBackend: {serviceName: web, servicePort: 80}}",
            [
                "write service: {name: …, port: {number: …}}",
                "write it under service, as port: {number: …} or port: {name: …}",
            ],
        ),
        (
            "autoscaling/v2",
            "HorizontalPodAutoscaler",
            "{metrics: [{resource: {targetAverageUtilization: 80}}]}",
            ["write target: {type: Utilization, averageUtilization: …}"],
        ),
    ],
)
def test_fields_of_versions_before_say_how_they_are_written_now(
    api_version: str, kind: str, spec: str, mends: list[str]
) -> None:
    found = errors(f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: a}}\nspec: {spec}\n")
    assert [item.mend for item in found if item.id == "KV1109"] == mends


@pytest.mark.parametrize(
    ("written", "mend"),
    [
        ("always", "did you mean Always?"),
        ("IfNotPresnt", "did you mean IfNotPresent?"),
        ("Sometimes", "choose one of Always, IfNotPresent, Never"),
    ],
)
def test_unknown_values_say_what_was_probably_meant(written: str, mend: str) -> None:
    found = error(POD + f"    imagePullPolicy: {written}\n")
    assert (found.id, found.mend) == ("KV1203", mend)


def test_an_unknown_field_explains_the_missing_one() -> None:
    """``contaners`` is one problem, not two."""
    found = error(POD.replace("containers", "contaners"))
    assert (found.path, found.mend) == ("spec.contaners", "did you mean containers?")


def test_all_problems_are_reported_in_the_order_of_the_text() -> None:
    text = POD.replace("name: c", "name: 1") + "    replicas: 1\n    stdin: 'true'\n  priority: 1.5\n"
    found = errors(text)
    assert [item.path for item in found] == [
        "spec.containers[0].name",
        "spec.containers[0].replicas",
        "spec.containers[0].stdin",
        "spec.priority",
    ]
    assert [item.span.line for item in found] == [7, 9, 10, 11]
    assert {item.object for item in found} == {"Pod default/web"}


@pytest.mark.parametrize(
    ("value", "id", "message"),
    [
        ("yes", "KV1102", "yes is a boolean in YAML 1.1, and a text belongs here."),
        ("true", "KV1102", "true is a boolean, and a text belongs here."),
        ("8080", "KV1102", "8080 is a number, and a text belongs here."),
        ("[a]", "KV1104", "A list is here, and a text belongs here."),
        ("{a: b}", "KV1104", "A mapping is here, and a text belongs here."),
    ],
)
def test_text_is_text(value: str, id: str, message: str) -> None:
    found = error(POD + f"    env:\n    - name: A\n      value: {value}\n")
    assert (found.id, found.path, found.message) == (id, "spec.containers[0].env[0].value", message)
    assert (found.span.line, found.span.column) == (11, 14)
    assert found.mend == (f'quote it: "{value}"' if id == "KV1102" else "")


@pytest.mark.parametrize(
    ("value", "id"),
    [("'3'", "KV1103"), ("three", "KV1103"), ("1.5", "KV1103"), ("true", "KV1103"), ("2147483648", "KV1105")],
)
def test_numbers_are_numbers(value: str, id: str) -> None:
    found = error(DEPLOYMENT.replace("spec:\n  sel", f"spec:\n  replicas: {value}\n  sel"))
    assert (found.id, found.path) == (id, "spec.replicas")


def test_whole_floats_reach_the_server_as_integers() -> None:
    assert deployment(DEPLOYMENT.replace("spec:\n  sel", "spec:\n  replicas: 3.0\n  sel")).spec.replicas == 3


def test_null_is_absent() -> None:
    assert deployment(DEPLOYMENT.replace("spec:\n  sel", "spec:\n  replicas: null\n  sel")).spec.replicas == 1
    found = accepted("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: null}\n")
    assert isinstance(found, ConfigMap)
    assert found.data == {"a": ""}


def test_lists_and_maps_are_not_confused() -> None:
    found = error(POD.replace("  - name: c\n    image", "    name: c\n    image"))
    assert (found.id, found.path, found.mend) == ("KV1104", "spec.containers", "begin each item with a dash")
    found = error(POD.replace("metadata:\n  name: web", "metadata:\n  name: web\n  labels: [app]"))
    assert (found.id, found.path) == ("KV1104", "metadata.labels")


def test_a_bad_quantity_says_what_was_meant() -> None:
    found = error(POD + "    resources: {requests: {memory: 64MB}}\n")
    assert (found.id, found.path) == ("KV1107", "spec.containers[0].resources.requests.memory")
    assert found.mend == "write 64 with M or Mi"


def test_quantities_may_be_numbers() -> None:
    requests = pod(POD + "    resources: {requests: {cpu: 0.5, memory: 1e3}}\n").spec.containers[0].resources.requests
    assert (requests["cpu"].milli_value(), requests["memory"].value()) == (500, 1000)


@pytest.mark.parametrize(
    ("text", "id", "path"),
    [
        ("kind: Pod\nmetadata: {name: a}\n", "KV1108", "apiVersion"),
        ("apiVersion: v1\nmetadata: {name: a}\n", "KV1108", "kind"),
        ("apiVersion: v1\nkind: ConfigMap\n", "KV1108", "metadata.name"),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: a-}\n", "KV1108", "metadata.name"),
        ("apiVersion: example.org/v1\nkind: Thing\n", "KV1108", "metadata.name"),
        ("[1, 2]\n", "KV1101", ""),
        ("apiVersion: policy/v1beta1\nkind: PodSecurityPolicy\nmetadata: {name: a}\n", "KV1301", "apiVersion"),
        ("apiVersion: apps/v1\nkind: Deploymentt\nmetadata: {name: a}\n", "KV1302", "kind"),
        ("apiVersion: v1\nkind: Deployment\nmetadata: {name: a}\n", "KV1302", "apiVersion"),
        ("apiVersion: apps/v1beta1\nkind: DaemonSet\nmetadata: {name: a}\n", "KV1302", "apiVersion"),
        ("apiVersion: extensions/v1beta1\nkind: Job\nmetadata: {name: a}\n", "KV1302", "apiVersion"),
    ],
)
def test_objects_that_name_nothing(text: str, id: str, path: str) -> None:
    found = error(text)
    assert (found.id, found.path) == (id, path)


def test_wrong_versions_are_mended() -> None:
    assert (
        error("apiVersion: v1\nkind: Deployment\nmetadata: {name: a}\n").mend == "did you mean Deployment of apps/v1?"
    )
    assert error("apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: a}\n").mend == "use policy/v1"


def test_other_kinds_are_kept() -> None:
    found = accepted(
        "apiVersion: cert-manager.io/v1\nkind: Issuer\nmetadata: {name: a, namespace: b}\nspec: {acme: [1]}\n"
    )
    assert isinstance(found, OtherObject)
    assert (found.kind, found.metadata.name, found.content["spec"]) == ("Issuer", "a", {"acme": (1,)})
    assert found.source.span("spec.acme").line == 4
    found = accepted("apiVersion: resource.k8s.io/v1\nkind: ResourceClaim\nmetadata: {name: a}\n")
    assert (found.kind, found.metadata.namespace) == ("ResourceClaim", "default")
    found = accepted("apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: a}\n")
    assert found.metadata.namespace is None


def test_tool_configuration_is_no_object_and_no_error() -> None:
    decoded = decode_text("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\n")
    assert decoded.object is None
    assert [(item.id, item.severity) for item in decoded.diagnostics] == [("KV1110", Severity.INFO)]


@pytest.mark.parametrize(
    ("file", "text", "ids"),
    [
        ("shop/Chart.yaml", "apiVersion: v2\nname: shop\n", ["KV1110"]),
        ("shop/values.yaml", "replicas: 1\n", ["KV1110"]),
        ("shop/values.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n", []),
        ("shop/pod.yaml", "replicas: 1\n", ["KV1108", "KV1108"]),
    ],
)
def test_the_files_of_a_chart_are_no_objects_and_no_errors(file: str, text: str, ids: list[str]) -> None:
    (document,) = read_text(text, file).documents
    assert [item.id for item in decode(document).diagnostics] == ids


def test_lists_become_their_items() -> None:
    item = json.dumps({"metadata": {"name": "a"}, "spec": {"containers": [{"name": "c", "image": "i", "tty": 1}]}})
    good = json.dumps({"metadata": {"name": "b"}, "spec": {"containers": [{"name": "c", "image": "i"}]}})
    named = '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}}'
    pods = f'{{"apiVersion": "v1", "kind": "PodList", "items": [{item}, {good}]}}'
    text = f'{{"apiVersion": "v1", "kind": "List", "items": [{named}, {pods}]}}'
    decoded = decode_all(read_text(text, "all.json").documents)
    assert [(found.kind, found.metadata.name) for found in decoded.objects] == [("ConfigMap", "m"), ("Pod", "b")]
    (problem,) = decoded.diagnostics
    assert (problem.path, problem.object) == ("spec.containers[0].tty", "Pod default/a")
    last = decoded.objects[1]
    assert isinstance(last, Pod)
    span = last.source.span("spec.containers[0].image")
    assert text.splitlines()[span.line - 1][span.column - 1 : span.end_column - 1] == '"i"'


def test_lists_of_custom_kinds_become_their_items() -> None:
    text = "apiVersion: e.io/v1\nkind: GateList\nitems:\n- metadata: {name: a}\n- {kind: Gate, metadata: {name: b}}\n"
    decoded = decode_all(read_text(text, "a.yaml").documents)
    found = [(item.api_version, item.kind, item.metadata.name) for item in decoded.objects]
    assert (found, decoded.diagnostics) == ([("e.io/v1", "Gate", "a"), ("e.io/v1", "Gate", "b")], ())
    assert str(decoded.objects[1].source.span("metadata.name")) == "a.yaml:5:33"


def test_events_are_skipped_and_counted() -> None:
    event = "apiVersion: {}\nkind: Event\nmetadata: {{name: e}}\n"
    both = event.format("v1") + "---\n" + event.format("events.k8s.io/v1")
    decoded = decode_all(read_text(f"{POD}---\n{both}", "a.yaml").documents)
    assert [item.kind for item in decoded.objects] == ["Pod"]
    assert [(item.id, item.severity) for item in decoded.diagnostics] == [("KV1111", Severity.INFO)]
    assert "2 Events" in decoded.diagnostics[0].message
    alone = decode_text(event.format("v1"))
    assert (alone.object, [item.id for item in alone.diagnostics]) == (None, ["KV1111"])


def test_a_list_is_not_one_object() -> None:
    found = error("apiVersion: v1\nkind: List\nitems: []\n")
    assert found.id == "KV1101"


def test_an_empty_or_broken_list() -> None:
    assert decode_all(read_text("apiVersion: v1\nkind: List\nitems: []\n", "a").documents).objects == ()
    decoded = decode_all(read_text("apiVersion: v1\nkind: List\nitems: {a: b}\n", "a").documents)
    assert [item.id for item in decoded.diagnostics] == ["KV1104"]


def test_fields_of_other_versions() -> None:
    text = POD + "  hostnameOverride: other\n"
    assert errors(text, "1.36") == []
    found = error(text, "1.33")
    assert (found.id, found.path) == ("KV1303", "spec.hostnameOverride")
    decoded = decode_text(text, "1.34")
    assert [item.id for item in decoded.diagnostics] == ["KV1304"]
    assert isinstance(decoded.object, Pod)
    assert decoded.object.spec.hostname_override is None


def test_unknown_versions_are_refused() -> None:
    with pytest.raises(ValueError, match=r"choose one of 1\.32"):
        decode_text(POD, "1.9")


def test_structure_leaves_the_object_as_written() -> None:
    found = structure(read_text(DEPLOYMENT, "a").documents[0]).object
    assert found is not None
    assert found != deployment()
    assert found.metadata.namespace is None


def test_every_id_is_in_the_table() -> None:
    """Taken from the sources, so that a new id cannot be forgotten."""
    import re
    from pathlib import Path

    import kverify.api.codes

    folder = Path(kverify.api.codes.__file__).parent
    used = {
        id
        for file in folder.rglob("*.py")
        if file.name != "codes.py"
        for id in re.findall(r'"(KV1\d\d\d)"', file.read_text("utf-8"))
    }
    assert used == {code.id for code in ALL}


def test_paths_of_nested_maps() -> None:
    assert paths(POD.replace("name: web", "name: web\n  labels: {a.b/c: 1}")) == ["metadata.labels[a.b/c]"]
