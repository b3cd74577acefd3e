"""A chat template that writes the date in all ways that templates know, and what it writes on the day they are told."""

from __future__ import annotations

_LLAMA = (
    "{%- if not date_string is defined %}{%- if strftime_now is defined %}"
    '{%- set date_string = strftime_now("%d %b %Y") %}{%- else %}{%- set date_string = "another day" %}{%- endif %}'
    "{%- endif %}{{- date_string }}"
)
_OTHERS = "{{ strftime_now('%A, %B %-d, %Y') }} {{ strftime_now('%Y-%m-%d') }}"
_CHAT = "\n{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
_TURN = "{% if add_generation_prompt %}assistant: {% endif %}"

DATED = f"{_LLAMA} {_OTHERS}{_CHAT}{_TURN}"
WRITTEN = f"26 Jul 2024 Friday, July 26, 2024 2024-07-26{_CHAT}{_TURN}"
"""The same without asking for the date."""
