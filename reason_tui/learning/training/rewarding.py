"""Rewards for GRPO: each sampled reply judged as a search would judge it. Imports nothing heavy."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, TypeVar

from reason_tui.engine.protocol import EngineSettings
from reason_tui.engine.walls import proved_sandbox
from reason_tui.learning.problems import says_what_is_right
from reason_tui.programs.sanitize import extract, extract_solution
from reason_tui.rewards import NO_PROGRAM, judge
from reason_tui.rewards.code import RUNS
from reason_tui.sandbox.types import Limits, Sandbox
from reason_tui.search.referee import SandboxReferee
from reason_tui.tasks.types import Task

T = TypeVar("T")
_UNVERIFIED = {"code": RUNS, "math": 0.5}
"""What a program that loads, or a solution all of whose steps compute, earns where nothing says what is right."""


class Rewarding:
    """A sandbox in an event loop of its own thread, so that a trainer that knows no event loop can ask it.

    Raises SandboxError where there is none to be trusted. Code earns by its visible tests, solutions in words by their
    steps and answer (`reason_tui.rewards`). Where nobody says what is right, agreement stands in for it: how many of
    the other programs or solutions of the same task, asked about together, do or answer the same.
    """

    def __init__(self, engine: EngineSettings) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="rewards", daemon=True)
        self._thread.start()
        self._known: dict[tuple[str, str], float] = {}
        """By the task as it is, since two datasets may give two tasks one id, and the program."""
        try:
            self._sandbox: Sandbox = self._wait(proved_sandbox(engine))
        except BaseException:
            self._end()
            raise
        self._referee = SandboxReferee(Limits(), self._sandbox)

    def rewards(self, tasks: Sequence[Task], replies: Sequence[str]) -> list[float]:
        """The reward in [0, 1] of each reply to its task. Raises SandboxError where the sandbox is broken.

        All replies of a group must be asked about in one call.
        """
        return self._wait(self._all(tasks, replies))

    def close(self) -> None:
        """End the sandbox and the thread."""
        try:
            self._wait(self._sandbox.close())
        finally:
            self._end()

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _all(self, tasks: Sequence[Task], replies: Sequence[str]) -> list[float]:
        programs = [_program(*pair) for pair in zip(tasks, replies, strict=True)]
        rewards = list(await asyncio.gather(*(self._one(*pair) for pair in zip(tasks, programs, strict=True))))
        groups: dict[str, list[int]] = {}
        for at, task in enumerate(tasks):
            if not says_what_is_right(task) and programs[at] is not None:
                groups.setdefault(task.model_dump_json(), []).append(at)
        for group in groups.values():
            for at, share in (await self._agreement(tasks[group[0]], {at: programs[at] or "" for at in group})).items():
                rewards[at] += (1 - _UNVERIFIED[tasks[at].kind]) * share
        return rewards

    async def _one(self, task: Task, program: str | None) -> float:
        if program is None:
            return NO_PROGRAM
        key = (task.model_dump_json(exclude={"id"}), program)
        if key not in self._known:
            self._known[key] = judge(await self._referee.verdict(program, task), task)[0]
        return self._known[key]

    async def _agreement(self, task: Task, programs: Mapping[int, str]) -> dict[int, float]:
        """The share of the others that agree with each; nothing where that cannot be told."""
        found = await self._referee.compare(programs, {}, task)
        if found is None:
            return {}
        others = max(len(programs) - 1, 1)
        by_group = {at: (len(group.nodes) - 1) / others for group in found.groups for at in group.nodes}
        return dict(found.scores) or by_group

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


def _program(task: Task, reply: str) -> str | None:
    return (extract_solution(reply) if task.kind == "math" else extract(reply, task)).program
