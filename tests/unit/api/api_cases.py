"""Shared by the tests of this folder: short ways from text to objects."""

from __future__ import annotations

from kverify.api import AnyObject, Decoded, decode
from kverify.api.types.apps import Deployment
from kverify.api.types.pod import Pod
from kverify.manifest import Diagnostic, Severity, read_text

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: c
        image: nginx:1.27
"""

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
  - name: c
    image: nginx:1.27
"""


def decode_text(text: str, version: str = "1.36") -> Decoded:
    """One document through reader and decoder; the reader itself must have nothing to say."""
    read = read_text(text, "web.yaml")
    assert not read.diagnostics
    assert len(read.documents) == 1
    return decode(read.documents[0], version)


def accepted(text: str, version: str = "1.36") -> AnyObject:
    decoded = decode_text(text, version)
    assert decoded.object is not None, decoded.diagnostics
    return decoded.object


def deployment(text: str = DEPLOYMENT) -> Deployment:
    found = accepted(text)
    assert isinstance(found, Deployment)
    return found


def pod(text: str = POD) -> Pod:
    found = accepted(text)
    assert isinstance(found, Pod)
    return found


def errors(text: str, version: str = "1.36") -> list[Diagnostic]:
    decoded = decode_text(text, version)
    found = [item for item in decoded.diagnostics if item.severity is Severity.ERROR]
    assert decoded.accepted == (not found)
    return found


def error(text: str, version: str = "1.36") -> Diagnostic:
    """The one and only error."""
    found = errors(text, version)
    assert len(found) == 1, found
    return found[0]


def paths(text: str, version: str = "1.36") -> list[str]:
    return [item.path for item in errors(text, version)]


def in_spec(extra: str, text: str = POD) -> str:
    """``extra`` as fields of the pod spec."""
    return text + "".join(f"  {line}\n" for line in extra.splitlines())


def in_container(extra: str, text: str = POD) -> str:
    """``extra`` as fields of the pod's container."""
    return text + "".join(f"    {line}\n" for line in extra.splitlines())


def short_paths(text: str, prefix: str, version: str = "1.36") -> list[str]:
    """The paths of all errors, sorted, without ``prefix`` where they begin with it."""
    return sorted(path.removeprefix(prefix) for path in paths(text, version))


def warnings(text: str, version: str = "1.36") -> list[str]:
    """The paths of all warnings, of an object that is accepted."""
    decoded = decode_text(text, version)
    assert decoded.object is not None, decoded.diagnostics
    return [item.path for item in decoded.diagnostics if item.severity is Severity.WARNING]
