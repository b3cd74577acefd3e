"""How the embedded model is made: curriculum, tokenizer, training, evaluation, export. Not part of the wheel.

`python -m embedded_model --out DIR --seed N` runs every step; see `__main__`.
"""
