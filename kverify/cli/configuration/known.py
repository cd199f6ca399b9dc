"""Names in a configuration that are known only once the specifications are read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kverify.cli.configuration import Configuration
from kverify.cli.configuration.places import KeyPath
from kverify.report.source import escape

if TYPE_CHECKING:
    from kverify.checks.declared.specs import Specs


def unknown(configuration: Configuration, specs: Specs | None) -> Iterator[str]:
    """A sentence, with its place, for each name of what does not exist, or cannot be overruled."""
    found = [(configuration.places.span(path), message) for path, message in _unknown(configuration, specs)]
    yield from (f"{span}: {message}" for span, message in sorted(found))


def _unknown(configuration: Configuration, specs: Specs | None) -> Iterator[tuple[KeyPath, str]]:
    if configuration.severities or configuration.suppressions:
        from kverify.checks.runs.suppress import refusal

        refused = refusal(specs, suppress=False)
        for id in configuration.severities:
            if reason := refused(id):
                yield ("severity", id), f"severity of {escape(id)}: {reason}"
        refused = refusal(specs, suppress=True)
        for number, rule in enumerate(configuration.suppressions):
            if reason := refused(rule.id):
                yield ("suppress", number, "id"), f"{escape(rule.id)} cannot be suppressed: {reason}"
    if not (configuration.properties or configuration.scenarios):
        return
    from kverify.checks.runs.registry import property_names, scenario_names
    from kverify.spec.language.problems import meant

    for key, names, known in (
        ("properties", configuration.properties, property_names(specs)),
        ("scenarios", configuration.scenarios, scenario_names(specs)),
    ):
        for number, name in enumerate(names):
            if name not in known:
                mend = meant(name, known, f"there are {', '.join(known)}")
                yield (key, number), f"{key} has no {escape(name)}; {mend}"
