"""How a fault is seeded: a change of one line in one module.

The changed module is compiled and its functions' code is put into the real ones, so everybody who imported them runs
the fault; afterwards all is as before.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from types import FunctionType

from attrs import frozen

from kverify.checks.deciding import theorems

COMPONENTS = "kverify.model.components"
ENVIRONMENT = "kverify.model.environment"
SCHEDULING = "kverify.model.scheduling"


@frozen
class Mutant:
    """``before`` in the source of ``module``, once, becomes ``after``. ``oracle`` is one that notices."""

    name: str
    fault: str
    module: str
    before: str
    after: str
    oracle: str


class Stale(AssertionError):
    """The line that a mutant changes is not in the source any more: the table has to follow."""


@contextmanager
def seeded(mutant: Mutant) -> Iterator[None]:
    """Within the context kverify has the fault. Raises ``Stale``."""
    module = import_module(mutant.module)
    source = inspect.getsource(module)
    if source.count(mutant.before) != 1:
        raise Stale(f"{mutant.name}: {mutant.before!r} occurs {source.count(mutant.before)} times in {mutant.module}")
    namespace = {**vars(module)}
    exec(compile(source.replace(mutant.before, mutant.after), mutant.module, "exec"), namespace)
    kept = {}
    changed = dict(_functions(namespace, mutant.module))
    for name, function in _functions(vars(module), mutant.module):
        if changed[name].__code__ != function.__code__:
            kept[function] = function.__code__
            function.__code__ = changed[name].__code__
    if not kept:
        raise Stale(f"{mutant.name}: no function of {mutant.module} has changed")
    _forget()
    try:
        yield
    finally:
        for function, code in kept.items():
            function.__code__ = code
        _forget()


def _functions(namespace: Mapping[str, object], module: str) -> Iterator[tuple[str, FunctionType]]:
    """The functions of a module, and the methods of its classes but for those that attrs makes of their fields."""
    for name, found in namespace.items():
        if isinstance(found, FunctionType) and found.__module__ == module:
            yield name, found
        elif isinstance(found, type) and found.__module__ == module:
            for inner, method in vars(found).items():
                if isinstance(method, FunctionType) and not method.__code__.co_filename.startswith("<"):
                    yield f"{name}.{inner}", method


def _forget() -> None:
    """What is proved once is proved again."""
    theorems.promises_theorem.cache_clear()
    theorems.completion_theorem.cache_clear()
