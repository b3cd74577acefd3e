"""A policy that answers from a script and a sandbox that answers from a table: searches without a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from reason_tui.policy import CancelToken, Completion, Message, PolicyInfo, SampleRequest, TokenSink, Usage
from reason_tui.sandbox.types import Failure, Job, SelfTest, TestRecord, Verdict

Script = Callable[[SampleRequest], list[str]]


class ScriptedPolicy:
    """Answers with what the script says, the prompt charged once to the first sibling; keeps the requests."""

    def __init__(self, script: Script) -> None:
        self.info = PolicyInfo(model="scripted", backend="test", context_length=2048)
        self.requests: list[SampleRequest] = []
        self.closed = False
        self._script = script

    def sample(self, request: SampleRequest, on_token: TokenSink, cancel: CancelToken) -> list[Completion]:
        self.requests.append(request)
        texts = self._script(request)
        for sibling, text in enumerate(texts):
            on_token(sibling, text)
        finish = "cancelled" if cancel.cancelled else "stop"
        return [
            Completion(
                text=text,
                usage=Usage(prompt=0 if sibling else 10, cached=10 if sibling else 0, completion=5),
                finish=finish,
            )
            for sibling, text in enumerate(texts)
        ]

    def count_tokens(self, messages: Sequence[Message], prefix: str = "") -> int:
        return sum(len(message.content.split()) for message in messages) + len(prefix.split())

    def load_adapter(self, adapter: Path | None) -> None:
        raise AssertionError("no test loads an adapter here")

    def close(self) -> None:
        self.closed = True


class TableSandbox:
    """Says of a program what the table says for the first key found in its text; everything else raises NameError.

    A value in [0, 1] is the share of ten tests that pass. Keeps the jobs.
    """

    def __init__(self, table: dict[str, float]) -> None:
        self.jobs: list[Job] = []
        self._table = table

    async def run(self, job: Job) -> Verdict:
        self.jobs.append(job)
        for key, share in self._table.items():
            if key in job.program:
                return _verdict(round(share * 10))
        failure = Failure(type="NameError", message="name 'x' is not defined", line=1)
        return Verdict(status="error", failure=failure, ms=2.0)

    async def selftest(self) -> SelfTest:
        return SelfTest(level="unsafe", tried=0)

    def describe(self) -> str:
        return "a table"

    async def close(self) -> None:
        self.jobs.clear()


def _verdict(passing: int) -> Verdict:
    records = tuple(
        TestRecord(test=f"f({i}) == {i}", ok=i < passing, call=f"f({i})", expected=str(i), got="0") for i in range(10)
    )
    status = "pass" if passing == 10 else "fail"
    return Verdict(status=status, records=records, loaded=True, has_entry_point=True, ms=2.0)
