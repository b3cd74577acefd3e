"""What a search has spent. Every model call is charged, so that strategies can be compared fairly."""

from __future__ import annotations

from reason_tui.policy import Usage
from reason_tui.tasks.types import Frozen


class Ledger(Frozen):
    """Tokens, seconds, completions and programs of one run.

    `prompt_tokens` were computed, `cached_tokens` were not (a shared or kept prefix). `programs` counts
    executions in the sandbox: duplicates cost none. `model_s` and `sandbox_s` are what calls and programs took, and may
    overlap; `controller_s` is CPU time of the thread that decides, writes prompts, reads replies and keeps the journal.
    Calls that give no candidate (an opinion, a reflection, tests) are charged but for the completion.
    """

    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    model_s: float = 0.0
    sandbox_s: float = 0.0
    controller_s: float = 0.0
    completions: int = 0
    programs: int = 0

    @property
    def tokens(self) -> int:
        """Tokens computed: of prompts and of completions."""
        return self.prompt_tokens + self.completion_tokens

    def charge_completion(self, usage: Usage) -> Ledger:
        """One more sampled completion."""
        return self.charge_tokens(usage).model_copy(update={"completions": self.completions + 1})

    def charge_tokens(self, usage: Usage) -> Ledger:
        """The tokens of one reply, whatever it is for."""
        return self.model_copy(
            update={
                "prompt_tokens": self.prompt_tokens + usage.prompt,
                "cached_tokens": self.cached_tokens + usage.cached,
                "completion_tokens": self.completion_tokens + usage.completion,
            }
        )

    def take_back_completion(self) -> Ledger:
        """One completion less, which was cut short and will be sampled again. Its tokens stay charged."""
        return self.model_copy(update={"completions": self.completions - 1})

    def charge_model(self, seconds: float) -> Ledger:
        """Time spent in a policy call."""
        return self.model_copy(update={"model_s": self.model_s + seconds})

    def charge_controller(self, seconds: float) -> Ledger:
        """CPU time of the controller."""
        return self.model_copy(update={"controller_s": self.controller_s + seconds})

    def charge_program(self, seconds: float) -> Ledger:
        """One more program executed."""
        return self.model_copy(update={"programs": self.programs + 1, "sandbox_s": self.sandbox_s + seconds})
