"""Evaluations in parts, by several processes, for `strategies.py`: each part has a file, so anything can be stopped.

A part is some tasks under one seed, searched by every strategy. Its results are written as they come; a part that was
stopped goes on where it was. Completions and verdicts are kept besides (`reason_tui.evaluation.samples`).
"""

from __future__ import annotations

import asyncio
import hashlib
import multiprocessing
import multiprocessing.synchronize
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

import click
from pydantic import ValidationError

from reason_tui.engine.process import quiet_threads
from reason_tui.evaluation import EvaluationSettings, Progress, evaluate
from reason_tui.evaluation.outcome import Header, TaskResult
from reason_tui.evaluation.samples import KeptPolicy, KeptSandbox, Store
from reason_tui.models.catalogue import find_model
from reason_tui.models.loader import load_policy
from reason_tui.sandbox import open_sandbox
from reason_tui.search.events import Event
from reason_tui.search.record import Record
from reason_tui.search.recording import record_of
from reason_tui.search.sampling import PolicyThread
from reason_tui.search.tree import Tree
from reason_tui.tasks.types import GradedTask

PART = 24
"""Tasks of a part."""


@dataclass(frozen=True)
class Part:
    """`tasks` under the one seed of `settings`. With `record`, `out` gets what the searches show of the model."""

    tasks: tuple[GradedTask, ...]
    settings: EvaluationSettings
    dataset: str
    out: Path
    record: bool = False


@dataclass
class Tally:
    """What was done: searches, completions sampled, jobs run, CPU seconds of the processes that did it."""

    searches: int = 0
    completions: int = 0
    jobs: int = 0
    cpu_s: float = 0.0

    def add(self, other: Tally) -> None:
        """Both together."""
        self.searches += other.searches
        self.completions += other.completions
        self.jobs += other.jobs
        self.cpu_s += other.cpu_s


class _StoppedError(Exception):
    """Enough for now."""


class _Worker:
    """What a process works with, opened when the first part needs it and kept for the others."""

    def __init__(self, model: str, work: Path, stop: multiprocessing.synchronize.Event, until: float) -> None:
        self._loop = asyncio.new_event_loop()
        self._stop = stop
        self._until = until
        digest = hashlib.sha256(find_model(model).read_bytes()).hexdigest()
        store = Store(work / f"{digest[:16]}.sqlite")
        self.digest = digest
        self.kept = KeptPolicy(load_policy(model), store, digest)
        self.sampler = PolicyThread(self.kept)
        self.sandbox = KeptSandbox(self._loop.run_until_complete(open_sandbox(slots=1)), store)

    def part(self, part: Part) -> Tally:
        """Do what of it is not done."""
        before = (self.kept.asked, self.sandbox.ran, _cpu())
        tally = Tally()
        records: list[Record] = []

        def over(progress: Progress) -> None:
            del progress
            tally.searches += 1
            if self._stop.is_set() or time.time() > self._until:
                raise _StoppedError

        def watch(events: Sequence[Event]) -> None:
            if part.record:
                records.append(_record(events))

        try:
            self._loop.run_until_complete(
                evaluate(
                    part.tasks,
                    part.settings,
                    sampler=self.sampler,
                    sandbox=self.sandbox,
                    dataset=part.dataset,
                    model_sha256=self.digest,
                    results=None if part.record else part.out,
                    progress=over,
                    begin=self.kept.begin,
                    watch=watch,
                )
            )
            if part.record:
                part.out.write_text(sum(records, Record()).model_dump_json(), encoding="utf-8")
        except _StoppedError:
            pass
        tally.completions, tally.jobs = self.kept.asked - before[0], self.sandbox.ran - before[1]
        tally.cpu_s = _cpu() - before[2]
        return tally


_worker: _Worker | None = None


def _open(model: str, work: Path, stop: multiprocessing.synchronize.Event, until: float) -> None:
    quiet_threads()
    global _worker
    _worker = _Worker(model, work, stop, until)


def _do(part: Part) -> Tally:
    assert _worker is not None, "opened by the pool"
    return _worker.part(part)


@dataclass
class Workers:
    """`count` processes that share the kept samples in `work`. Nothing begins after the time `until` (Unix time)."""

    model: str
    work: Path
    count: int
    until: float
    tally: Tally = field(default_factory=Tally)
    stopped: bool = False

    def __post_init__(self) -> None:
        self.work.mkdir(parents=True, exist_ok=True)
        self.digest = hashlib.sha256(find_model(self.model).read_bytes()).hexdigest()
        context = multiprocessing.get_context("spawn")
        self._stop = context.Event()
        self._pool = ProcessPoolExecutor(
            self.count, context, initializer=_open, initargs=(self.model, self.work, self._stop, self.until)
        )

    def close(self) -> None:
        """End the processes."""
        self._pool.shutdown(cancel_futures=True)

    def results(self, tasks: Sequence[GradedTask], settings: EvaluationSettings, dataset: str, what: str) -> list[Path]:
        """The files of results of these tasks, seed by seed; of those that were stopped too."""
        parts = list(self._parts(tasks, settings, dataset, record=False))
        self._run([part for part in parts if not _whole(part)], what)
        return [part.out for part in parts if part.out.exists()]

    def record(self, tasks: Sequence[GradedTask], settings: EvaluationSettings, dataset: str, what: str) -> Record:
        """What these searches show of the model; of all of them, unless it was stopped."""
        parts = list(self._parts(tasks, settings, dataset, record=True))
        self._run([part for part in parts if not part.out.exists()], what)
        found = [Record.model_validate_json(part.out.read_bytes()) for part in parts if part.out.exists()]
        return sum(found, Record())

    def _parts(
        self, tasks: Sequence[GradedTask], settings: EvaluationSettings, dataset: str, *, record: bool
    ) -> Iterator[Part]:
        plan = settings.model_copy(update={"seeds": ()}).model_dump_json()
        for seed in settings.seeds:
            for first in range(0, len(tasks), PART):
                some = tuple(tasks[first : first + PART])
                said = f"{plan}{seed}{''.join(task.model_dump_json() for task in some)}{record}"
                name = hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:16]
                out = self.work / f"{self.digest[:16]}-{name}.{'json' if record else 'jsonl'}"
                yield Part(some, settings.model_copy(update={"seeds": (seed,)}), dataset, out, record)

    def _run(self, parts: Sequence[Part], what: str) -> None:
        """All of them, as long as there is time; Ctrl+C ends it after the searches under way."""
        if self.stopped or not parts:
            return
        handler = signal.signal(signal.SIGINT, signal.SIG_IGN)  # which processes started now inherit
        futures = [self._pool.submit(_do, part) for part in parts]
        signal.signal(signal.SIGINT, handler)
        begun = time.time()
        try:
            self._wait(futures, what, begun)
        except KeyboardInterrupt:
            click.echo("\nstopping after the searches under way …", err=True)
            self._stop.set()
            for future in futures:
                future.cancel()
            for future in futures:
                if not future.cancelled():
                    self.tally.add(future.result())
        self.stopped = self._stop.is_set() or time.time() > self.until

    def _wait(self, futures: Sequence[Future[Tally]], what: str, begun: float) -> None:
        for done, future in enumerate(as_completed(futures), 1):
            self.tally.add(future.result())
            left = (time.time() - begun) / done * (len(futures) - done) / 60
            sys.stderr.write(f"{what}: {done}/{len(futures)} parts, about {left:.0f} min left\n")
            sys.stderr.flush()


def read(path: Path) -> tuple[Header, list[TaskResult]]:
    """The header and the results of a part; what was cut short in the last line is none."""
    first, *rest = path.read_text(encoding="utf-8").splitlines()
    found = []
    for line in rest:
        try:
            found.append(TaskResult.model_validate_json(line))
        except ValidationError:
            break
    return Header.model_validate_json(first), found


def _whole(part: Part) -> bool:
    if not part.out.exists():
        return False
    _, found = read(part.out)
    return len(found) == len(part.tasks) * len(part.settings.strategies) * len(part.settings.budgets)


def _record(events: Sequence[Event]) -> Record:
    tree = Tree()
    for event in events:
        tree.apply(event)
    return record_of(tree)


def _cpu() -> float:
    """CPU seconds of this process; those of the sandbox's children as far as they have ended."""
    import resource

    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)
