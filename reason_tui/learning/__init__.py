"""Learning from what searches found: samples, pairs, training, adapters, rounds.

    store = Store(state_dir)
    store.take_in(run_folder(state_dir, run))                     # as often as one likes
    pairs, examples = store.pairs(PairRules()), store.examples(PairRules())

Nothing here imports torch but the modules of `training` and `adapters` that say so; those need the extra `train`.
"""

from __future__ import annotations

from reason_tui.learning.pairs import Example, Lesson, Pair, PairRules
from reason_tui.learning.samples import Sample, samples_of
from reason_tui.learning.store import Store

__all__ = ["Example", "Lesson", "Pair", "PairRules", "Sample", "Store", "samples_of"]
