"""A quantised model solves as much as the whole one, as far as a hundred tasks can tell."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

import pytest
from support.layouts import has_embedded
from support.needs import skip_without

from reason_tui.evaluation import EvaluationSettings, evaluate, load_dataset
from reason_tui.evaluation.statistics import bootstrap
from reason_tui.models.catalogue import embedded_model
from reason_tui.models.loader import load_policy, missing_packages
from reason_tui.sandbox import open_sandbox
from reason_tui.search.sampling import PolicyThread

skip_without("llama-cpp", not missing_packages("llama-cpp"), "make llama-cpp")
skip_without("embedded-model", has_embedded("gguf"), "assets/embedded has no model of this form")

TASKS = 100
_Q8_0 = 7


def quantised(path: Path) -> Path:
    """The embedded model with eight bits a weight, by llama.cpp's own means."""
    from reason_tui_backends._llama_library import lib

    params = lib.llama_model_quantize_default_params()
    params.ftype, params.nthread = _Q8_0, 1
    assert lib.llama_model_quantize(os.fsencode(embedded_model()), os.fsencode(path), ctypes.byref(params)) == 0
    return path


async def passes(model: str) -> list[bool]:
    """Of greedy answers, one for each task."""
    sampler = PolicyThread(load_policy(model, "llama-cpp", context_length=1024))
    sandbox = await open_sandbox(slots=2)
    try:
        settings = EvaluationSettings(strategies=("greedy",), budgets=(1,))
        kept = await evaluate(load_dataset("embedded", TASKS), settings, sampler=sampler, sandbox=sandbox)
    finally:
        await sandbox.close()
        await sampler.close()
    return [result.passed for result in sorted(kept.found, key=lambda result: result.task)]


@pytest.mark.timeout(600)
async def test_eight_bits_pass_as_many_tasks_as_sixteen_within_their_interval(tmp_path: Path):
    whole = await passes("embedded")
    small = quantised(tmp_path / "small.gguf")
    assert small.stat().st_size < 0.7 * embedded_model().stat().st_size
    fewer = await passes(str(small))
    low, high = bootstrap(whole)
    assert len(whole) == len(fewer) == TASKS
    assert low <= sum(fewer) / TASKS <= high
