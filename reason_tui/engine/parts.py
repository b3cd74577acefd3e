"""The model and the sandbox of an engine: opened side by side, closed whatever happens to the other."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
import traceback
from collections.abc import Awaitable, Callable
from typing import cast

from reason_tui.engine.protocol import EngineSettings, Ready
from reason_tui.engine.telemetry import memory_mb
from reason_tui.policy import OnDevice, Policy
from reason_tui.sandbox.types import Sandbox, SelfTest
from reason_tui.search.sampling import PolicyThread

LoadPolicy = Callable[[EngineSettings], Policy]
"""Blocking; called in a thread."""
OpenSandbox = Callable[[EngineSettings], Awaitable[Sandbox]]

GRACE_S = 3.0
"""How long a run, the sandbox and the model each may take to end."""


class Parts:
    """What a run needs. Both are None until they are there."""

    def __init__(self) -> None:
        self.sampler: PolicyThread | None = None
        self.sandbox: Sandbox | None = None

    async def open(self, settings: EngineSettings, load: LoadPolicy, sandbox: OpenSandbox) -> Ready:
        """Both at once, and the sandbox tested. Raises what one of them raised, the model's error first."""

        async def model() -> tuple[PolicyThread, float]:
            before = memory_mb()
            policy = await _in_thread(load, settings)
            self.sampler = PolicyThread(policy)
            elsewhere = policy.device_bytes if isinstance(policy, OnDevice) else 0
            return self.sampler, memory_mb() - before + elsewhere / 2**20

        async def walls() -> tuple[Sandbox, SelfTest]:
            self.sandbox = await sandbox(settings)
            return self.sandbox, await self.sandbox.selftest()

        loaded, opened = await asyncio.gather(model(), walls(), return_exceptions=True)
        if isinstance(loaded, BaseException):
            raise loaded
        if isinstance(opened, BaseException):
            raise opened
        (sampler, grown), (opened_walls, tested) = loaded, opened
        return Ready(
            policy=sampler.info,
            sandbox=opened_walls.describe(),
            sandbox_ok=tested.ok,
            level=tested.level,
            model_mb=grown,
        )

    async def close(self) -> None:
        """Close what is open."""
        if self.sandbox is not None:
            await in_time(self.sandbox.close())
        if self.sampler is not None:
            await in_time(self.sampler.close())


async def in_time(ending: Awaitable[object]) -> None:
    """Await one step of the engine's end, for `GRACE_S` at most. Raises nothing: the end goes on."""
    try:
        await asyncio.wait_for(ending, GRACE_S)
    except TimeoutError:
        print(f"engine {os.getpid()}: gave up waiting for {ending}", flush=True)
    except Exception:  # noqa: BLE001 whatever one part says, the others are still to be ended
        traceback.print_exc()


async def _in_thread(load: LoadPolicy, settings: EngineSettings) -> Policy:
    """`load(settings)` in a thread that, unlike an executor's, does not hold up the end of the process."""
    loop = asyncio.get_running_loop()
    loaded: asyncio.Future[Policy] = loop.create_future()

    def tell(policy: Policy | None, error: BaseException | None) -> None:
        if not loaded.done():
            loaded.set_exception(error) if error is not None else loaded.set_result(cast("Policy", policy))
        elif policy is not None:
            policy.close()  # nobody waits for it any more

    def work() -> None:
        policy, failure = None, None
        try:
            policy = load(settings)
        except BaseException as error:  # noqa: BLE001 handed over to whoever awaits
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop is closed: the process is about to end
            loop.call_soon_threadsafe(tell, policy, failure)

    threading.Thread(target=work, name="load", daemon=True).start()
    return await loaded
