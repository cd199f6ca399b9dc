"""A run by several workers, in whatever order, says what a run by one says, byte for byte."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from errno import EAGAIN
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from kverify.checks import Options, Report, run
from kverify.checks.finding import Answer, Finding, Proof
from kverify.checks.given.context import Context
from kverify.checks.runs import pool
from kverify.checks.runs.asking import FROM_THE_KEYBOARD, Replies, ask, ask_all
from kverify.checks.runs.question import Check, questions
from kverify.checks.runs.registry import asked
from kverify.cluster.bundle import Bundle
from kverify.engines import explicit
from kverify.engines.budget import until
from kverify.engines.verdict import Outcome
from kverify.model.expr import integer
from kverify.model.system import Action, TransitionSystem, Variable
from kverify.report import json as as_json
from kverify.spec.property import Always

SCENARIOS = Path(__file__).parents[2] / "scenarios"
A01, C03, E01 = (
    SCENARIOS / name
    for name in ("a01_rollout_antiaffinity_full", "c03_pdb_vs_hpa_floor", "e01_preemption_cascade_global_default")
)


LIVE = SCENARIOS / "kivi_c2_apply_below_the_least"
"""What the manifests want is there already: merged, as the API server would."""


class _Threads(ThreadPoolExecutor):
    """Stands in for processes: its workers begin with what they are given."""

    def __init__(self, jobs: int, *, mp_context: object, initializer: object, initargs: tuple[Any, ...]):
        del mp_context, initializer
        super().__init__(jobs)
        given = initargs[-1]
        pool._CONTEXTS[""] = given if isinstance(given, Context) else pool._unpacked(given)


def read(folder: Path) -> Bundle:
    cluster = sorted(map(str, folder.glob("cluster*.yaml")))[:1]
    bundle, _ = Bundle.read([str(folder / "fails.yaml")], cluster)
    assert bundle.wanted
    return bundle


def text(report: Report) -> str:
    return as_json.render(report, 0)


@pytest.mark.parametrize("folder", [A01, C03, E01], ids=lambda path: path.name[:3])
def test_processes_do_not_change_the_report(folder: Path) -> None:
    alone = text(run(read(folder), (), Options()))
    assert json.loads(alone)["proofs"]
    assert text(run(read(folder), (), Options(jobs=2))) == alone


def test_processes_that_join_later_do_not_change_the_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first process has asked Z3 by then."""
    monkeypatch.setattr("kverify.checks.runs.asking.PATIENCE", 0.2)
    monkeypatch.setattr("kverify.checks.runs.pool.workers", lambda _: 2)
    assert text(run(read(C03), (), Options(jobs=None))) == text(run(read(C03), (), Options()))


@pytest.mark.parametrize("folder", [C03, LIVE], ids=lambda path: path.name[:3])
def test_processes_that_are_started_anew_do_not_change_the_report(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As they are where a process has threads, and on other systems than Linux: the input is sent to them."""
    monkeypatch.setattr("kverify.checks.runs.pool.threading.active_count", lambda: 2)
    options = Options(properties=("rollout-completes", "autoscaler-kept"))
    assert text(run(read(folder), (), evolve(options, jobs=2))) == text(run(read(folder), (), options))


@pytest.mark.parametrize("started", [0, 2])
def test_where_no_process_can_be_started_one_answers(started: int, monkeypatch: pytest.MonkeyPatch) -> None:
    left = [started]

    def submit(self: _Threads, fn: Callable[..., Any], /, *arguments: Any) -> Future[Any]:
        if not left[0]:
            raise BlockingIOError(EAGAIN, "Resource temporarily unavailable")
        left[0] -= 1
        return ThreadPoolExecutor.submit(self, fn, *arguments)

    monkeypatch.setattr(_Threads, "submit", submit)
    monkeypatch.setattr("kverify.checks.runs.pool.ProcessPoolExecutor", _Threads)
    assert text(run(read(A01), (), Options(jobs=2))) == text(run(read(A01), (), Options()))
    assert left == [0]


def test_an_executor_that_breaks_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def submit(*_: Any) -> Future[Any]:
        raise BrokenExecutor("a child process terminated abruptly")

    monkeypatch.setattr(_Threads, "submit", submit)
    monkeypatch.setattr("kverify.checks.runs.pool.ProcessPoolExecutor", _Threads)
    report = run(read(A01), (), Options(jobs=2))
    assert report.interrupted.startswith("a worker has ended abruptly, perhaps for want of memory; ")


def test_an_executor_of_somebody_else_does_not_change_the_report() -> None:
    with ThreadPoolExecutor(2) as executor:
        shared = run(read(A01), (), Options(executor=executor))
    assert text(shared) == text(run(read(A01), (), Options()))


@pytest.mark.parametrize(
    "options", [Options(jobs=2), Options(executor=ThreadPoolExecutor(1))], ids=["jobs", "executor"]
)
def test_there_may_be_nothing_to_ask(options: Options) -> None:
    report = run(Bundle(wanted=()), (), evolve(options, properties=("rollout-completes",)))
    assert (report.proofs, report.interrupted) == ((), "")


class _Refusing(Executor):
    """Answers nothing: whatever is submitted is cancelled."""

    def submit(self, fn: Callable[..., Any], /, *_: Any, **__: Any) -> Future[Any]:
        del fn
        future: Future[Any] = Future()
        future.cancel()
        future.set_running_or_notify_cancel()
        return future


def test_what_an_executor_cancels_is_asked_here() -> None:
    shared = run(read(A01), (), Options(executor=_Refusing()))
    assert text(shared) == text(run(read(A01), (), Options()))


@pytest.mark.slow
def test_workers_of_dask_do_not_change_the_report() -> None:
    distributed = pytest.importorskip("distributed")
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
        shared = run(read(A01), (), Options(executor=client.get_executor()))
    assert text(shared) == text(run(read(A01), (), Options()))


def test_the_order_of_questions_does_not_matter() -> None:
    checks = asked(Options())

    def answers(backwards: bool) -> list[Answer]:
        ctx = Context(read(C03), Options())
        replies = Replies(checks, [questions(n, check, ctx) for n, check in enumerate(checks)])
        order = sorted(replies.all(), key=lambda q: (bool(replies.waits_for(q)), -q.check if backwards else q.check))
        for question in order:
            replies.take(question, ask(ctx, checks, question, replies.before(question)))
        return replies.in_order()

    def told(found: list[Answer]) -> str:
        findings = tuple(answer for answer in found if isinstance(answer, Finding))
        return text(Report(findings=findings, proofs=tuple(a for a in found if isinstance(a, Proof))))

    assert told(answers(backwards=True)) == told(answers(backwards=False))


# -- questions that take too long --------------------------------------------------------------------------------------

N = integer("n")
LONG = TransitionSystem("long", (Variable("n", 0, None, 0),), (Action("up", "test", N < 10_000_000, {"n": N + 1}),))


def counting(_: Context, __: object) -> Iterator[Answer]:
    """A search through more states than anybody waits for; they take more than a megabyte."""
    verdict = explicit.check(LONG, Always(name="small", condition=N >= 0))
    yield Proof(id="KV4001", object="n", property="small", message="n is not negative", verdict=verdict)


SMALL = Check("small", "KV4001", "n is not negative", counting)


def reason_of(options: Options) -> str:
    ctx = Context(Bundle(wanted=()), options)
    (answer,) = ask(ctx, [SMALL], questions(0, SMALL, ctx)[0], ()).answers or ()
    assert isinstance(answer, Proof)
    assert answer.verdict.outcome is Outcome.UNKNOWN
    assert answer.verdict.states
    return answer.verdict.reason


def test_a_question_ends_when_its_time_is_over() -> None:
    assert reason_of(Options(timeout_per_property=0.2)).startswith(
        "more than 0.2 seconds for one property of an object; "
    )


def test_a_question_ends_when_its_search_takes_too_much_memory() -> None:
    assert reason_of(Options(max_bytes=1_000_000)).startswith("more than 1 MB of memory; ")


def test_a_run_ends_when_its_time_is_over() -> None:
    with until(1e-9, "the second is over"):
        report = run(read(A01), (), Options())
    assert report.interrupted.startswith("the second is over; ")
    assert report.interrupted.endswith(" questions were not asked")
    assert report.exit_code() == 3
    assert not report.proofs


def test_ctrl_c_ends_a_run_with_what_is_known_and_begins_nothing_more() -> None:
    def stop(*_: object) -> Iterator[Answer]:
        raise KeyboardInterrupt
        yield

    checks = asked(Options())
    ctx = Context(read(A01), Options())
    three = [checks[2], Check("stops", "KV4001", "it stops", stop), SMALL]
    replies, ended = ask_all(ctx, three)
    assert ended == f"{FROM_THE_KEYBOARD}; 1 of 4 questions was not asked"
    last = replies[-1]
    assert isinstance(last, Proof)
    assert (last.property, last.verdict.reason) == ("stops", "interrupted")
    assert len(replies) > 1
