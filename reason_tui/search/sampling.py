"""The one thread that calls a policy, so that the event loop stays free and no engine sees two threads."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from reason_tui.policy import CancelToken, Completion, Policy, PolicyInfo, SampleRequest, TokenSink


class PolicyThread:
    """A policy, reached from an event loop. Owns the policy: `close` closes it."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="policy")

    @property
    def info(self) -> PolicyInfo:
        """What the policy is."""
        return self._policy.info

    async def sample(self, request: SampleRequest, on_token: TokenSink, cancel: CancelToken) -> list[Completion]:
        """`Policy.sample` in the policy's thread; `on_token` is called there too."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._policy.sample, request, on_token, cancel)

    async def close(self) -> None:
        """Close the policy and end the thread."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._policy.close)
        self._thread.shutdown()
