"""What the tests of single backends ask, and a process of its own that a backend must leave in silence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from reason_tui.policy import CancelToken, Completion, Message, ModelSpec, Policy, SampleRequest

QUESTION = (Message(role="user", content="Say something new, and then something else."),)
LONG = (Message(role="user", content="Say something. " * 40),)

_SCRIPT = """
import sys
from pathlib import Path
from reason_tui.models.loader import load_policy
from reason_tui.policy import CancelToken, Message, SampleRequest
backend, model, adapter = sys.argv[1:]
policy = load_policy(model, backend)
request = SampleRequest(messages=(Message(role="user", content="x"),), n=2, max_tokens=8)
policy.sample(request, lambda *_: None, CancelToken())
policy.load_adapter(Path(adapter))
policy.sample(request, lambda *_: None, CancelToken())
policy.load_adapter(None)
policy.close()
"""


def spec(path: Path, **options: Any) -> ModelSpec:
    """To load the model at `path` with room for 1,024 tokens."""
    return ModelSpec(name="tiny", path=path, **{"context_length": 1024, **options})


def ask(n: int = 4, **changes: Any) -> SampleRequest:
    """`n` lively siblings of 40 tokens."""
    fields = {"messages": QUESTION, "n": n, "seed": 1, "max_tokens": 40, "temperature": 1.5, "top_p": 0.99, **changes}
    return SampleRequest.model_validate(fields)


def sample(policy: Policy, request: SampleRequest) -> list[Completion]:
    """Without listening."""
    return policy.sample(request, lambda *_: None, CancelToken())


def texts(policy: Policy, request: SampleRequest) -> list[str]:
    """The siblings' texts."""
    return [completion.text for completion in sample(policy, request)]


def check_silence(backend: str, model: Path, adapter: Path) -> None:
    """Load, sample, adapt and close in a process of its own: pytest keeps warnings to itself, here they are seen."""
    result = subprocess.run(
        [sys.executable, "-c", _SCRIPT, backend, str(model), str(adapter)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")


def about(word: str) -> tuple[Message, ...]:
    """A prompt of more than two chunks of any backend; such prompts differ in the last one."""
    return (Message(role="user", content="Say something. " * 20 + word),)


def check_return(policy: Policy) -> None:
    """After other prompts the first one is evaluated no more, and gives the same texts."""
    first = ask(messages=about("one"))
    prompt, expected = policy.count_tokens(first.messages), texts(policy, first)
    for word in ("two", "three"):
        texts(policy, ask(messages=about(word)))
    again = sample(policy, first)
    assert (again[0].usage.prompt, again[0].usage.cached) == (0, prompt)
    assert [reply.text for reply in again] == expected
