"""What the model is told: the few templates, and the verdict in words."""

from reason_tui.prompts.feedback import feedback
from reason_tui.prompts.templates import OPEN, STOP, Prompt, draft, prefix, repair, reply

__all__ = ["OPEN", "STOP", "Prompt", "draft", "feedback", "prefix", "repair", "reply"]
