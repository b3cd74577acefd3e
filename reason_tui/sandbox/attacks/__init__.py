"""Programs that try to get out of a sandbox or to be reported as passing, and how to let them try.

The tests and `reason-tui sandbox check --attacks` use the same ones: what is claimed can be tried where it matters.
"""

from reason_tui.sandbox.attacks.programs import Attack, Forgery, forgeries, hostile
from reason_tui.sandbox.attacks.range import Range
from reason_tui.sandbox.attacks.suite import Outcome, attack_all, forge, forged_job, is_believed, try_one

__all__ = [
    "Attack",
    "Forgery",
    "Outcome",
    "Range",
    "attack_all",
    "forge",
    "forged_job",
    "forgeries",
    "hostile",
    "is_believed",
    "try_one",
]
