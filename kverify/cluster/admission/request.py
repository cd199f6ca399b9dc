"""What a plugin is asked and what it answers."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from enum import Enum

from attrs import frozen

from kverify.api.object import KubeObject
from kverify.api.registry import AnyObject
from kverify.api.validation.report import Path
from kverify.api.versions import DEFAULT_VERSION
from kverify.cluster.admission.view import ClusterView
from kverify.cluster.objects import namespace_of
from kverify.manifest.diagnostics import Severity
from kverify.manifest.nodes import parse_path

FORBIDDEN = 403
INVALID = 422


class Operation(Enum):
    CREATE = "create"
    UPDATE = "update"


@frozen(kw_only=True)
class Because:
    """An object of the cluster that has part in an answer: its field, and what that says in a few words."""

    object: AnyObject
    path: str
    note: str


@frozen(kw_only=True)
class Problem:
    """Why a plugin refuses an object (ERROR, with the HTTP ``code`` of the answer), or what it warns of.

    ``path`` is the field of the object, ``because`` the objects that ask for something else.
    """

    plugin: str
    id: str
    message: str
    path: Path
    mend: str = ""
    code: int = FORBIDDEN
    severity: Severity = Severity.ERROR
    because: tuple[Because, ...] = ()

    @property
    def refuses(self) -> bool:
        return self.severity is Severity.ERROR


@frozen(kw_only=True)
class Missing:
    """Something the object needs and the input does not have, nor says that it is not there: assumed to exist."""

    kind: str
    namespace: str
    name: str


@frozen
class Request:
    """An object on its way into the cluster. ``old`` is what an update replaces."""

    object: AnyObject
    view: ClusterView
    operation: Operation = Operation.CREATE
    old: AnyObject | None = None
    version: str = DEFAULT_VERSION

    @property
    def namespace(self) -> str:
        return namespace_of(self.object)

    @property
    def creates(self) -> bool:
        return self.operation is Operation.CREATE


@frozen
class Admitted:
    """An object as it is stored, and what was said of it on the way.

    ``problems`` are in the order of the plugins; the first that refuses is what the API server answers, the others
    would come up after it is mended. ``assumed`` is what was taken to exist.
    """

    object: AnyObject
    problems: tuple[Problem, ...] = ()
    assumed: tuple[Missing, ...] = ()

    @property
    def refusals(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.refuses)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if not problem.refuses)

    @property
    def refused(self) -> Problem | None:
        """The answer of the API server when it does not take the object, else ``None``."""
        return next(iter(self.refusals), None)


def meant(name: str, others: Iterable[KubeObject]) -> str:
    """The mend for a name that nothing has: another name that resembles it, if there is one."""
    near = difflib.get_close_matches(name, [item.metadata.name for item in others], 1, 0.8)
    return f"did you mean {near[0]}?" if near else "create it, or name one that exists"


def inside(prefix: str, path: Path) -> Path:
    """``path`` of a pod (or claim) as a path of the object that holds its template at ``prefix``."""
    if not prefix:
        return path
    text = f"{prefix}{'' if path.text.startswith('[') else '.'}{path.text}" if path.text else prefix
    return Path((*parse_path(prefix), *path.parts), text)
