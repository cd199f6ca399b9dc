"""Several workers for one run, through the interface of ``concurrent.futures``.

On one machine the workers are processes. They are forked where that is safe, because a forked process has read the
input already and knows what has been worked out so far: on Linux, in a process with one thread. (Z3 is made for it, it
stops its timers before a fork.) Elsewhere they are started anew and get the input once each.

Any other executor gets the input along with its questions: ``dask.distributed``'s ``client.get_executor()`` spreads a
run over many machines. Workers that are threads of one process take turns, because Z3 has one context per process.

Workers are in process groups of their own, where Ctrl-C on the terminal does not reach them. Each watches two pipes:
when the first is closed, it ends what it is doing as it would at Ctrl-C and returns what is known; when the second is
closed, by this process or because this process is no more, it ends, with everything that it has started.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from functools import partial
from hashlib import sha256
from multiprocessing.connection import Connection
from time import monotonic, time

from attrs import evolve

from kverify.checks.finding import Answer
from kverify.checks.given.context import Context
from kverify.checks.names import TOGETHER
from kverify.checks.runs.asking import FROM_THE_KEYBOARD, Replies, Reply, ask
from kverify.checks.runs.question import EVERYTHING, Question
from kverify.checks.runs.registry import asked
from kverify.engines.budget import Deadline, left, over, until

GRACE = 5.0
"""Seconds that workers have to return what they know, after the time is over or Ctrl-C."""

ABRUPT = "a worker has ended abruptly, perhaps for want of memory"

BATCHES = 64
"""How many tasks an executor that does not share our memory is given at most: each carries the whole input."""

Batch = tuple[tuple[Question, tuple[Answer, ...]], ...]
"""Questions with the answers that they wait for."""


def workers(jobs: int | None) -> int:
    """How many processes are to answer questions: ``jobs``, or as many as there are processors for us."""
    if jobs is not None:
        return jobs
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# -- who asks --------------------------------------------------------------------------------------------------------


def fork(jobs: int, ctx: Context, replies: Replies) -> None:
    """Have all questions answered that are open, by ``jobs`` processes of this machine. Where it starts no more of
    them, what is left stays open."""
    forked = sys.platform == "linux" and threading.active_count() == 1
    start = multiprocessing.get_context("fork" if forked else "spawn")
    (stop, stopping), (live, living) = start.Pipe(duplex=False), start.Pipe(duplex=False)
    given = (stop, live, (stopping, living) if forked else (), ctx if forked else packed(ctx))
    executor = ProcessPoolExecutor(jobs, mp_context=start, initializer=_begin, initargs=given)
    try:
        with executor:
            try:
                _share(executor, ask_here, replies, ctx, _by_object(replies, jobs), stopping.close)
            except OSError:
                stopping.close()  # One process needs none of what has run out.
            except BaseException:
                stopping.close()  # Nobody waits for what the others are at.
                raise
            finally:
                living.close()
    finally:
        for pipe in (stop, stopping, live, living):
            pipe.close()


def share(executor: Executor, ctx: Context, replies: Replies) -> None:
    """Have all questions answered by the workers of ``executor``, wherever they are."""
    input = packed(ctx)
    questions = [q for group in _by_object(replies, 0) for q in group]
    one = max(1, -(-len(questions) // BATCHES))
    batches = [questions[i : i + one] for i in range(0, len(questions), one)]
    _share(executor, partial(ask_there, input, sha256(input).hexdigest()), replies, ctx, batches, lambda: None)


def packed(ctx: Context) -> bytes:
    """What another process needs to answer questions."""
    return pickle.dumps((ctx.bundle, evolve(ctx.options, progress=None, executor=None)))


def _by_object(replies: Replies, jobs: int) -> list[list[Question]]:
    """The questions that are open and wait for no others. Those about one object go together, as far as that keeps
    ``jobs`` workers busy: what is known of an object helps with the next question about it."""
    groups: dict[object, list[Question]] = {}
    for question in replies.all():
        if question not in replies.answers and not replies.waits_for(question):
            alone = question.object in (*EVERYTHING, TOGETHER)
            groups.setdefault(question if alone else question.object, []).append(question)
    if len(groups) < 4 * jobs:
        return [[question] for group in groups.values() for question in group]
    return list(groups.values())


def _share(
    executor: Executor,
    work: Callable[[Batch, Deadline | None], list[Reply]],
    replies: Replies,
    ctx: Context,
    batches: Iterable[Sequence[Question]],
    stop: Callable[[], None],
) -> None:
    """Submit ``batches``, and what waits for their answers as soon as it can be asked; take what comes back.

    After Ctrl-C, and after the end of the time, those who are at work may still return what they know; ``stop`` tells
    them to.
    """
    pending: dict[Future[list[Reply]], Batch] = {}
    later = [q for q in replies.all() if replies.waits_for(q) and q not in replies.answers]
    total = sum(1 for _ in replies.all())

    def submit(questions: Sequence[Question]) -> None:
        batch = tuple((q, tuple(replies.before(q))) for q in questions)
        pending[executor.submit(work, batch, Deadline.here())] = batch

    def collect(timeout: float | None) -> bool:
        """Take what is done in ``timeout`` seconds; whether anything was."""
        done, _ = wait(pending, timeout, return_when=FIRST_COMPLETED)
        for future in done:
            batch = pending.pop(future)
            try:
                for (question, _), reply in zip(batch, future.result(), strict=True):
                    replies.take(question, reply)
            except CancelledError:
                pass
            except BrokenExecutor:
                replies.ended = ABRUPT
        return bool(done)

    try:
        for batch in batches:
            submit(batch)
        while (pending or later) and not replies.ended:
            ready = [q for q in later if all(other in replies.answers for other in replies.waits_for(q))]
            for question in ready:
                later.remove(question)
                submit([question])
            if not pending:
                break  # What the rest waits for was not answered: the caller asks it.
            if ctx.options.progress is not None:
                ctx.options.progress(f"[{len(replies.answers)}/{total}] answered")
            seconds = left()
            if not collect(seconds) and over():
                replies.ended = over()
    except KeyboardInterrupt:
        replies.ended = FROM_THE_KEYBOARD
    except BrokenExecutor:  # It takes no more questions; another was the first to notice.
        replies.ended = replies.ended or ABRUPT
    finally:
        for future in pending:
            future.cancel()
        # They know themselves when the time is over; of Ctrl-C they have to be told.
        for told in (False, True) if over() else (True,):
            if pending and told:
                stop()
            end = monotonic() + GRACE
            while pending and collect(max(0.0, end - monotonic())):
                pass


# -- who answers -----------------------------------------------------------------------------------------------------

_CONTEXTS: dict[str, Context] = {}
"""What the questions of a worker are about, by the digest of the input; the last one only."""

_TURN = threading.Lock()


class _Attention:
    """Whether a worker is at work, so that Ctrl-C may end that, and whether it is to begin nothing more."""

    working = False
    stopped = False


def _begin(stop: Connection, live: Connection, others: Sequence[Connection], given: Context | bytes) -> None:
    """Make a new process a worker. ``others`` are the ends of the pipes that only the first process may have."""
    for pipe in others:
        pipe.close()
    if hasattr(os, "setpgrp"):
        os.setpgrp()
    signal.signal(signal.SIGINT, _interrupt)
    _CONTEXTS[""] = given if isinstance(given, Context) else _unpacked(given)
    threading.Thread(target=_watch, args=(stop, live), daemon=True).start()


def _interrupt(*_: object) -> None:
    _Attention.stopped = True
    if _Attention.working:
        raise KeyboardInterrupt


def _watch(stop: Connection, live: Connection) -> None:
    """End as the module says. A pipe whose other end is closed is ready to be read."""
    stop.poll(None)
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    live.poll(None)
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def ask_here(batch: Batch, deadline: Deadline | None) -> list[Reply]:
    """Answer questions about the input that this process began with."""
    return _ask(_CONTEXTS[""], batch, deadline)


def ask_there(input: bytes, digest: str, batch: Batch, deadline: Deadline | None) -> list[Reply]:
    """Answer questions about an input that comes along with them, and stays for the next ones."""
    with _TURN:
        if digest not in _CONTEXTS:
            _CONTEXTS.clear()
            _CONTEXTS[digest] = _unpacked(input)
        return _ask(_CONTEXTS[digest], batch, deadline)


def _unpacked(input: bytes) -> Context:
    bundle, options = pickle.loads(input)
    return Context(bundle, options)


def _ask(ctx: Context, batch: Batch, deadline: Deadline | None) -> list[Reply]:
    checks = asked(ctx.options)
    found: list[Reply] = []
    seconds, reason = (None, "") if deadline is None else (deadline.at - time(), deadline.reason)
    try:
        _Attention.working = True
        with until(seconds, reason):
            for question, before in batch:
                if not _Attention.stopped:
                    found.append(ask(ctx, checks, question, before))
    except KeyboardInterrupt:
        pass  # Between two questions: what is answered is answered.
    finally:
        _Attention.working = False
    return [*found, *[Reply(None)] * (len(batch) - len(found))]
