"""Of `value_model.py` what needs the model and the sandbox: candidates, what is known of each, and what that cost."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from processes import descendants

from reason_tui.learning.training.tokens import ChatTokens
from reason_tui.models.catalogue import embedded_model
from reason_tui.policy import CancelToken, Policy, SampleRequest
from reason_tui.programs import extract, identity
from reason_tui.prompts import Prompt, draft, repair
from reason_tui.rewards import judge
from reason_tui.sandbox import Verdict, WorkerSandbox
from reason_tui.sandbox.types import Limits
from reason_tui.search.referee import SandboxReferee
from reason_tui.tasks.types import Task

import torch  # isort: skip - after the tokenizer's module, which takes the hub away
from transformers import AutoModelForCausalLM, DynamicCache

TICK_S = 1 / os.sysconf("SC_CLK_TCK")
REPAIRED, REPAIRS = 2, 4
"""Of how many failing programs of a task repairs are sampled, in the order they came in, and how many of each."""


@dataclass
class Candidate:
    """A program with what may say what it is worth: the policy's state at the end of its reply, and mean and summed
    log-prob of that; once it ran the reward, and the state at the end of the prompt that asks for its repair.

    `repaired`: whether one of its repairs passes; None where none was asked for.
    """

    program: str
    state: list[float]
    logprobs: tuple[float, float]
    reward: float
    at_repair: list[float]
    repaired: bool | None = None

    @property
    def passed(self) -> bool:
        """All visible tests."""
        return self.reward == 1.0


@dataclass
class Seen:
    """The candidates of one task in the order they came in, and what they took.

    `cpu` is in seconds, of `times` times: `drafts`, `repairs` (a call), `runs`, `states` (a program). `off`: how far
    the two mean log-probs of each reply, the policy's own and that of `States`, are apart.
    """

    task: str
    candidates: list[Candidate] = field(default_factory=list)
    cpu: dict[str, float] = field(default_factory=dict)
    times: dict[str, int] = field(default_factory=dict)
    off: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Reply:
    """A program as the policy wrote it: `text` follows the prompt's prefix, the stop string is part of it."""

    program: str
    text: str
    logprob: float | None


class States:
    """The embedded model in transformers, with the tokens that its policy sees; one thread."""

    def __init__(self) -> None:
        torch.set_num_threads(1)
        self._chat = ChatTokens(embedded_model("folder"))
        how = {"dtype": torch.float32, "local_files_only": True}
        self._model: Any = AutoModelForCausalLM.from_pretrained(embedded_model("folder"), **how).eval()

    def end_of(self, prompt: Prompt) -> list[float]:
        """The last layer's state at the prompt's last token."""
        return _numbers(self._begun(prompt, DynamicCache(config=self._model.config)).hidden_states[-1][0, -1])

    def read(self, prompt: Prompt, texts: Sequence[str]) -> list[tuple[list[float], tuple[float, float]]]:
        """Of each reply the last layer's state at its last token, and the mean and the sum of its tokens' log-probs."""
        cache = DynamicCache(config=self._model.config)
        begun = self._begun(prompt, cache)
        replies = [self._chat.tokenizer(text, add_special_tokens=False)["input_ids"] for text in texts]
        rows, longest = len(replies), max(map(len, replies))
        ids = torch.tensor([reply + [0] * (longest - len(reply)) for reply in replies])
        real = torch.tensor([[1] * len(reply) + [0] * (longest - len(reply)) for reply in replies])
        mask = torch.cat([torch.ones(rows, cache.get_seq_length(), dtype=torch.long), real], 1)
        cache.batch_repeat_interleave(rows)
        said = self._forward(input_ids=ids, past_key_values=cache, attention_mask=mask)
        before = torch.cat([begun.logits[:, -1:].expand(rows, -1, -1), said.logits[:, :-1]], 1)
        logprobs = before.log_softmax(-1).gather(-1, ids.unsqueeze(-1)).squeeze(-1) * real
        found = []
        for at, reply in enumerate(replies):
            total = float(logprobs[at].sum())
            found.append((_numbers(said.hidden_states[-1][at, len(reply) - 1]), (total / len(reply), total)))
        return found

    def _begun(self, prompt: Prompt, cache: DynamicCache) -> Any:
        tokens = torch.tensor([self._chat.prompt(prompt.messages, prompt.prefix)])
        return self._forward(input_ids=tokens, past_key_values=cache)

    def _forward(self, **inputs: Any) -> Any:
        with torch.inference_mode():
            return self._model(output_hidden_states=True, **inputs)


def _numbers(state: Any) -> list[float]:
    return [round(x, 4) for x in state.tolist()]


class Study:
    """Samples, runs and reads programs, a task at a time."""

    def __init__(self, policy: Policy, sandbox: WorkerSandbox, samples: int, seed: int) -> None:
        self._policy, self._sandbox, self._states = policy, sandbox, States()
        self._referee = SandboxReferee(Limits(), sandbox)
        self._samples, self._seed = samples, seed
        self._seen = Seen("")

    async def see(self, task: Task) -> Seen:
        """The distinct programs of one policy call; some of those that fail are repaired."""
        self._seen = seen = Seen(task.id)
        prompt = draft(task)
        replies = self._replies(task, prompt, self._samples, "drafts")
        begun = time.process_time()
        read = self._states.read(prompt, [reply.text for reply in replies]) if replies else []
        self._spent("states", time.process_time() - begun, len(replies))
        wrong: list[tuple[Candidate, Verdict]] = []
        for reply, (state, logprobs) in zip(replies, read, strict=True):
            seen.off += [] if reply.logprob is None else [abs(reply.logprob - logprobs[0])]
            verdict = await self._verdict(task, reply.program)
            one = Candidate(reply.program, state, logprobs, judge(verdict, task)[0], [])
            seen.candidates.append(one)
            wrong += [] if one.passed else [(one, verdict)]
        for one, verdict in wrong[:REPAIRED]:
            await self._repair(task, one, verdict)
        return seen

    async def _repair(self, task: Task, one: Candidate, verdict: Verdict) -> None:
        prompt = repair(task, one.program, verdict)
        one.at_repair = self._states.end_of(prompt)
        replies = self._replies(task, prompt, REPAIRS, "repairs")
        rewards = [judge(await self._verdict(task, reply.program), task)[0] for reply in replies]
        one.repaired = 1.0 in rewards

    def _replies(self, task: Task, prompt: Prompt, n: int, what: str) -> list[Reply]:
        """Those with a program, and of those with the same one the first."""
        request = SampleRequest(
            messages=prompt.messages, prefix=prompt.prefix, stop=prompt.stop, n=n, max_tokens=160, seed=self._seed
        )
        begun = time.process_time()
        completions = self._policy.sample(request, lambda *_: None, CancelToken())
        self._spent(what, time.process_time() - begun, 1)
        found: dict[str, Reply] = {}
        for each in completions:
            if (program := extract(prompt.prefix + each.text, task).program) is not None:
                text = each.text + (prompt.stop[0] if each.finish == "stop" else "")
                found.setdefault(identity(program, task), Reply(program, text, each.mean_logprob))
        return list(found.values())

    async def _verdict(self, task: Task, program: str) -> Verdict:
        """A program that does not end, whose worker is replaced, counts with the time it was given."""
        workers, clock, begun = self._sandbox.pids, time.monotonic(), time.process_time() + self._of_workers()
        verdict = await self._referee.verdict(program, task)
        spent, lasted = time.process_time() + self._of_workers() - begun, time.monotonic() - clock
        self._spent("runs", spent if self._sandbox.pids == workers else lasted, 1)
        return verdict

    def _of_workers(self) -> float:
        """CPU seconds of the workers and of what they forked, also of what has ended."""
        ticks = 0
        for pid in {each for worker in self._sandbox.pids for each in (worker, *descendants(worker))}:
            try:
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            ticks += sum(map(int, fields[11:15]))
        return ticks * TICK_S

    def _spent(self, what: str, seconds: float, times: int) -> None:
        self._seen.cpu[what] = self._seen.cpu.get(what, 0.0) + seconds
        self._seen.times[what] = self._seen.times.get(what, 0) + times


def keep(path: Path, key: str, seen: Seen) -> None:
    """Add a line to the file; `key` says how it was measured."""
    with path.open("a", encoding="ascii") as file:
        file.write(json.dumps({"key": key, "seen": asdict(seen)}) + "\n")


def kept(path: Path, key: str) -> dict[str, Seen]:
    """By task what was measured in the way of `key`."""
    found = {}
    for row in map(json.loads, path.read_text("ascii").splitlines() if path.exists() else ()):
        if row["key"] == key:
            candidates = [Candidate(**one) for one in row["seen"].pop("candidates")]
            found[row["seen"]["task"]] = Seen(candidates=candidates, **row["seen"])
    return found
