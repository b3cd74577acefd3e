"""Training a LoRA adapter on what searches found: behaviour cloning (SFT) and DPO, with TRL.

`settings` and `plan` import no torch; `tokens`, `watch` and `fit` need the extra `train` and are imported when a
training begins.
"""

from __future__ import annotations

from reason_tui.learning.training.settings import Method, TrainSettings

__all__ = ["Method", "TrainSettings"]
