"""Programs as text: out of a reply, in normal form, as a diff, and inputs to compare them on."""

from reason_tui.programs.diff import Diff, diff
from reason_tui.programs.fuzz import inputs
from reason_tui.programs.identity import identity
from reason_tui.programs.normal import fingerprint, normal_form
from reason_tui.programs.sanitize import Extraction, extract, extract_solution

__all__ = [
    "Diff",
    "Extraction",
    "diff",
    "extract",
    "extract_solution",
    "fingerprint",
    "identity",
    "inputs",
    "normal_form",
]
