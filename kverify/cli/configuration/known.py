"""Names in a configuration that are known only once the specifications are read."""

from __future__ import annotations

from collections.abc import Iterator

from kverify.checks.specs import Specs
from kverify.checks.suppress import refusal
from kverify.cli.configuration import Configuration
from kverify.report.source import escape
from kverify.spec.language.problems import meant


def unknown(configuration: Configuration, specs: Specs | None) -> Iterator[str]:
    """A sentence, with its place, for each name of what does not exist, or cannot be overruled."""
    if configuration.severities or configuration.suppressions:
        refused = refusal(specs, suppress=False)
        for id in configuration.severities:
            reason = refused(id)
            if reason:
                yield f"{configuration.place('severity', id)}: severity of {escape(id)}: {reason}"
        refused = refusal(specs, suppress=True)
        for number, rule in enumerate(configuration.suppressions):
            reason = refused(rule.id)
            if reason:
                place = configuration.place("suppress", number, "id")
                yield f"{place}: {escape(rule.id)} cannot be suppressed: {reason}"
    if not (configuration.properties or configuration.scenarios):
        return
    from kverify.checks.registry import property_names, scenario_names

    for key, names, known in (
        ("properties", configuration.properties, property_names(specs)),
        ("scenarios", configuration.scenarios, scenario_names(specs)),
    ):
        for number, name in enumerate(names):
            if name not in known:
                mend = meant(name, known, f"there are {', '.join(known)}")
                yield f"{configuration.place(key, number)}: {key} has no {escape(name)}; {mend}"
