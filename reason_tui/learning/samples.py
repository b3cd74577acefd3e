"""What a run says about its task: every reply that was judged, with the prompt exactly as the policy saw it.

A pure fold over the events of one run; nothing is sampled or executed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from pydantic import Field

from reason_tui.policy import Message
from reason_tui.programs.identity import identity
from reason_tui.prompts import feedback
from reason_tui.runs.fold import RunView
from reason_tui.search import events as ev
from reason_tui.search.tree import Expansion, Node
from reason_tui.tasks.problem import task_key
from reason_tui.tasks.types import Frozen, Task
from reason_tui.text import one_line

MAX_WHY = 160


class Sample(Frozen):
    """One judged reply. `text` follows `prefix` in the assistant's turn and ends where the turn ends.

    `visits` and `total` are N and W of the node at the end of the run; `rank` is the critic's opinion in [0, 1], if
    there was one. `fingerprint` is equal for equal programs, and for equal replies that hold none.
    """

    run: str
    node: int
    task: str = Field(description="task_key")
    task_id: str
    origin: str
    messages: tuple[Message, ...]
    prefix: str
    text: str
    fingerprint: str
    reward: float = Field(ge=0, le=1)
    passed: bool
    visits: int = Field(ge=1)
    total: float = Field(ge=0)
    rank: float | None = Field(default=None, ge=0, le=1)
    why: str = ""
    model: str = Field(default="", description="As the run named it; empty where that was not kept.")

    @property
    def prompt(self) -> str:
        """Equal for samples that answer the same prompt, byte for byte."""
        return prompt_key(self.messages, self.prefix)


def prompt_key(messages: Iterable[Message], prefix: str) -> str:
    """A digest of everything the policy was given."""
    digest = hashlib.sha256()
    for message in messages:
        digest.update(f"{message.role}:{len(message.content)}:{message.content}".encode("utf-8", "surrogatepass"))
    digest.update(f"|{prefix}".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:24]


def samples_of(events: Iterable[ev.Event]) -> list[Sample]:
    """The judged replies of a run, oldest first. Left out: what was cut short, and what older tests judged.

    A run that has not begun has none.
    """
    view, whole = RunView(), set()
    for event in events:
        view.apply(event)
        if isinstance(event, ev.NodeAdded) and event.completion.finish == "stop":
            whole.add(event.node)
    if view.started is None or view.task is None:
        return []
    return list(_samples(view, view.started, view.task, whole))


def _samples(view: RunView, started: ev.RunStarted, task: Task, whole: set[int]) -> Iterator[Sample]:
    key = task_key(started.task)
    for expansion in view.tree.expansions.values():
        for node in view.tree.of(expansion):
            if node.id not in whole or node.reward is None or node.visits < 1 or view.tree.stale(node):
                continue
            sample = _sample(node, expansion, started, key, task)
            if _has_utf8(sample):
                yield sample


def _has_utf8(sample: Sample) -> bool:
    """Half characters (lone surrogates) have no tokens: such a prompt cannot be told to a trainer as it was."""
    words = (*(message.content for message in sample.messages), sample.prefix, sample.text, sample.why)
    try:
        "".join(words).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _sample(node: Node, expansion: Expansion, started: ev.RunStarted, key: str, task: Task) -> Sample:
    asked, reward, completion = expansion.started, node.reward or 0.0, node.completion or ""
    return Sample(
        run=started.run,
        node=node.id,
        task=key,
        task_id=task.id,
        origin=expansion.origin,
        messages=asked.messages,
        prefix=asked.prefix,
        text=completion + closing(completion, asked.stop),
        fingerprint=identity(node.program if node.program is not None else completion, task),
        reward=reward,
        passed=node.status == "passed",
        visits=node.visits,
        total=max(node.total, 0.0),
        rank=node.opinion,
        why=_why(node, task),
        model=started.policy.model,
    )


def closing(text: str, stop: tuple[str, ...]) -> str:
    """What the policy wrote last and its backend took away: the stop string, without the line end behind it.

    Empty where replies of this kind end by themselves.
    """
    end = stop[0].rstrip("\n") if stop else ""
    return "" if not end or text.rstrip("\n").endswith(end) else end


def _why(node: Node, task: Task) -> str:
    """The verdict in a line."""
    if node.verdict is None:
        return one_line(node.rejection, MAX_WHY)
    if node.status == "passed":
        return f"{node.verdict.passed} of {len(node.verdict.records)} tests pass."
    return one_line(feedback(node.verdict, task.entry_point).replace("\n", " "), MAX_WHY)
