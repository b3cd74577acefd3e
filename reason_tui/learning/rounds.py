"""`learn`: rounds of collect → SFT → DPO → measure, each searching with what the last one left.

The SFT of each round begins where the chain began and learns from the searches of all rounds so far; DPO goes on from
it. Every stage keeps what it has and passes over what is there: a chain that was cut off goes on when it is asked for
again. Nothing is promoted: that is a person's to do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from reason_tui import __version__
from reason_tui.engine.jobs import Job
from reason_tui.engine.protocol import EngineSettings
from reason_tui.errors import DatasetError, StateError
from reason_tui.evaluation import load_dataset
from reason_tui.learning.adapters.manifest import Compared, Manifest, base_of
from reason_tui.learning.adapters.shelf import Shelf
from reason_tui.learning.collect import Collected, collect, divide
from reason_tui.learning.costs import CostBook
from reason_tui.learning.measure import compare, measurable, measure
from reason_tui.learning.pairs import Lesson, Pair
from reason_tui.learning.plan import LearnReport, Plan, Round, weights_of
from reason_tui.learning.store import Store
from reason_tui.learning.training import Method
from reason_tui.learning.training.dataset import enough, learned, read
from reason_tui.learning.training.train import train
from reason_tui.learning.workshop import workshop
from reason_tui.runs.folders import private_dir, reason
from reason_tui.tasks.problem import task_key
from reason_tui.tasks.types import GradedTask, Task

_COSTS, _MEASURED = "costs.json", "measured.jsonl"


class Chain:
    """One chain of rounds. `folder` keeps what is measured and what it cost."""

    def __init__(self, plan: Plan, engine: EngineSettings, job: Job, start: Manifest | None) -> None:
        self._plan, self._engine, self._job, self._start = plan, engine, job, start
        state = Path(engine.state_dir)
        self._store, self._shelf = Store(state), Shelf(state)
        self._base = base_of(engine.model)
        self._training, held, ordinary = _tasks(plan)
        self.name = f"learn-{plan.digest(weights_of(self._base, start), self._training)}"
        self.folder = state / "learning" / self.name
        try:
            private_dir(self.folder)
        except OSError as error:
            raise StateError(f"{self.folder} cannot be made.", why=reason(error)) from error
        self._costs = CostBook(self.folder / _COSTS)
        self._store.hold_out((one.task for one in held), plan.dataset)
        self._store.hold_out((one.task for one in ordinary), plan.ordinary)
        known = learned(self._shelf, start)
        self._held = measurable(held, known, self._store.held_out())[: plan.held_out]
        self._ordinary = measurable(ordinary, known, self._store.held_out()) if ordinary else []
        self._runs: list[str] = []
        self._shares: dict[tuple[str, str], dict[str, float]] = {}

    def run(self) -> LearnReport:
        """All rounds, then the report. Raises what its stages raise; what they left is gone on with."""
        current, rounds = self._start, []
        for number in range(1, self._plan.rounds + 1):
            found, current = self._round(number, current)
            rounds.append(found)
        assert current is not None, "there is a round, and it trained"
        last = self._compared(current, self._held, self._plan.dataset)
        ordinary = self._compared(current, self._ordinary, self._plan.ordinary) if self._ordinary else None
        return LearnReport(
            base=self._base,
            start=None if self._start is None else self._start.name,
            plan=self._plan,
            rounds=tuple(rounds),
            adapter=current.name,
            delta=last.difference,
            ci_low=last.low,
            ci_high=last.high,
            before=last.before,
            after=last.after,
            ordinary=ordinary,
            costs=self._costs.read(),
            app_version=__version__,
        )

    def _round(self, number: int, current: Manifest | None) -> tuple[Round, Manifest]:
        plan = self._plan
        searched = self._collect(number, current, plan.searches, "collect")
        examples = self._store.examples(plan.rules, self._runs)
        with self._costs.timed("sft"):
            sft = self._train(f"{self.name}-{number}-sft", examples, None)
        after, note = sft, ""
        pairs: list[Pair] = []
        if plan.dpo is not None:
            if plan.on_policy:
                more = self._collect(number, sft, plan.on_policy, "collect on policy")
                searched.solved |= more.solved
                searched.searches += more.searches
            pairs = self._store.pairs(plan.rules, self._runs)
            if enough(pairs):
                with self._costs.timed("dpo"):
                    after = self._train(f"{self.name}-{number}-dpo", pairs, sft)
            else:
                note = f"No DPO: {len(pairs)} pairs are too few."
                self._job.note(note)
        stages = [sft] if after is sft else [sft, after]
        return Round(
            number=number,
            searches=searched.searches,
            tasks=len(self._training),
            tasks_solved=len(searched.solved),
            examples=self._learned_from(sft, "sft"),
            pairs=len(pairs) if after is sft else self._learned_from(after, "dpo"),
            sft=sft.name,
            dpo=None if after is sft else after.name,
            measured=tuple(self._compared(each, self._held, plan.dataset) for each in stages),
            dpo_over_sft=None if after is sft else self._between(sft, after, self._held, plan.dataset),
            note=note,
        ), after

    def _train(self, name: str, lessons: Sequence[Lesson], start: Manifest | None) -> Manifest:
        settings = self._plan.sft if start is None else self._plan.dpo
        assert settings is not None, "DPO is planned"
        return train(
            name,
            self._engine.model,
            lessons,
            settings,
            shelf=self._shelf,
            job=self._job,
            start=self._start if start is None else start,
        )

    def _learned_from(self, adapter: Manifest, method: Method) -> int:
        """Lessons of this training: of one that was there, perhaps not those that the store would give now."""
        fixed = read(self._shelf.place(adapter.name), method)
        return len(fixed.train) + len(fixed.valid)

    def _collect(self, number: int, adapter: Manifest | None, searches: int, stage: str) -> Collected:
        seed = self._plan.search.seed + 1000 * number + (500 if stage != "collect" else 0)

        async def work() -> Collected:
            async with workshop(self._engine, adapter) as shop:
                return await collect(
                    self._training,
                    self._plan.search.model_copy(update={"seed": seed}),
                    searches,
                    weights=weights_of(self._base, adapter),
                    store=self._store,
                    shop=shop,
                    told=lambda done, total, words: self._job.progress(
                        done, total, f"round {number}, {stage}: {words}"
                    ),
                )

        with self._costs.timed(stage):
            found = asyncio.run(work())
        self._runs += found.runs
        self._costs.charge(found.ledger)
        return found

    def _measured(self, adapter: Manifest | None, tasks: Sequence[GradedTask], dataset: str) -> dict[str, float]:
        key = (dataset, "" if adapter is None else adapter.name)
        words = "before" if adapter is self._start else key[1]

        async def work() -> dict[str, float]:
            async with workshop(self._engine, adapter) as shop:
                return await measure(
                    tasks,
                    self._plan.samples,
                    self._plan.search,
                    weights=weights_of(self._base, adapter),
                    shop=shop,
                    kept=self.folder / _MEASURED,
                    told=lambda done, total, said: self._job.progress(done, total, f"measuring {words}: {said}"),
                )

        if key not in self._shares:
            with self._costs.timed("measure"):
                self._shares[key] = asyncio.run(work())
        return self._shares[key]

    def _compared(self, adapter: Manifest, tasks: Sequence[GradedTask], dataset: str) -> Compared:
        """Against what the chain began with. Noted with the adapter: a person may promote one that is not the last."""
        found = self._between(self._start, adapter, tasks, dataset)
        self._shelf.note(adapter.name, found)
        return found

    def _between(self, one: Manifest | None, other: Manifest, tasks: Sequence[GradedTask], dataset: str) -> Compared:
        before, after = (self._measured(each, tasks, dataset) for each in (one, other))
        return compare(dataset, self._plan.samples, before, after, tasks, "" if one is None else one.name)


def _tasks(plan: Plan) -> tuple[list[Task], list[GradedTask], list[GradedTask]]:
    """To learn from, held out, and the ordinary ones, none of which is among the first."""
    graded = [one for one in load_dataset(plan.dataset) if one.group.startswith(plan.group)]
    if not graded:
        raise DatasetError(f"{plan.dataset} has no tasks of the group {plan.group}.")
    training, held = divide(graded, plan.share)
    if not held:
        raise DatasetError(f"{plan.dataset} has no held-out tasks to measure on.", hint="Give a share: --hold-out .2")
    own = {task_key(task) for task in training}
    ordinary = load_dataset(plan.ordinary, plan.ordinary_limit) if plan.ordinary else ()
    return training[: plan.limit], held, [one for one in ordinary if task_key(one.task) not in own]
