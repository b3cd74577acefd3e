"""The day that chat templates are told when they ask for today's."""

from __future__ import annotations

from datetime import datetime

_DAY = datetime(2024, 7, 26)
_TODAY = "strftime_now"
_CODES = (*("-d", "-m", "-H", "-I", "-M"), *"aAbBdeFHIjmMpSTyY")


def template_date(form: str) -> str:
    """The day in a format of `strftime`. It is the same on all days, or a seed would repeat a run on one day only.

    It is the one that templates of Llama 3 write where they can ask nobody.
    """
    return _DAY.strftime(form)


def same_day(template: str) -> str:
    """The chat template (Jinja) with a `strftime_now` of its own, if it asks for the date by it: see `template_date`.

    It is a macro, which hides what the engines offer under that name: most of them let nobody else give a function.
    """
    if _TODAY not in template:
        return template
    filters = "".join(f"|replace('%{code}', '{template_date(f'%{code}')}')" for code in _CODES)
    # The empty expression keeps a line end with which the template begins: one behind a block is left out.
    return f"{{% macro {_TODAY}(form) %}}{{{{ form{filters} }}}}{{% endmacro %}}{{{{ '' }}}}{template}"
