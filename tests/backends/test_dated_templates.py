"""Templates that write the date write the same on all days, in every backend: a seed repeats a run tomorrow, too."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.dated import DATED, WRITTEN
from support.gguf_files import tiny_model
from support.hf_folders import tiny_folder
from support.layouts import layout
from support.sampling import QUESTION, ask, texts

from reason_tui.chat_templates import template_date
from reason_tui.models.loader import load_policy


def test_the_day_is_that_of_llama_s_templates():
    assert template_date("%d %b %Y") == "26 Jul 2024"


@pytest.mark.parametrize("begin", ["", "\n!"], ids=["plain", "behind-a-line-end"])
def test_the_prompt_is_the_same_on_all_days(tmp_path: Path, backend: str, begin: str):
    said = []
    for name, template in (("dated", begin + DATED), ("written", begin + WRITTEN)):
        if layout(backend) == "gguf":
            path = tiny_model(tmp_path / f"{name}.gguf", width=64, layers=1, template=template)
        else:
            path = tiny_folder(tmp_path / name, width=64, layers=1, template=template)
        policy = load_policy(str(path), backend, context_length=512)
        said.append((policy.count_tokens(QUESTION), texts(policy, ask(2, temperature=1.0, seed=3))))
        policy.close()
    assert said[0] == said[1]
