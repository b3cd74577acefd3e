"""Datasets run by strategy, and what can be said of the results.

tasks = load_dataset("embedded", limit=120)
print((await check_dataset(tasks, sandbox)).text())
kept = await evaluate(tasks, settings, sampler=sampler, sandbox=sandbox, results=path)
print(render_table(summarise(kept.header, kept.found, tasks=tasks), "markdown"))
"""

from reason_tui.evaluation.check import DatasetCheck, check_dataset
from reason_tui.evaluation.datasets import EMBEDDED, load_dataset
from reason_tui.evaluation.outcome import EvaluationSettings, Header, TaskResult
from reason_tui.evaluation.report import Format, render_table
from reason_tui.evaluation.results import Results
from reason_tui.evaluation.runner import Progress, evaluate
from reason_tui.evaluation.summary import Comparison, Report, Row, summarise

__all__ = [
    "EMBEDDED",
    "Comparison",
    "DatasetCheck",
    "EvaluationSettings",
    "Format",
    "Header",
    "Progress",
    "Report",
    "Results",
    "Row",
    "TaskResult",
    "check_dataset",
    "evaluate",
    "load_dataset",
    "render_table",
    "summarise",
]
