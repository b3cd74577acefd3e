"""The app as its further screens see it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from textual import work

from reason_tui.errors import ReasonTuiError
from reason_tui.tui.command_line import written
from reason_tui.tui.jobs_desk import JobsDesk
from reason_tui.tui.switching import Switching


class Room(Switching, JobsDesk):
    """Jobs, the engine that can be another, and training on a run."""

    @work(group="learn", exclusive=True)
    async def train_on(self, folder: Path) -> None:
        """Take the run in this folder in, and offer a training on it."""
        from reason_tui.learning.adapters.forms import require_train  # not needed to draw the first frame
        from reason_tui.learning.adapters.manifest import base_folder
        from reason_tui.learning.gathering import method_for
        from reason_tui.learning.store import Store

        if self.state_dir is None:
            return
        try:
            method = await asyncio.to_thread(method_for, Store(self.state_dir), folder)
            await asyncio.to_thread(require_train)
            await asyncio.to_thread(base_folder, self.chosen_model[0])
        except ReasonTuiError as error:
            self.tell(str(error), severity="warning")
            return
        self.tell("The run was taken in. Enter begins a training on it alone; take --run out to train on all.")
        await self.action_to_learn(written("train", method, "--run", folder.name))

    async def action_to_learn(self, command: str = "") -> None:
        """To the Learn screen, with this command to begin."""
        raise NotImplementedError
