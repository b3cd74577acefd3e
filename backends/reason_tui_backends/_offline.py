"""Imported before transformers, peft and mlx-lm: they then reach no hub, and write nothing to the terminal.

A process that has imported this cannot download models; downloads are another process's business.
"""

from __future__ import annotations

import logging
import os

os.environ["HF_HUB_OFFLINE"] = "1"  # read once, when huggingface_hub is imported
os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # waiting threads must not take the sandbox's core
for _name in ("transformers", "bitsandbytes", "peft", "accelerate"):
    logging.getLogger(_name).setLevel(logging.ERROR)
