"""How fast `llama-cpp` samples K siblings of one prompt, against what the engine's own package does, and its ceiling.

    python benchmarks/backends.py                                      # Q4_0, all widths (hours on two cores)
    python benchmarks/backends.py --model embedded --width 4 --pairs 3
    python benchmarks/backends.py --model qwen2.5-coder-1.5b-q4_k_m --out benchmarks/backends_q4_k_m.md

Prints a table and writes benchmarks/backends.md. Needs llama-cpp-python, numpy, gguf and a C compiler; the large
models have random weights and the exact shapes of Qwen2.5-Coder 0.5B and 1.5B in Q4_0, or the mixture of types of
Q4_K_M where one is asked for by name, and are made in a temporary folder.

Each pair is made in one round, the ways of sampling in turn, and only ratios within a round are taken: their medians
say something on a machine that is not quiet, too. What a round takes:

* ours: one call of the policy for K siblings, of a prompt that it has not seen
* reset: K calls of `llama_cpp.Llama`, with its cache emptied before each
* reuse: K calls of it; it finds the prompt of the call before in its cache by itself
* ceiling: bare_loop.c on our context: the same prompt and steps through llama_decode, without sampling, text or Python

All take as many steps: no token ends a reply here, since the package's own loop goes on behind it too.
"""

from __future__ import annotations

import os
import platform
import shlex
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import cache, partial
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import click
from backends_ceiling import BareLoop
from backends_memory import CHUNK, predicted_and_measured
from backends_models import Mix, random_model
from llama_cpp import Llama
from reason_tui_backends import llama_cpp as backend
from reason_tui_backends._llama_library import lib
from shapes import SHAPES, Shape

from reason_tui.evaluation import load_dataset
from reason_tui.models.catalogue import EMBEDDED, find_model
from reason_tui.policy import CancelToken, Message, ModelSpec, SampleRequest
from reason_tui.prompts import draft
from reason_tui.tasks.types import GradedTask

HERE = Path(__file__).resolve().parent
PROMPT, CONTEXT, ROOM = 600, 1024, 2048
MORE = 5
"""Times as many rounds of the embedded model, which take little time and are disturbed easily."""

MADE: dict[str, tuple[Shape, Mix]] = {
    **{name: (shape, "q4_0") for name, shape in SHAPES.items()},
    **{f"{name}-q4_k_m": (shape, "q4_k_m") for name, shape in SHAPES.items()},
}

WAYS = ("ours", "reset", "reuse", "ceiling")

TEXT = """\
# Siblings in llama.cpp

    {command}

Prompts of up to {prompt} tokens, {how.new} new tokens of each sibling, {how.pairs} rounds ({more} with the embedded
model); {how.threads} thread(s) on {cores} cores, {machine}, {clock}. {remark}

How many times as fast as the other way, as the median of the rounds' ratios; `of the ceiling` is the share of the
speed of a bare loop of llama_decode in C (bare_loop.c). `back` is what returning to a prompt costs, as a share of
evaluating it; `python` the share of a step that is spent outside llama_decode (sampling, text, and the batch).

| model | K | ours, s | against reset | against reuse | of the ceiling | back | python |
|---|---|---|---|---|---|---|---|
{speed}

Memory of K siblings with {room} tokens of context each: `predicted` before loading; `measured` is by how much the peak
of a new process grew until it had sampled, and every cell was in use, as by siblings that share nothing and are full.

| model | K | predicted, MB | measured, MB | measured is |
|---|---|---|---|---|
{memory}
"""


class How(NamedTuple):
    """What the command line says about measuring."""

    pairs: int
    new: int
    threads: int
    clock: Callable[[], float]


class Row(NamedTuple):
    """Of the two tables."""

    speed: str
    memory: str


class Bench:
    """One model, loaded for K siblings by us and for one by the package's own class."""

    def __init__(self, path: Path, width: int, how: How, bare: BareLoop) -> None:
        self.policy = backend.load(
            ModelSpec(name=path.stem, path=path, context_length=CONTEXT, parallel=width, threads=how.threads)
        )
        self.policy._ends = frozenset()
        self.width, self.new, self.clock, self._bare = width, how.new, how.clock, bare
        self._number = 0
        self._engine: Any = self.policy._model
        self._theirs = Llama(
            str(path), n_ctx=CONTEXT, n_batch=128, n_threads=how.threads, n_threads_batch=how.threads, verbose=False
        )

    def prompt(self) -> SampleRequest:
        """A draft as the application asks for one, behind other tasks; nobody has seen its first words.

        Of PROMPT tokens, or hardly fewer. The large models read letters, so of most drafts they read the end.
        """
        self._number += 1
        texts = (graded.task.prompt for graded in _tasks()[self._number + 1 :])
        asked = draft(_tasks()[self._number].task)
        *before, last = asked.messages
        words = last.content.split(" ")

        def request() -> SampleRequest:
            message = Message(role=last.role, content=" ".join([f"{self._number:04}", *words]))
            return SampleRequest(
                messages=(*before, message),
                prefix=asked.prefix,
                n=self.width,
                max_tokens=self.new,
                temperature=0.8,
                seed=self._number,
            )

        while len(self.tokens(request())) < PROMPT:
            words = [*next(texts).split(" "), "\n\n", *words]
        while len(self.tokens(request())) > PROMPT:
            del words[0]
        return request()

    def tokens(self, request: SampleRequest) -> list[int]:
        return self.policy._chat.tokens(request.messages, request.prefix)

    def ours(self) -> float:
        request = self.prompt()
        with self.timed() as seconds:
            self.policy.sample(request, lambda *_: None, CancelToken())
        return seconds()

    def theirs(self, *, reset: bool) -> float:
        request = self.prompt()
        tokens = self.tokens(request)
        with self.timed() as seconds:
            for _ in range(self.width):
                if reset:
                    self._theirs.reset()
                made = self._theirs.generate(tokens, temp=0.8, top_p=0.95, top_k=0, min_p=0.0, repeat_penalty=1.0)
                list(islice(made, self.new))
        return seconds()

    def ceiling(self) -> float:
        self.policy._prompt.clear()
        tokens = self.tokens(self.prompt())
        with self.timed() as seconds:
            self._bare.run(self._engine, tokens, chunk=CHUNK, width=self.width, steps=self.new - 1)
        self.policy._prompt.clear()
        return seconds()

    def back(self) -> float:
        """What it costs to return to a prompt, as a share of evaluating it."""
        first, other = self.prompt(), self.prompt()
        tokens, others = self.tokens(first), self.tokens(other)
        prompt = self.policy._prompt
        with self.timed() as seconds:
            prompt.evaluate(tokens, CancelToken())
        whole = seconds()
        prompt.evaluate(others, CancelToken())
        with self.timed() as seconds:
            assert prompt.evaluate(tokens, CancelToken()) == 0
        return seconds() / whole

    def python(self) -> float:
        """The share of a step that is not llama_decode."""
        decode, spent = lib.llama_decode, 0.0

        def timed(context: Any, batch: Any) -> int:
            nonlocal spent
            begin = self.clock()
            found: int = decode(context, batch)
            spent += self.clock() - begin
            return found

        request = self.prompt()
        self.policy._prompt.evaluate(self.tokens(request), CancelToken())
        lib.llama_decode = timed
        try:
            with self.timed() as seconds:
                self.policy.sample(request, lambda *_: None, CancelToken())
        finally:
            lib.llama_decode = decode
        return 1 - spent / seconds()

    @contextmanager
    def timed(self) -> Iterator[Callable[[], float]]:
        begin = end = self.clock()

        def seconds() -> float:
            return end - begin

        yield seconds
        end = self.clock()

    def close(self) -> None:
        self.policy.close()
        self._theirs.close()


@click.command()
@click.option("--model", "models", multiple=True, type=click.Choice([EMBEDDED, *MADE]), default=(EMBEDDED, *SHAPES))
@click.option("--width", "widths", multiple=True, type=click.IntRange(1, 16), default=(1, 2, 4, 8))
@click.option("--pairs", type=click.IntRange(min=0), default=7, show_default=True, help="Rounds; 0: only memory.")
@click.option("--new", type=click.IntRange(min=2), default=64, show_default=True, help="New tokens of a sibling.")
@click.option("--threads", type=click.IntRange(min=1), default=max(1, (os.cpu_count() or 2) - 1), show_default=True)
@click.option("--processor-time", is_flag=True, help="Not by the wall clock: for a busy machine, with one thread.")
@click.option("--remark", default="", help="A sentence about the machine, for the table.")
@click.option("--out", type=click.Path(path_type=Path), default=HERE / "backends.md")
def main(
    models: tuple[str, ...],
    widths: tuple[int, ...],
    pairs: int,
    new: int,
    threads: int,
    processor_time: bool,
    remark: str,
    out: Path,
) -> None:
    """Measure, print the table and write it."""
    how = How(pairs, new, threads, time.process_time if processor_time else time.perf_counter)
    found: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        bare = BareLoop(Path(folder))
        for model in models:
            path = find_model(EMBEDDED) if model == EMBEDDED else random_model(Path(folder) / model, *MADE[model])
            for width in widths:
                speed = _speed(model, path, width, how, bare) if pairs else ""
                found.append(Row(speed, _memory(model, path, width)))
                click.echo("\n".join(filter(None, found[-1])))
    text = _text(found, how, remark)
    click.echo(text)
    out.write_text(text, encoding="utf-8")


@cache
def _tasks() -> tuple[GradedTask, ...]:
    return load_dataset(EMBEDDED)


def _text(rows: list[Row], how: How, remark: str) -> str:
    return TEXT.format(
        command=shlex.join(["python", "benchmarks/backends.py", *_without(sys.argv[1:], "--remark", "--out")]),
        prompt=PROMPT,
        how=how,
        more=how.pairs * MORE,
        clock="processor time" if how.clock is time.process_time else "wall clock",
        cores=os.cpu_count(),
        machine=platform.machine(),
        remark=remark,
        speed="\n".join(row.speed for row in rows if row.speed),
        room=ROOM,
        memory="\n".join(row.memory for row in rows),
    )


def _speed(model: str, path: Path, width: int, how: How, bare: BareLoop) -> str:
    bench = Bench(path, width, how, bare)
    ways: dict[str, Callable[[], float]] = {
        "ours": bench.ours,
        "reset": partial(bench.theirs, reset=True),
        "reuse": partial(bench.theirs, reset=False),
        "ceiling": bench.ceiling,
    }
    found: dict[str, list[float]] = {name: [] for name in WAYS}
    for turn in range(how.pairs * (MORE if model == EMBEDDED else 1)):
        for name in WAYS[turn % len(WAYS) :] + WAYS[: turn % len(WAYS)]:
            found[name].append(ways[name]())
    times = {
        name: statistics.median(other / ours for other, ours in zip(found[name], found["ours"], strict=True))
        for name in WAYS
    }
    back = statistics.median(bench.back() for _ in range(min(3, how.pairs)))
    python = statistics.median(bench.python() for _ in range(min(3, how.pairs)))
    bench.close()
    cells = [model, width, f"{statistics.median(found['ours']):.2f}", f"{times['reset']:.2f}x"]
    return _row([*cells, f"{times['reuse']:.2f}x", f"{times['ceiling']:.0%}", f"{back:.2%}", f"{python:.1%}"])


def _memory(model: str, path: Path, width: int) -> str:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
        predicted, measured = fresh.submit(predicted_and_measured, path, width, ROOM).result()
    cells = [model, width, f"{predicted / 1e6:,.0f}", f"{measured / 1e6:,.0f}"]
    return _row([*cells, f"{measured / predicted - 1:+.0%} of the prediction"])


def _without(arguments: list[str], *options: str) -> list[str]:
    """The arguments but for these options, which take a value each."""
    left = iter(arguments)
    return [one for one in left if one not in options or (next(left, ""), False)[1]]


def _row(cells: list[Any]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    main()
