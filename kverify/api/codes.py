"""Every diagnostic of this layer: KV11xx decoding, KV12xx validation, KV13xx versions and admission."""

from __future__ import annotations

from kverify.manifest.codes import Code
from kverify.manifest.diagnostics import Severity

_DECODING = {
    "KV1101": "A document is not one Kubernetes object: it is no mapping, or a list where one object is needed.",
    "KV1102": "A number or boolean stands where a text belongs; quotes are missing.",
    "KV1103": "A text or another type stands where a number or boolean belongs.",
    "KV1104": "A mapping, list or single value stands where one of the others belongs.",
    "KV1105": "A number does not fit into the integer type of its field.",
    "KV1106": "A text is not a time.",
    "KV1107": "A text is not a resource quantity.",
    "KV1108": "apiVersion, kind or metadata.name is missing.",
    "KV1109": "A field does not exist.",
}
_VALIDATION = {
    "KV1201": "A required field is missing.",
    "KV1202": "A value is malformed, or contradicts another one.",
    "KV1203": "A value is not one of those its field can have.",
    "KV1204": "A name, port or path is used twice.",
    "KV1205": "A field may not be given here.",
    "KV1206": "A name refers to something the object does not contain.",
    "KV1207": "A number is outside its range.",
    "KV1210": "A name is not a valid object name.",
    "KV1211": "A label, annotation or key is malformed.",
    "KV1212": "A selector is unusable, or does not match the pod template.",
    "KV1213": "Resource requests and limits are wrong or contradict each other.",
    "KV1214": "A rollout strategy could never make progress, or is malformed.",
    "KV1215": "A probe has a number that its kind cannot have.",
    "KV1216": "A toleration contradicts itself.",
    "KV1217": "An update changes a field that cannot be changed.",
    "KV1230": "A CEL expression does not compile, has the wrong type, or could cost too much.",
    "KV1231": "The schema of a CustomResourceDefinition is not one that the API server accepts.",
    "KV1232": "A custom resource does not fit the schema of its definition.",
    "KV1233": "A custom resource breaks a rule (x-kubernetes-validations) of its definition.",
}
_ADMISSION = {
    "KV1301": "An API version is no longer served.",
    "KV1302": "A kind does not exist in its API group.",
    "KV1303": "A field does not exist in the targeted Kubernetes version.",
    "KV1320": "What is applied cannot be merged into the stored object.",
    "KV1321": "A field that a server-side apply would change belongs to another manager.",
}
_WARNINGS = {
    "KV1250": "Accepted, and probably not what was meant.",
    "KV1251": "A quantity is so large that the API server stores another one.",
    "KV1304": "A field is dropped, because its feature gate is off by default.",
    "KV1305": "A field of a removed API version is not in the one that came after, or means something else there.",
    "KV1306": "A version of a custom kind is deprecated.",
}
_INFOS = {
    "KV1110": "A file configures a tool; it is not an object of the cluster.",
    "KV1111": "Events are skipped; nothing depends on them.",
}

ALL = tuple(
    Code(id, severity, title)
    for table, severity in (
        (_DECODING, Severity.ERROR),
        (_VALIDATION, Severity.ERROR),
        (_ADMISSION, Severity.ERROR),
        (_WARNINGS, Severity.WARNING),
        (_INFOS, Severity.INFO),
    )
    for id, title in table.items()
)
