"""How fast the embedded model writes on one thread, and what it takes of memory.

    python benchmarks/embedded.py               # prints a table and writes benchmarks/embedded.md

Eight completions of one prompt against one, in turns; only those rounds count in which all wrote the full length. The
prompt is new to the engine, or it was asked before, as in a search that samples it again. Memory is that of a new
process that loads the model and samples: all of it, and by how much it exceeds the same process before. One thread; the
medians of ratios within a round say something on a busy machine too, the completions a second do not.

Where llama-cpp-python is installed, its backend takes turns with the base one, and so do the same weights in Q8_0.
"""

from __future__ import annotations

import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, closing
from functools import cache, partial
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple, TypeVar

import click

from reason_tui.evaluation import load_dataset
from reason_tui.models.catalogue import find_model
from reason_tui.models.loader import load_policy
from reason_tui.policy import CancelToken, Message, Policy, SampleRequest
from reason_tui.prompts import draft
from reason_tui.tasks.types import GradedTask

HERE = Path(__file__).resolve().parent
TOKENS, MANY, CONTEXT = 48, 8, 1024
BASE = "xllamacpp"
_T = TypeVar("_T")
SHIPPED, QUANTISED = "as shipped (F16)", "in Q8_0"
TEXT = """\
# The embedded model on one thread

Made by `python benchmarks/embedded.py` on {system}, {cores} cores, load average {load:.1f}
before it began. {rounds} rounds, each with another prompt; completions of {tokens} tokens; medians.
The context is {context} tokens for each of {many} siblings.

| backend | weights | prompt | time of {many} completions / of one | completions a second | tokens a second |
|---|---|---|---:|---:|---:|
{speed}

A process with the model that sampled has {whole:.0f} MB, {grown:.0f} more than before.

Goals: at most 4 times as long, at least 60 completions a second, under 100 MB.
"""


class Took(NamedTuple):
    """Seconds of one completion and of many."""

    one: float
    many: float


Way = tuple[str, str, bool]
"""Backend, weights, and whether the prompt was asked before."""


def prompts() -> Iterator[SampleRequest]:
    """Drafts of held-out tasks, the longest references first."""
    for graded in sorted(tasks(), key=lambda graded: -len(graded.reference)):
        prompt = draft(graded.task)
        yield SampleRequest(messages=prompt.messages, prefix=prompt.prefix, max_tokens=TOKENS, n=1)


@cache
def tasks() -> tuple[GradedTask, ...]:
    """The held-out ones, read once."""
    return load_dataset("embedded")


def timed(policy: Policy, request: SampleRequest, *, cached: bool) -> float | None:
    """Seconds; None where a completion ended early. Asked before where `cached`, else another prompt was."""
    policy.load_adapter(None)  # a backend that keeps more than one prompt forgets them
    before = request if cached else SampleRequest(messages=(Message(role="user", content="Another prompt."),))
    policy.sample(before.model_copy(update={"n": 1, "max_tokens": 1}), lambda sibling, text: None, CancelToken())
    begun = time.perf_counter()
    found = policy.sample(request, lambda sibling, text: None, CancelToken())
    took = time.perf_counter() - begun
    evaluated = sum(one.usage.prompt for one in found)
    if cached != (evaluated <= len(found)):
        raise click.ClickException(f"{evaluated} tokens of the prompt were evaluated: the cache is not as it should be")
    return took if all(one.usage.completion == TOKENS for one in found) else None


def took(policy: Policy, request: SampleRequest, *, cached: bool, many_first: bool) -> Took | None:
    """One completion and many of a prompt."""
    found: dict[int, float] = {}
    for n in (MANY, 1) if many_first else (1, MANY):
        seconds = timed(policy, request.model_copy(update={"n": n}), cached=cached)
        if seconds is None:
            return None
        found[n] = seconds
    return Took(found[1], found[MANY])


def rounds(policies: dict[tuple[str, str], Policy], count: int) -> list[dict[Way, Took]]:
    """Those in which all completions had the full length."""
    found: list[dict[Way, Took]] = []
    ways = [(*which, cached) for which in policies for cached in (False, True)]
    for number, request in enumerate(prompts()):
        seeded = request.model_copy(update={"seed": number})
        this: dict[Way, Took] = {}
        for backend, weights, cached in ways:
            pair = took(policies[backend, weights], seeded, cached=cached, many_first=bool(number % 2))
            if pair is None:
                break
            this[backend, weights, cached] = pair
        else:
            found.append(this)
        if len(found) == count:
            break
    return found


def memory() -> tuple[float, float]:
    """MB of this process with a model that sampled, and by how much it grew."""
    request = next(prompts()).model_copy(update={"n": MANY})
    before = _resident_mb()
    policy = load(BASE, None)
    timed(policy, request, cached=False)
    after = _resident_mb()
    policy.close()
    return after, after - before


def load(backend: str, path: Path | None) -> Policy:
    """This file on one thread, or the shipped model."""
    return load_policy(str(path or "embedded"), backend, threads=1, parallel=MANY, context_length=CONTEXT)


def quantise(to: Path) -> None:
    """Write the shipped weights in Q8_0."""
    import llama_cpp

    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype = llama_cpp.LLAMA_FTYPE_MOSTLY_Q8_0
    params.nthread = 1
    silent = llama_cpp.llama_log_callback(lambda *_: None)
    llama_cpp.llama_log_set(silent, None)
    if llama_cpp.llama_model_quantize(bytes(find_model("embedded")), bytes(to), params):
        raise click.ClickException("The model could not be quantised.")


def measure(count: int) -> list[dict[Way, Took]]:
    """The rounds, with the backends and the weights there are."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        backends = [BASE]
        paths: dict[str, Path | None] = {SHIPPED: None}
        if find_spec("llama_cpp"):
            backends.append("llama-cpp")
            q8 = paths[QUANTISED] = Path(folder) / "q8_0.gguf"
            _apart(partial(quantise, q8))
        policies = {
            (backend, weights): stack.enter_context(closing(load(backend, path)))
            for backend in backends
            for weights, path in paths.items()
        }
        return rounds(policies, count)


def _apart(work: Callable[[], _T]) -> _T:
    """In a new process."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(work).result()


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _row(backend: str, weights: str, cached: bool, found: list[Took]) -> str:
    ratio = statistics.median(each.many / each.one for each in found)
    many = statistics.median(each.many for each in found)
    prompt = "asked before" if cached else "new"
    return f"| {backend} | {weights} | {prompt} | {ratio:.2f} | {MANY / many:.0f} | {MANY * TOKENS / many:.0f} |"


@click.command()
@click.option("--rounds", "count", type=click.IntRange(min=3), default=15, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=HERE / "embedded.md", help="Where the table goes.")
def main(count: int, out: Path) -> None:
    """Measure, print the table and write it."""
    load_average = os.getloadavg()[0]
    whole, grown = _apart(memory)
    measured = measure(count)
    text = TEXT.format(
        system=f"{platform.system()} {platform.machine()}",
        cores=os.cpu_count(),
        load=load_average,
        rounds=len(measured),
        tokens=TOKENS,
        context=CONTEXT,
        many=MANY,
        speed="\n".join(_row(*key, [each[key] for each in measured]) for key in measured[0]),
        whole=whole,
        grown=grown,
    )
    click.echo(text)
    out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
