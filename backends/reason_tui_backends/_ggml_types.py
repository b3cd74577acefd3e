"""How many bytes a tensor of a GGUF file takes (ggml.h and ggml-common.h: types by number, and their blocks)."""

from __future__ import annotations

import platform

_BLOCKS: dict[int, tuple[int, int]] = {
    **dict.fromkeys((0, 26), (1, 4)),  # F32, I32
    **dict.fromkeys((1, 25, 30), (1, 2)),  # F16, I16, BF16
    **dict.fromkeys((27, 28), (1, 8)),  # I64, F64
    24: (1, 1),  # I8
    2: (32, 18),  # Q4_0
    3: (32, 20),  # Q4_1
    6: (32, 22),  # Q5_0
    7: (32, 24),  # Q5_1
    8: (32, 34),  # Q8_0
    10: (256, 84),  # Q2_K
    11: (256, 110),  # Q3_K
    12: (256, 144),  # Q4_K
    13: (256, 176),  # Q5_K
    14: (256, 210),  # Q6_K
    16: (256, 66),  # IQ2_XXS
    17: (256, 74),  # IQ2_XS
    18: (256, 98),  # IQ3_XXS
    19: (256, 50),  # IQ1_S
    20: (32, 18),  # IQ4_NL
    21: (256, 110),  # IQ3_S
    22: (256, 82),  # IQ2_S
    23: (256, 136),  # IQ4_XS
    29: (256, 56),  # IQ1_M
    39: (32, 17),  # MXFP4
}
"""By type: numbers that are quantised together, and the bytes they take."""

_REARRANGED_ON_ARM = (2, 8, 12, 13, 14, 20, 39)
_REARRANGED_ELSEWHERE = (2, 10, 12, 20, 39)
"""ggml-cpu/repack.cpp, of processors with NEON and of those with AVX2 (and AVX512)."""


def tensor_bytes(kind: int, numbers: int) -> int:
    """Bytes of so many numbers of ggml's type `kind`; 1, the least there can be, for a type that is not known here."""
    if kind not in _BLOCKS:
        return 1
    block, size = _BLOCKS[kind]
    return max(1, -(-numbers // block) * size)


def rearranged(kind: int) -> bool:
    """Whether ggml lays out matrices of this type anew, so that this computer's processor multiplies them faster."""
    arm = platform.machine().lower().startswith(("arm", "aarch"))
    return kind in (_REARRANGED_ON_ARM if arm else _REARRANGED_ELSEWHERE)
