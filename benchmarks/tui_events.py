"""A run that grows for ever, made up: what an engine would send, as fast as one likes."""

from __future__ import annotations

import random
from collections.abc import Iterator

from reason_tui import __version__
from reason_tui.policy import Completion, Message, PolicyInfo, Usage
from reason_tui.sandbox.types import TestRecord, Verdict
from reason_tui.search import events as ev
from reason_tui.tasks.prompt import read_prompt

POLICY = PolicyInfo(model="none", backend="benchmark", context_length=4096)
PROMPT = "Parse ranges such as `1-3,5`.\n>>> parse('1-2')\n[1, 2]\n>>> parse('4')\n[4]\n>>> parse('1,,2')\n[1, 2]\n"
WIDTH = 4
PROGRAM = """\
def parse(text):
    out = []  # attempt {node}
    for part in text.split(','):
        if '-' in part[1:]:
            a, b = part.rsplit('-', {odd})
            out += range(int(a), int(b) + {odd})
        elif part.strip():
            out.append(int(part) + {odd})
    return out
"""
RECORDS = tuple(
    TestRecord(test=f"{call} == {value}", ok=ok, call=call, expected=value, got=value if ok else "[1, 2, 3]", ms=0.2)
    for call, value, ok in (
        ("parse('1-2')", "[1, 2]", True),
        ("parse('4')", "[4]", True),
        ("parse('1,,2')", "[1, 2]", False),
    )
)


class Growth:
    """Expansions of four, below random nodes (`wide`: all below the root, as best-of-n makes them)."""

    def __init__(self, *, wide: bool = False) -> None:
        self._pick = random.Random(7)
        self._wide = wide
        self._node = 1
        self._expansion = 0

    def begin(self) -> ev.RunStarted:
        """The first event."""
        return ev.RunStarted(
            run="r",
            task=read_prompt(PROMPT),
            settings=ev.SearchSettings(strategy="mcts", budget=1_000_000),
            policy=POLICY,
            sandbox="none",
            app_version=__version__,
        )

    def upto(self, nodes: int) -> Iterator[ev.Event]:
        """Whole expansions until there are at least so many nodes."""
        while self._node < nodes:
            yield from self.expansion()

    def expansion(self) -> list[ev.Event]:
        """One more: eleven events."""
        number, first = self._expansion, self._node
        self._expansion, self._node = number + 1, first + WIDTH
        parent = 0 if self._wide or self._pick.random() < 0.1 else self._pick.randrange(first)
        nodes = tuple(range(first, first + WIDTH))
        asked = PROMPT + (
            "" if parent == 0 else f"\nThis program is wrong:\n{_program(parent)}\nparse('1,,2') raised …"
        )
        started = ev.ExpansionStarted(
            expansion=number,
            parent=parent,
            origin="repair" if parent else "draft",
            nodes=nodes,
            messages=(Message(role="user", content=asked),),
            prefix="```python\ndef parse(text):\n",
            temperature=0.8,
            seed=number,
        )
        events: list[ev.Event] = [started]
        events += [self._added(number, node) for node in nodes]
        events.append(ev.ExpansionSampled(expansion=number, seconds=1.0))
        return [*events, *(self._judged(node) for node in nodes)]

    def _added(self, expansion: int, node: int) -> ev.NodeAdded:
        completion = Completion(text=_program(node), usage=Usage(prompt=120, completion=90), mean_logprob=-0.4)
        return ev.NodeAdded(expansion=expansion, node=node, completion=completion, program=completion.text)

    def _judged(self, node: int) -> ev.NodeJudged:
        """Two tests in three, like most programs of a long search that is not yet over."""
        raised = self._pick.random() < 0.5
        verdict = Verdict(
            status="fail", records=RECORDS if not raised else (), loaded=not raised, has_entry_point=not raised, ms=0.6
        ).model_copy(deep=True)
        return ev.NodeJudged(
            node=node, reward=0.1 if raised else 0.7, status="error" if raised else "partial", verdict=verdict
        )


def _program(node: int) -> str:
    return PROGRAM.format(node=node, odd=node % 3)
