"""What is trained on has the date that searches had in their prompts, whatever the day."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.dated import DATED, WRITTEN
from support.hf_folders import tiny_folder

from reason_tui.policy import Message


@pytest.mark.usefixtures("train_extra")
def test_lessons_have_the_prompt_of_the_backends_on_all_days(tmp_path: Path):
    from reason_tui_backends._chat import Chat

    from reason_tui.learning.training.tokens import ChatTokens

    asked, prefix = (Message(role="user", content="Add one."),), "```python\n"
    folders = [
        tiny_folder(tmp_path / name, width=32, layers=1, template=template)
        for name, template in (("dated", DATED), ("written", WRITTEN))
    ]
    dated, written = (ChatTokens(folder) for folder in folders)
    assert dated.prompt(asked, prefix) == written.prompt(asked, prefix) == Chat(folders[0]).tokens(asked, prefix)
    assert dated.reply("x") == written.reply("x")
