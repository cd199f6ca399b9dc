"""The Pod Security labels of a namespace: which level is enforced, audited and warned of, as of which version.

Source: ``k8s.io/pod-security-admission/api``, ``PolicyToEvaluate``. Without labels everything is privileged, at the
version of the server (the defaults of the admission plugin's configuration).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from attrs import evolve, frozen

PREFIX = "pod-security.kubernetes.io/"
LEVELS = ("privileged", "baseline", "restricted")
"""From the freest to the strictest."""

MODES = ("enforce", "audit", "warn")
_VERSION = re.compile(r"v1\.(0|[1-9][0-9]*)")


@frozen
class Policy:
    """A level and the minor version it is read at; ``None`` is ``latest``."""

    level: str = "privileged"
    minor: int | None = None

    def __str__(self) -> str:
        return f"{self.level}:{'latest' if self.minor is None else f'v1.{self.minor}'}"


@frozen(kw_only=True)
class Policies:
    enforce: Policy = Policy()
    audit: Policy = Policy()
    warn: Policy = Policy()


@frozen
class BadLabel:
    """A label whose value is no level or no version."""

    key: str
    value: str
    choices: str


def policies_of(labels: Mapping[str, str]) -> tuple[Policies, tuple[BadLabel, ...]]:
    """The policies that ``labels`` ask for, and what is wrong with them.

    A wrong level counts as restricted where it is enforced and as privileged elsewhere, a wrong version as latest.
    Who enforces a level and does not say what to warn of is warned of the same.
    """
    found: dict[str, Policy] = {}
    bad: list[BadLabel] = []
    for mode in MODES:
        key = PREFIX + mode
        policy = Policy()
        level = labels.get(key)
        if level in LEVELS:
            policy = Policy(level)
        elif level is not None:
            policy = Policy("restricted" if mode == "enforce" else "privileged")
            bad.append(BadLabel(key, level, ", ".join(LEVELS)))
        version = labels.get(f"{key}-version")
        if version not in (None, "latest"):
            assert version is not None
            match = _VERSION.fullmatch(version)
            policy = evolve(policy, minor=int(match[1]) if match else None)
            if match is None:
                bad.append(BadLabel(f"{key}-version", version, "latest, v1.0, v1.1, ..."))
        found[mode] = policy
    enforce, warn = found["enforce"], found["warn"]
    if PREFIX + "warn" not in labels and labels.get(PREFIX + "enforce") in LEVELS and enforce.level != "privileged":
        minor = warn.minor if PREFIX + "warn-version" in labels else enforce.minor
        found["warn"] = Policy(enforce.level, minor)
    return Policies(**found), tuple(bad)
