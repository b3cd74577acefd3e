"""The best, kept event by event, is the one that a look at every node finds."""

from __future__ import annotations

import random

from support.recorded import answers, events_of, solved_run

from reason_tui.search import events as ev
from reason_tui.search.answer import best
from reason_tui.search.tree import Tree
from reason_tui.tasks.types import CallCase
from reason_tui.tui.ranking import Ranking


def check(events: list[ev.Event]) -> None:
    tree, ranking = Tree(), Ranking()
    for event in events:
        first = not isinstance(event, ev.NodeJudged) or tree.nodes[event.node].reward is None
        tree.apply(event)
        ranking.apply(event, tree, first=first)
        assert ranking.best(tree) is best(tree), event


async def test_after_every_event_of_a_run_with_duplicates_and_repairs():
    check(await solved_run())
    check(await events_of(answers("0", "2", "0", "2", "2", "1", "1", "1", "1"), budget=40, width=4))


async def test_after_pruning_pinning_and_judging_again():
    events, pick = (await solved_run())[:-1], random.Random(4)
    nodes = [event.node for event in events if isinstance(event, ev.NodeJudged) and event.verdict is not None]
    for number in range(60):
        node = pick.choice(nodes)
        act = pick.choice(("prune", "restore", "pin", "judge"))
        if act == "prune":
            events.append(ev.NodePruned(node=node))
        elif act == "restore":
            events.append(ev.NodeRestored(node=node))
        elif act == "pin":
            events.append(ev.NodePinned(node=node, pinned=bool(number % 2)))
        else:
            events.append(ev.NodeJudged(node=node, reward=pick.choice((0.1, 0.5, 1.0)), status="partial"))
    check(events)


async def test_where_programs_were_compared_and_a_question_was_answered():
    events = [_even(event) for event in await solved_run()][:-1]
    fourth = [at for at, event in enumerate(events) if isinstance(event, ev.NodeJudged)][3]
    scored = ev.CandidatesCompared(groups=(), scores=((1, 0.1), (2, 0.9)))
    answered = ev.QuestionAnswered(question=0, says="own", test=CallCase(args=("2",), expected="2"))
    check([*events[: fourth + 1], scored, answered, *events[fourth + 1 :]])


def _even(event: ev.Event) -> ev.Event:
    """The same reward for all: what else counts decides."""
    return event.model_copy(update={"reward": 0.3}) if isinstance(event, ev.NodeJudged) else event
