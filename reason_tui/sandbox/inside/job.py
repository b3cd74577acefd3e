"""The candidate of one job, through all its lives: another one after a call that did not end, twice at most."""

from __future__ import annotations

import os
import signal
import time

from reason_tui.sandbox.inside import folder
from reason_tui.sandbox.inside.answers import believe, outcome_of
from reason_tui.sandbox.inside.channels import ChannelError, DeadlineError, Output, OutputError, Peer
from reason_tui.sandbox.inside.keeper import MAX_LIVES, Line
from reason_tui.sandbox.inside.protocol import Answer, Order, Outcome, Problem
from reason_tui.sandbox.inside.values import TOO_LARGE, CrossingError

_MAX_ANSWER = 8 << 20
_MAX_VALUES = 24 << 20
_KEPT_FOR_A_CALL_S = 0.25


class Job:
    """The candidate of one job, as the supervisor has it. `frame` is the order as it came: the candidate's first."""

    def __init__(self, order: Order, frame: bytes, line: Line, work: str) -> None:
        self.order, self._frame, self._line, self._work = order, frame, line, work
        self.began = time.monotonic()
        self.deadline = self.began + order["wall_s"]
        self.stdout = Output(order["keep_bytes"], order["kill_bytes"])
        self.stderr = Output(order["keep_bytes"], order["kill_bytes"])
        self.peak_kb = 0
        self.ended = "value"
        self.has_entry_point = False
        self.busy = False
        self._peer: Peer | None = None
        self._lives = 0
        self._room = _MAX_VALUES
        self.to_come = order["expected_calls"]
        """Calls of `cases`, asserts of a `check`, or test functions that are not done yet."""

    def load(self) -> Outcome:
        """Take a candidate and wait until it has executed the program."""
        began = time.monotonic()
        calls, answers, out, err = self._line.take(first=self._lives == 0)
        self._lives += 1
        self._peer = Peer(calls, answers, _MAX_ANSWER)
        self._peer.drain({out: self.stdout, err: self.stderr}, self._watch_folder)
        outcome, answer = self._exchange(self._frame, self.deadline, began)
        self.has_entry_point = answer is not None and bool(answer["has_entry_point"])
        if outcome["how"] == "callback":  # nobody can answer yet
            outcome["how"] = self.ended = "killed"
        if outcome["how"] != "value":
            self.stop()
        return outcome

    def call(self, payload: bytes) -> Outcome:
        """One call. It may take the time that is left, but for a little that is kept for what is to come after it."""
        self.busy = True
        try:
            return self._call(payload)
        finally:
            self.busy = False

    def _call(self, payload: bytes) -> Outcome:
        began = time.monotonic()
        to_come = max(self.to_come - 1, 0)
        self.to_come = to_come if self.order["kind"] == "cases" else self.to_come
        if self._peer is None and not self._revive():
            self.ended = "timeout" if self.ended == "value" else self.ended
            return outcome_of(self.ended)
        left = max(self.deadline - time.monotonic(), 0.0)
        kept = min(_KEPT_FOR_A_CALL_S * to_come, left / 2)
        return self._exchange(payload, time.monotonic() + left - kept, began)[0]

    def stop(self) -> None:
        """End the candidate, if there is one."""
        if self._peer is not None:
            self._end(gone=False)

    @property
    def descriptors(self) -> set[int]:
        """Those by which the candidate is reached."""
        return {self._line.fileno(), *(() if self._peer is None else self._peer.descriptors)}

    def _end(self, *, gone: bool) -> int:
        """Returns the wait status of the candidate."""
        assert self._peer is not None
        peer, self._peer = self._peer, None
        status, peak_kb = self._line.end(gone=gone)
        self.peak_kb = max(self.peak_kb, peak_kb)
        peer.close()
        return status

    def _revive(self) -> bool:
        if self._lives >= MAX_LIVES or self.ended == "output" or time.monotonic() >= self.deadline:
            return False
        self.stdout.muted = self.stderr.muted = True
        alive = self.load()["how"] == "value"
        self.stdout.muted = self.stderr.muted = False
        return alive

    def _watch_folder(self) -> None:
        size, entries = folder.usage(self._work)
        if size > self.order["tmp_mb"] << 20 or entries > folder.MAX_ENTRIES:
            raise OutputError

    def _exchange(self, payload: bytes, deadline: float, began: float) -> tuple[Outcome, Answer | None]:
        assert self._peer is not None
        answer: Answer | None = None
        problem: Problem | None = None
        try:
            answer = believe(self._peer.exchange(payload, deadline))
            how, problem = answer["how"], answer["problem"]
        except DeadlineError:
            how = "timeout"
        except OutputError:
            how = "output"
        except (ChannelError, CrossingError):
            how = self._how_it_died()
        if answer is None:
            self.stop()
        if self.ended == "value" and how not in ("value", "raised", "callback"):
            self.ended = how
        outcome = outcome_of(how, problem, (time.monotonic() - began) * 1000)
        if answer is not None:
            outcome["value"], outcome["args"] = self._carried(answer["value"]), self._carried(answer["args"])
        return outcome, answer

    def _carried(self, value: bytes) -> bytes:
        """`value`, if the report (which holds the values of all calls of `cases`) has room for it."""
        self._room -= len(value) if self.order["kind"] == "cases" else 0
        return value if self._room >= 0 else TOO_LARGE

    def _how_it_died(self) -> str:
        """The channel is closed: the status of the process tells why."""
        status = self._end(gone=True)
        killed_for_memory = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        return "memory" if killed_for_memory else "killed"
