"""``kverify.toml``, or ``[tool.kverify]`` in ``pyproject.toml``: what is true of a repository and not in its manifests.

Keys are named as the options of ``kverify check`` are. What is given on the command line overrules the file.

    paths = ["deploy"]               # what is checked when no MANIFEST is named
    cluster = ["cluster/nodes.yaml"]
    specs = ["policies"]             # files or directories of specifications
    references = "closed"            # "open" (the default) or "closed"

    [parameters]
    headroom = "2"                   # values for parameters of specifications, as they would be written there

    [severity]
    KV4005 = "error"                 # by id: error, warning or info

    [[external]]
    kind = "Secret"
    namespace = "shop"               # a glob; every namespace when left out
    name = "tls-*"                   # a glob; every name when left out
    reason = "written by cert-manager"

    [[suppress]]
    id = "KV4005"
    kind = "Service"                 # one kind; every kind when left out
    namespace = "shop"               # globs, as above
    name = "batch-*"
    reason = "nobody calls it during the day"
    expires = 2027-06-30             # the last day on which it counts; never when left out

Paths are relative to the file. docs/configuration.md has all keys.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from attrs import field, frozen

from kverify.cli.configuration.places import Places
from kverify.cluster.references.existence import Boundary
from kverify.cluster.suppressions import Suppression
from kverify.manifest.diagnostics import Severity


class ConfigurationError(ValueError):
    """The configuration cannot be used. Every line of the message is one problem, with its place and the mend."""


@frozen(kw_only=True)
class Configuration:
    """What a configuration says; what it leaves out is empty or None.

    ``paths``, ``cluster``, ``previous``, ``specs`` and ``baseline`` can be opened from where kverify runs.
    ``parameters`` are texts in the property language. ``places`` finds keys: ``places.span(("severity", id))``.
    """

    file: str = ""
    paths: tuple[str, ...] = ()
    cluster: tuple[str, ...] = ()
    previous: tuple[str, ...] = ()
    specs: tuple[str, ...] = ()
    kubernetes_version: str | None = None
    properties: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    fail_on: Severity | None = None
    max_states: int | None = None
    max_memory: int | None = None
    baseline: str | None = None
    boundary: Boundary = Boundary()  # noqa: RUF009 - frozen, so all instances may share it
    parameters: Mapping[str, str] = field(factory=dict)
    severities: Mapping[str, Severity] = field(factory=dict)
    suppressions: tuple[Suppression, ...] = ()
    places: Places = field(factory=lambda: Places(""), eq=False, repr=False)


def find(start: Path) -> Path | None:
    """The configuration that counts in the directory ``start``: the nearest one above, or none.

    In a directory ``kverify.toml`` comes before ``pyproject.toml``, and the latter counts only if it has a table
    ``[tool.kverify]``. The search ends at the top of the repository (where ``.git`` is).
    """
    from kverify.cli.configuration.reading import concerns

    start = start.absolute()
    # By ``os.path``: the methods of paths raise where nobody may look.
    for folder in (start, *start.parents):
        for name in ("kverify.toml", "pyproject.toml"):
            file = folder / name
            # A link to nothing, or a directory, was meant to be one: without it everything would be asked differently.
            lost = name == "kverify.toml" and (os.path.islink(file) or os.path.isdir(file))  # noqa: PTH112, PTH114
            if lost or (os.path.isfile(file) and (name == "kverify.toml" or concerns(file))):  # noqa: PTH113
                # As a person in ``start`` would call it, so that reports name files as on the command line.
                steps = len(start.parts) - len(folder.parts)
                return Path(*[".."] * steps, name)
        if os.path.exists(folder / ".git"):  # noqa: PTH110
            break
    return None


def read(path: Path | None) -> Configuration:
    """What the configuration in the file ``path`` says; without a path, the empty one.

    Raises ``ConfigurationError`` with all that is wrong with it.
    """
    if path is None:
        return Configuration()
    from kverify.cli.configuration.reading import read as read_file

    return read_file(path)
