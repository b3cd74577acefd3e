"""The way from a reply to a grade on real tasks: prefix, sanitize, visible tests, choice, hidden tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.scripted import ScriptedPolicy

from reason_tui.evaluation import EvaluationSettings, evaluate, load_dataset
from reason_tui.policy import SampleRequest
from reason_tui.sandbox import open_sandbox
from reason_tui.search.sampling import PolicyThread

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "humaneval"

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="needs shared-data: the shared HumanEval data are not beside this checkout"
)


@pytest.mark.parametrize(("right", "passed"), [(True, 164), (False, 0)])
async def test_references_pass_and_functions_without_a_result_fail(right, passed):
    """The visible examples of three tasks (47, 116, 148) contradict their references, and steer all the same."""
    tasks = load_dataset(str(FOLDER))
    answers = {graded.task.prompt.strip(): graded.reference[len(graded.task.prompt) :] for graded in tasks}

    def say(request: SampleRequest) -> list[str]:
        said = request.messages[0].content
        body = next(answer for prompt, answer in answers.items() if said.startswith(prompt))
        return [body if right else "    return None\n"]

    sampler = PolicyThread(ScriptedPolicy(say))
    sandbox = await open_sandbox(slots=2, unsafe_local=True)
    try:
        settings = EvaluationSettings(strategies=("greedy",), budgets=(1,))
        kept = await evaluate(tasks, settings, sampler=sampler, sandbox=sandbox)
    finally:
        await sandbox.close()
        await sampler.close()
    assert sum(result.passed for result in kept.found) == passed
    if right:
        refuted = [result.task for result in kept.found if result.outcome == "unsolved"]
        assert refuted == ["HumanEval/47", "HumanEval/116", "HumanEval/148"]
