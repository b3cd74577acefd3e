"""A peft LoRA as mlx-lm keeps one: the same matrices, turned. Needs the extra `train`, and no Mac."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

from reason_tui.learning.adapters.weights import read_lora, save_weights

_LAYER = re.compile(r"model\.layers\.\d+\.(.+)")


def write_mlx(adapter: Path, base: Path, target: Path) -> Path:
    """Convert the peft adapter for the model folder `base`; the folder `target` is there whole or not at all.

    mlx-lm computes x @ a @ b * scale. Raises ModelDamagedError for an adapter that cannot be read, OSError.
    """
    lora = read_lora(adapter)
    layers = int(json.loads((base / "config.json").read_bytes())["num_hidden_layers"])
    tensors = {f"{module}.lora_a": matrix.T.contiguous() for module, matrix in lora.down.items()}
    tensors |= {f"{module}.lora_b": matrix.T.contiguous() for module, matrix in lora.up.items()}
    keys = sorted({match[1] for module in lora.down if (match := _LAYER.fullmatch(module))})
    config = {
        "fine_tune_type": "lora",
        "num_layers": layers,
        "lora_parameters": {"rank": lora.rank, "scale": lora.scale, "dropout": 0.0, "keys": keys},
    }
    scratch = target.with_name(f"{target.name}.new")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(mode=0o700, parents=True)
    save_weights(tensors, scratch / "adapters.safetensors")
    (scratch / "adapter_config.json").write_text(json.dumps(config, indent=1) + "\n", "utf-8")
    shutil.rmtree(target, ignore_errors=True)
    scratch.rename(target)
    return target
