"""What a round works with: the sandbox, attacked before it is trusted, and the model, with or without an adapter."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from reason_tui.engine.process import quiet_threads
from reason_tui.engine.protocol import EngineSettings
from reason_tui.engine.walls import proved_sandbox
from reason_tui.learning.adapters.forms import put_on
from reason_tui.learning.adapters.manifest import Manifest
from reason_tui.learning.adapters.shelf import Shelf
from reason_tui.models.loader import load_policy
from reason_tui.policy import Policy
from reason_tui.sandbox import Sandbox
from reason_tui.search.sampling import PolicyThread


@dataclass(frozen=True)
class Workshop:
    """An open sandbox and an open policy."""

    sandbox: Sandbox
    sampler: PolicyThread


@asynccontextmanager
async def workshop(engine: EngineSettings, adapter: Manifest | None) -> AsyncIterator[Workshop]:
    """Both, for as long as the block lasts. Raises SandboxError, BackendError, and what `put_on` raises."""
    async with AsyncExitStack() as stack:
        sandbox = await proved_sandbox(engine)
        stack.push_async_callback(sandbox.close)
        sampler = PolicyThread(_policy(engine, adapter))
        stack.push_async_callback(sampler.close)
        yield Workshop(sandbox, sampler)


def _policy(engine: EngineSettings, adapter: Manifest | None) -> Policy:
    quiet_threads()
    policy = load_policy(engine.model, engine.backend, **{**engine.model_options(), "adapter": None})
    try:
        put_on(policy, Shelf(Path(engine.state_dir)), adapter, engine.model)
    except BaseException:
        policy.close()
        raise
    return policy
