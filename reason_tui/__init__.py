"""reason_tui: a small local model solves coding problems by search, in the terminal."""

__version__ = "0.1.0"
