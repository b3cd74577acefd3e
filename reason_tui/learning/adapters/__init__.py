"""Adapters: LoRA weights with the story of how they came about, in folders `<state>/adapters/<name>/`.

    adapter.json     what it is: base and its hashes, data hash, settings, figures of the training, evaluation
    data.jsonl       the lessons it was trained on
    curves.jsonl     loss, accuracy and margins by step
    peft/            the weights, as peft keeps them (for the backend hf, and to train on)
    gguf/adapter.gguf, mlx/   converted, when they are asked for

`shelf` and `manifest` import nothing heavy; `convert_gguf`, `convert_mlx` and `merging` need the extra `train`.
"""
