"""Completions and verdicts that are kept: strategies are compared on the same samples, and nothing is made twice.

The i-th sample of a prompt is the same for every strategy that asks for it under the same seed: within a search each is
used once, so a search has the distribution it would have with samples of its own, and the differences between
strategies have less noise. What a kept sample is charged does not depend on who asked for it first (`charging`).
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
import zlib
from collections.abc import Sequence
from pathlib import Path

from reason_tui.errors import StateError
from reason_tui.evaluation.charging import Charges
from reason_tui.policy import CancelToken, Completion, Message, Policy, SampleRequest, TokenSink
from reason_tui.sandbox.types import Job, Sandbox, SelfTest, Verdict

BLOCK = 4
"""Siblings that are sampled at a time."""


class Store:
    """A file of texts by key. Usable from any thread. Raises StateError where it cannot be opened."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._base = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._base.execute("PRAGMA journal_mode=WAL")
            self._base.execute("PRAGMA synchronous=NORMAL")
            self._base.execute("CREATE TABLE IF NOT EXISTS kept (key BLOB PRIMARY KEY, text BLOB) WITHOUT ROWID")
        except (OSError, sqlite3.Error) as error:
            raise StateError(f"{path} cannot be used to keep samples.", why=f"{error}.") from None

    def get(self, key: bytes) -> str | None:
        """None where there is nothing."""
        with self._lock:
            row = self._base.execute("SELECT text FROM kept WHERE key = ?", (key,)).fetchone()
        return None if row is None else zlib.decompress(row[0]).decode("utf-8", "surrogatepass")

    def put(self, key: bytes, text: str) -> None:
        """What was there is replaced."""
        packed = zlib.compress(text.encode("utf-8", "surrogatepass"))
        with self._lock:
            self._base.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", (key, packed))

    def close(self) -> None:
        """Close the file."""
        self._base.close()


class KeptPolicy:
    """A `Policy` that asks another one only for what is not kept. `begin` before each search."""

    def __init__(self, policy: Policy, store: Store, name: str) -> None:
        """`name` says which model this is: its samples are its own."""
        self.info = policy.info
        self.asked = 0
        """How many completions the model was asked for."""
        self._policy = policy
        self._store = store
        self._name = name
        self._seed = 0
        self._given: dict[bytes, int] = {}
        self._charges = Charges()

    def begin(self, seed: int) -> None:
        """A new search, with this seed."""
        self._seed = seed
        self._given.clear()
        self._charges.clear()

    def sample(self, request: SampleRequest, on_token: TokenSink, cancel: CancelToken) -> list[Completion]:
        """The next samples of this prompt. Raises what the model raises where it is asked."""
        key = self._key(request)
        first = self._given.get(key, 0)
        found = [self._one(key, at, request, cancel) for at in range(first, first + request.n)]
        self._given[key] = first + request.n
        for sibling, completion in enumerate(found):
            on_token(sibling, completion.text)
        return self._charges.charge(request, found)

    def _key(self, request: SampleRequest) -> bytes:
        asked = request.model_copy(update={"n": 1, "seed": self._seed}).model_dump_json()
        text = f'{asked.removesuffix("}")},"node":null}}'  # a field that was: what is kept goes by it, and so do seeds
        return hashlib.sha256(f"{self._name}\n{text}".encode("utf-8", "surrogatepass")).digest()

    def _one(self, key: bytes, at: int, request: SampleRequest, cancel: CancelToken) -> Completion:
        size = 1 if request.temperature == 0 else BLOCK
        block, within = divmod(at, size)
        kept_at = hashlib.sha256(b"%s:%d" % (key, block)).digest()
        kept = self._store.get(kept_at)
        if kept is None:
            seed = int.from_bytes(kept_at[:4]) & 0x7FFFFFFF
            asked = request.model_copy(update={"n": size, "seed": seed})
            made = self._policy.sample(asked, lambda sibling, text: None, cancel)
            self.asked += size
            if any(each.finish == "cancelled" for each in made):
                return made[within]
            kept = json.dumps([each.model_dump(mode="json") for each in made])
            self._store.put(kept_at, kept)
        return Completion.model_validate(json.loads(kept)[within])

    def count_tokens(self, messages: Sequence[Message], prefix: str = "") -> int:
        """As the model counts them."""
        return self._policy.count_tokens(messages, prefix)

    def load_adapter(self, adapter: Path | None) -> None:
        """What is kept is of one adapter."""
        raise StateError("Samples are kept of one adapter.")

    def close(self) -> None:
        """Close the model."""
        self._policy.close()


class KeptSandbox:
    """A `Sandbox` that runs only jobs whose verdict is not kept."""

    def __init__(self, sandbox: Sandbox, store: Store) -> None:
        self.ran = 0
        self._sandbox = sandbox
        self._store = store

    async def run(self, job: Job) -> Verdict:
        """The kept verdict, or that of the sandbox."""
        key = hashlib.sha256(job.model_dump_json().encode("utf-8", "surrogatepass")).digest()
        kept = self._store.get(key)
        if kept is not None:
            return Verdict.model_validate_json(kept)
        verdict = await self._sandbox.run(job)
        self.ran += 1
        if verdict.status != "lost":
            self._store.put(key, verdict.model_dump_json())
        return verdict

    async def selftest(self) -> SelfTest:
        """That of the sandbox."""
        return await self._sandbox.selftest()

    def describe(self) -> str:
        """That of the sandbox."""
        return self._sandbox.describe()

    async def close(self) -> None:
        """Close the sandbox."""
        await self._sandbox.close()
