"""Widgets. None of them shows foreign text but through `ink.line`, which cleans it."""
