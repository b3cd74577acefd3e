"""The sandbox that the settings ask for, and the proof that it holds."""

from __future__ import annotations

from reason_tui.engine.protocol import EngineSettings
from reason_tui.errors import SandboxError
from reason_tui.sandbox import Sandbox, open_sandbox


async def open_walls(settings: EngineSettings) -> Sandbox:
    """The sandbox of the settings, which nobody has attacked yet. Raises SandboxError."""
    return await open_sandbox(
        slots=settings.slots,
        level=settings.sandbox,
        unsafe_local=settings.unsafe_local,
        docker_image=settings.docker_image,
        docker_mode=settings.docker_mode,
        packages=settings.packages,
    )


async def proved_sandbox(settings: EngineSettings) -> Sandbox:
    """The sandbox of the settings, after its self-test. Raises SandboxError where something got through."""
    sandbox = await open_walls(settings)
    try:
        proved = await sandbox.selftest()
        if not proved.ok and not settings.unsafe_local:
            raise not_holding(sandbox.describe())
    except BaseException:
        await sandbox.close()
        raise
    return sandbox


def not_holding(sandbox: str) -> SandboxError:
    """The one way in which a self-test that failed is told; `sandbox` describes what was tested."""
    return SandboxError(
        "The sandbox does not hold on this machine.",
        why=f"Its self-test failed: {sandbox}.",
        hint="`reason-tui doctor` says more; --unsafe-local runs programs all the same.",
    )
