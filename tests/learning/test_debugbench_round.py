"""CodeQ's setting: a round on DebugBench, from `configs/codeq.toml`, by the command that a user types.

The tasks, the sandbox, the search, the critic, the pairs and the trainings are real; the policy is a script that knows
the solutions, since no model that ships repairs LeetCode programs.
"""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from support.hf_folders import tiny_folder
from support.needs import skip_without
from support.scripted import ScriptedPolicy

from reason_tui.cli.main import run
from reason_tui.evaluation import load_dataset
from reason_tui.learning import workshop
from reason_tui.learning.keys import is_held_out
from reason_tui.learning.pairs import Example, Pair
from reason_tui.policy import PolicyInfo, SampleRequest
from reason_tui.programs import normal_form
from reason_tui.tasks.problem import task_key

DATA = Path(__file__).parents[3] / "shared" / "data" / "debugbench_py3" / "debugbench_py3_exec.jsonl.gz"
SMALL = "--limit 8 --measure-on 2 --samples 2 --budget 4 --on-policy 0 --fresh --json"
TRAINED = "--steps 2 --rank 4 --batch 4 --max-length 8000 --device cpu --dpo-lr 1e-3 --sft-lr 1e-3"


@pytest.fixture
def rows() -> list[dict[str, Any]]:
    """One bug each of the shortest problems."""
    skip_without("shared-data", DATA.is_file(), "../shared/data/debugbench_py3")
    with gzip.open(DATA, "rt") as file:
        found = [row for line in file if (row := json.loads(line))["oracle_code"].startswith("class Solution")]
    found.sort(key=lambda row: len(row["description"]) + len(row["buggy_code"]))
    return list({row["slug"]: row for row in reversed(found)}.values())[::-1][:14]


class Repairer(ScriptedPolicy):
    """Knows the solution of every row; two of its replies are wrong ones of the same length."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        super().__init__(self._answer)
        self.info = PolicyInfo(model="scripted", backend="test", context_length=8192, adapter_format="peft")
        self.adapters: list[Path] = []
        self._rows = rows

    def load_adapter(self, adapter: Path | None) -> None:
        if adapter is not None:
            self.adapters.append(adapter)

    def _answer(self, request: SampleRequest) -> list[str]:
        content = request.messages[-1].content
        if "Rank these programs" in content:
            return ["1 2 3 4"]
        row = next(row for row in self._rows if row["description"].strip() in content)
        right = row["oracle_code"].strip()
        wrong = [re.sub(r"\breturn\b.*", f"return {value}", right) for value in ("'no'", "'off'", "'bad'")]
        said = request.prefix.removeprefix("```python\n")
        assert right.startswith(said), "a model that is given this beginning can write the solution"
        return [f"{program.removeprefix(said)}\n```" for program in (wrong[0], right, *wrong[1:])][: request.n]


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("train_extra")
def test_a_round_on_debugbench_runs_from_its_preset(
    clean_environment: Path, rows: list[dict[str, Any]], monkeypatch, capfd: pytest.CaptureFixture[str]
):
    dataset = Path("debugbench.jsonl")
    dataset.write_text("".join(json.dumps(row) + "\n" for row in rows))
    model = tiny_folder(clean_environment / "model", width=32, layers=1, context=8192)
    policies: list[Repairer] = []

    def load(*_: object, **__: object) -> Repairer:
        policies.append(Repairer(rows))
        return policies[-1]

    monkeypatch.setattr(workshop, "load_policy", load)
    state = clean_environment / "state"
    where = ["--preset", "codeq", "--tasks", str(dataset), "--model", str(model), "--state-dir", str(state)]
    assert run(["learn", *where, *SMALL.split(), *TRAINED.split(), "--out", "report"], lambda *_: 0) == 0
    report = json.loads(capfd.readouterr().out)
    search, (found,) = report["plan"]["search"], report["rounds"]
    assert (search["strategy"], search["critic"], search["temperature"]) == ("mcts", True, 0.9)
    assert found["tasks_solved"] >= 6
    assert found["examples"] >= 6
    assert found["pairs"] >= 6
    assert report["adapter"] == found["dpo"]
    assert {path.parent.name for policy in policies for path in policy.adapters} == {found["sft"], found["dpo"]}
    assert "pass@1 on 2 held-out tasks" in Path("report.md").read_text()
    check_lessons(state, dataset, policies, found)


def check_lessons(state: Path, dataset: Path, policies: list[Repairer], found: dict[str, Any]) -> None:
    """Nothing identical, no prompt that the policy was not given, nothing of a task that is held out."""
    folder = state / "adapters"
    pairs = [Pair.model_validate_json(line) for line in (folder / found["dpo"] / "data.jsonl").open()]
    cloned = [Example.model_validate_json(line) for line in (folder / found["sft"] / "data.jsonl").open()]
    assert len(pairs) == found["pairs"]
    assert all(normal_form(pair.prefix + pair.chosen) != normal_form(pair.prefix + pair.rejected) for pair in pairs)
    asked = {(request.messages, request.prefix) for policy in policies for request in policy.requests}
    assert {(lesson.messages, lesson.prefix) for lesson in (*pairs, *cloned)} <= asked
    held = {task_key(graded.task) for graded in load_dataset(str(dataset)) if is_held_out(graded, 0.2)}
    assert held
    assert not held & {lesson.task for lesson in (*pairs, *cloned)}
    assert {lesson.origin for lesson in cloned} == {"repair"}
