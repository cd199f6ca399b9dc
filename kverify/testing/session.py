"""What a pytest session knows of kverify: its configuration, and the suites that were read already."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from attrs import evolve, field, frozen

from kverify.checks.declared.specs import Specs
from kverify.checks.finding import Report
from kverify.cli.configuration import Configuration, ConfigurationError, find, read
from kverify.manifest.diagnostics import Severity
from kverify.spec.python import Asked, specification
from kverify.testing.suite import Suite, SuiteError
from kverify.testing.verified import ANYTHING, Paths, only, paths_of, require

_Key: TypeAlias = "tuple[tuple[str, ...], ...]"

_ARGUMENTS = ("property", "object", "manifests", "cluster", "previous", "scenario")


@frozen(eq=False)
class Kverify:
    """The fixture ``kverify``: manifests checked as pytest's configuration and ``kverify.toml`` say.

    Everything is read once in a process, and every question answered once.
    """

    configuration: Configuration = field(repr=lambda c: repr(c.file or "no file"))
    _suites: dict[_Key, Suite] = field(factory=dict, init=False, repr=False)
    _reports: dict[_Key, Report] = field(factory=dict, init=False, repr=False)

    @classmethod
    def of(cls, config: pytest.Config) -> Kverify:
        """The one of this process. Ends pytest with a usage error for a configuration that cannot be used."""
        if _KNOWN not in config.stash:
            config.stash[_KNOWN] = cls(_configuration(config))
        return config.stash[_KNOWN]

    def check(
        self,
        *manifests: str | os.PathLike[str],
        properties: Sequence[str | Asked] = (),
        scenario: str | None = None,
        cluster: Paths | None = None,
        previous: Paths | None = None,
    ) -> Report:
        """The report on these manifests (without any, on those that are configured).

        ``properties`` are names, of one's own as well, or objects of ``kverify.spec.python``, beside which names are
        those of built-in properties: one's own texts are then not asked. What is left out is as configured. Raises
        ``SuiteError`` for what cannot be used, ``SpecError`` for properties with mistakes.
        """
        own = [one for one in properties if isinstance(one, Asked)]
        names = tuple(one for one in properties if isinstance(one, str))
        configuration = self._with(manifests, names, scenario, cluster, previous)
        if own:
            extra = Specs(checked=specification(own, (), scenario or ""))
            asked = (*names, *(d.name for d in extra.checked.library.asked()))
            return Suite.of(evolve(configuration, properties=asked), extra=extra).run()
        key = _key(configuration)
        if key not in self._reports:
            self._reports[key] = self.suite(configuration).run()
        return self._reports[key]

    def assert_verified(
        self,
        *manifests: str | os.PathLike[str],
        properties: Sequence[str | Asked] = (),
        object: str = ANYTHING,
        scenario: str | None = None,
        cluster: Paths | None = None,
        previous: Paths | None = None,
        fail_on: str | None = None,
    ) -> Report:
        """Assert that everything that is asked is proved, as ``kverify.testing.assert_verified`` does; the report."""
        __tracebackhide__ = True
        report = self.check(*manifests, properties=properties, scenario=scenario, cluster=cluster, previous=previous)
        configured = str(self.configuration.fail_on or Severity.ERROR)
        return require(only(report, object), fail_on or configured, about=object)

    def suite(self, configuration: Configuration | None = None) -> Suite:
        """The suite of a configuration, by default of the one of this session. Raises ``SuiteError``."""
        chosen = configuration or self.configuration
        key = _key(chosen)
        if key not in self._suites:
            self._suites[key] = Suite.of(chosen)
        return self._suites[key]

    def chosen(self, arguments: Mapping[str, Any]) -> Suite:
        """The suite that the arguments of a marker name. Raises ``SuiteError``."""
        given = [
            paths_of(arguments[name]) if name in arguments else None for name in ("manifests", "cluster", "previous")
        ]
        return self.suite(self._with(given[0] or (), (), arguments.get("scenario"), given[1], given[2]))

    def _with(
        self,
        manifests: Sequence[str | os.PathLike[str]],
        properties: tuple[str, ...],
        scenario: str | None,
        cluster: Paths | None,
        previous: Paths | None,
    ) -> Configuration:
        now = self.configuration
        return evolve(
            now,
            paths=tuple(map(str, manifests)) or now.paths,
            properties=properties or now.properties,
            scenarios=now.scenarios if scenario is None else (scenario,),
            cluster=now.cluster if cluster is None else tuple(map(str, paths_of(cluster))),
            previous=now.previous if previous is None else tuple(map(str, paths_of(previous))),
        )


def _key(configuration: Configuration) -> _Key:
    """What of a configuration differs within a session."""
    c = configuration
    return c.paths, c.properties, c.scenarios, c.cluster, c.previous


_KNOWN: pytest.StashKey[Kverify] = pytest.StashKey()


def _configuration(config: pytest.Config) -> Configuration:
    """kverify's own configuration, overruled by pytest's."""
    named = config.getini("kverify_config")
    base = config.inipath.parent if config.inipath is not None else config.rootpath
    found = base / named if named else find(config.rootpath)
    try:
        # As a person in the current directory would call it, so that findings name files as on the command line.
        own = read(None if found is None else _here(config.rootpath / found))
    except ConfigurationError as error:
        raise pytest.UsageError(f"kverify: the configuration cannot be used\n{error}") from error

    def given(name: str, otherwise: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(_here(path)) for path in config.getini(f"kverify_{name}")) or otherwise

    return evolve(
        own,
        paths=given("manifests", own.paths),
        cluster=given("cluster", own.cluster),
        previous=given("from", own.previous),
        specs=given("specs", own.specs),
    )


def _here(path: Path) -> Path:
    return Path(os.path.relpath(path))


def parametrize(metafunc: pytest.Metafunc) -> None:
    """Run a test once for each property of each object that its markers ``kverify`` mean."""
    arguments: dict[str, Any] = {}
    for marker in reversed(list(metafunc.definition.iter_markers("kverify"))):
        unknown = [name for name in marker.kwargs if name not in _ARGUMENTS]
        if unknown or marker.args:
            what = f"no {unknown[0]}" if unknown else "no arguments without a name"
            pytest.fail(f"the marker kverify takes {what}; it takes {', '.join(_ARGUMENTS)}", pytrace=False)
        arguments |= marker.kwargs
    properties, objects = (_names(arguments.get(name, ())) for name in ("property", "object"))
    try:
        suite = Kverify.of(metafunc.config).chosen(arguments)
        cases = list(suite.chosen(properties, objects))
        if not cases:
            there = sorted({case.name for case in suite.cases})
            raise SuiteError(f"the marker kverify of {metafunc.function.__name__} means none of {', '.join(there)}")
    except SuiteError as error:
        pytest.fail(f"kverify: {error}", pytrace=False)
    metafunc.parametrize("kverify_case", cases, ids=[case.name for case in cases])


def _names(given: str | Sequence[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)
