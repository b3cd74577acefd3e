"""Programs that try to get out of a sandbox or to be reported as passing, and how to let them try.

The tests and `reason-tui sandbox check --attacks` use the same ones: what is claimed can be tried where it matters.
"""

from reason_tui.sandbox.attacks.programs import Attack, forgeries, hostile
from reason_tui.sandbox.attacks.range import Range
from reason_tui.sandbox.attacks.suite import Outcome, attack_all, forge, try_one

__all__ = ["Attack", "Outcome", "Range", "attack_all", "forge", "forgeries", "hostile", "try_one"]
