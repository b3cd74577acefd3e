"""How fast the embedded model writes on one thread, and what it takes of memory.

    python benchmarks/embedded.py               # prints a table and writes benchmarks/embedded.md

Eight completions of one prompt against one, in turns, with prompts that were not asked before: only those rounds count
in which all wrote the full length. Memory is that of a new process that loads the model and samples: all of it, and by
how much it exceeds the same process before. One thread; the medians of ratios within a round say something on a busy
machine too, the completions a second do not.
"""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import click

from reason_tui.evaluation import load_dataset
from reason_tui.models.loader import choose_backend, load_policy
from reason_tui.policy import CancelToken, Completion, Policy, SampleRequest
from reason_tui.prompts import draft

HERE = Path(__file__).resolve().parent
TOKENS, MANY = 48, 8
TEXT = """\
# The embedded model on one thread

Made by `python benchmarks/embedded.py` with the backend `{backend}` on {system}, {cores} cores, load average {load:.1f}
before it began. {rounds} rounds, each a new prompt; completions of {tokens} tokens; medians.

| | |
|---|---:|
| {many} completions take so many times as long as one | {ratio:.2f} |
| completions a second, {many} at a time | {rate:.0f} |
| tokens a second, {many} at a time | {speed:.0f} |
| memory of a process with the model that sampled, MB | {whole:.0f} |
| of these more than before, MB | {grown:.0f} |

Goals: at most 4 times as long, at least 60 completions a second, under 100 MB.
"""


def prompts() -> Iterator[SampleRequest]:
    """Drafts of held-out tasks, the longest references first."""
    tasks = sorted(load_dataset("embedded"), key=lambda graded: -len(graded.reference))
    for graded in tasks:
        prompt = draft(graded.task)
        yield SampleRequest(messages=prompt.messages, prefix=prompt.prefix, max_tokens=TOKENS, n=1)


def timed(policy: Policy, request: SampleRequest) -> tuple[float, list[Completion]]:
    """Seconds, and what came."""
    begun = time.perf_counter()
    found = policy.sample(request, lambda sibling, text: None, CancelToken())
    return time.perf_counter() - begun, found


def rounds(policy: Policy, count: int) -> list[tuple[float, float]]:
    """Seconds of one completion and of many, of so many rounds; the prompt is in the cache for neither."""
    found: list[tuple[float, float]] = []
    for number, request in enumerate(prompts()):
        asked = [request.model_copy(update={"n": n, "seed": number}) for n in (1, MANY)]
        if number % 2:
            asked.reverse()
        took: dict[int, float] = {}
        for each in asked:
            forget(policy)
            took[each.n], completions = timed(policy, each)
            if any(one.usage.completion < TOKENS for one in completions):
                break
        else:
            found.append((took[1], took[MANY]))
        if len(found) == count:
            break
    return found


def forget(policy: Policy) -> None:
    """Another prompt, so that nothing of the next one is kept from the time before."""
    other = draft(load_dataset("embedded", 1)[0].task)
    policy.sample(SampleRequest(messages=other.messages, max_tokens=1), lambda sibling, text: None, CancelToken())


def memory() -> tuple[float, float]:
    """MB of this process with a model that sampled, and by how much it grew."""
    request = next(prompts()).model_copy(update={"n": MANY})
    before = _resident_mb()
    policy = load_policy("embedded", threads=1)
    timed(policy, request)
    after = _resident_mb()
    policy.close()
    return after, after - before


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@click.command()
@click.option("--rounds", "count", type=click.IntRange(min=3), default=15, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=HERE / "embedded.md", help="Where the table goes.")
def main(count: int, out: Path) -> None:
    """Measure, print the table and write it."""
    load = os.getloadavg()[0]
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        whole, grown = pool.submit(memory).result()
    policy = load_policy("embedded", threads=1)
    timed(policy, next(prompts()))
    measured = rounds(policy, count)
    policy.close()
    many = statistics.median(took for _, took in measured)
    text = TEXT.format(
        backend=choose_backend("embedded"),
        system=f"{platform.system()} {platform.machine()}",
        cores=os.cpu_count(),
        load=load,
        rounds=len(measured),
        tokens=TOKENS,
        many=MANY,
        ratio=statistics.median(took / one for one, took in measured),
        rate=MANY / many,
        speed=MANY * TOKENS / many,
        whole=whole,
        grown=grown,
    )
    click.echo(text)
    out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
