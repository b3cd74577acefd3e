"""The model as files: a GGUF that any llama.cpp runs, and the Hugging Face layout for training it further."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGMLQuantizationType, GGUFWriter, LlamaFileType, TokenType
from safetensors.torch import save_file

from embedded_model.model import ModelConfig, Qwen2, load_model
from embedded_model.steps import Folder, write_text
from embedded_model.tokenizer import CHAT_TEMPLATE, END_OF_TEXT, IM_END, SPECIAL, load_tokenizer

NAME = "reason-embedded"
_LAYER_NAMES = {
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def export_run(folder: Folder) -> None:
    """Write everything into `folder.model`."""
    model = load_model(folder.trained)
    out = folder.model
    out.mkdir(parents=True, exist_ok=True)
    write_gguf(model, folder, folder.gguf)
    tensors = {f"model.{name}": tensor.half().contiguous() for name, tensor in model.state_dict().items()}
    save_file(tensors, out / "model.safetensors", {"format": "pt"})
    shutil.copyfile(folder.tokenizer, out / "tokenizer.json")
    write_text(out / "config.json", json.dumps(_config(model.config, folder), indent=2) + "\n")
    write_text(out / "tokenizer_config.json", json.dumps(_tokenizer_config(model.config), indent=2) + "\n")
    for tasks in (folder.heldout, folder.tuning, folder.reserved):
        shutil.copyfile(tasks, out / tasks.name)
    (out / "model.safetensors").chmod(0o644)


def write_gguf(model: Qwen2, folder: Folder, path: Path) -> None:
    """Matrices in half precision, vectors in single, the tokenizer inside; the output shares the embedding."""
    config = model.config
    part = path.with_name(f"{path.name}.part")
    writer = GGUFWriter(part, "qwen2")
    writer.add_name(NAME)
    writer.add_description("A tiny code model trained from scratch on a synthetic curriculum")
    writer.add_license("mit")
    writer.add_file_type(LlamaFileType.MOSTLY_F16)
    writer.add_context_length(config.context)
    writer.add_embedding_length(config.width)
    writer.add_block_count(config.layers)
    writer.add_feed_forward_length(config.hidden)
    writer.add_head_count(config.heads)
    writer.add_head_count_kv(config.heads)
    writer.add_rope_freq_base(config.rope_theta)
    writer.add_layer_norm_rms_eps(config.norm_eps)
    _add_tokenizer(writer, folder)
    for name, tensor in model.state_dict().items():
        matrix = tensor.ndim == 2
        array = tensor.half().numpy() if matrix else tensor.float().numpy()
        kind = GGMLQuantizationType.F16 if matrix else GGMLQuantizationType.F32
        writer.add_tensor(gguf_name(name), np.ascontiguousarray(array), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    part.replace(path)


def gguf_name(name: str) -> str:
    """`layers.0.mlp.up_proj.weight` → `blk.0.ffn_up.weight`."""
    if name == "embed_tokens.weight":
        return "token_embd.weight"
    if name == "norm.weight":
        return "output_norm.weight"
    _, index, rest = name.split(".", 2)
    module, kind = rest.rsplit(".", 1)
    return f"blk.{index}.{_LAYER_NAMES[module]}.{kind}"


def _add_tokenizer(writer: GGUFWriter, folder: Folder) -> None:
    tokenizer = load_tokenizer(folder.tokenizer)
    merges = json.loads(folder.tokenizer.read_text(encoding="utf-8"))["model"]["merges"]
    size = tokenizer.get_vocab_size()
    tokens = [tokenizer.id_to_token(index) for index in range(size)]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types([TokenType.CONTROL if token in SPECIAL else TokenType.NORMAL for token in tokens])
    writer.add_token_merges([pair if isinstance(pair, str) else " ".join(pair) for pair in merges])
    writer.add_eos_token_id(tokenizer.token_to_id(IM_END))
    writer.add_pad_token_id(tokenizer.token_to_id(END_OF_TEXT))
    writer.add_add_bos_token(False)
    writer.add_chat_template(CHAT_TEMPLATE)


def _config(config: ModelConfig, folder: Folder) -> dict[str, Any]:
    tokenizer = load_tokenizer(folder.tokenizer)
    return {
        "architectures": ["Qwen2ForCausalLM"],
        "model_type": "qwen2",
        "vocab_size": config.vocabulary,
        "hidden_size": config.width,
        "intermediate_size": config.hidden,
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "num_key_value_heads": config.heads,
        "hidden_act": "silu",
        "max_position_embeddings": config.context,
        "rms_norm_eps": config.norm_eps,
        "rope_theta": config.rope_theta,
        "tie_word_embeddings": True,
        "use_cache": True,
        "torch_dtype": "float16",
        "eos_token_id": tokenizer.token_to_id(IM_END),
        "pad_token_id": tokenizer.token_to_id(END_OF_TEXT),
        "bos_token_id": None,
    }


def _tokenizer_config(config: ModelConfig) -> dict[str, Any]:
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": config.context,
        "eos_token": IM_END,
        "pad_token": END_OF_TEXT,
        "bos_token": None,
        "clean_up_tokenization_spaces": False,
        "chat_template": CHAT_TEMPLATE,
    }
