"""How runs are called: the labels that `prefsweep export` writes, made from typed keys.

The counterpart in the program is `benchmark/store/src/label.rs`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

Key = Mapping[str, Any]


def loss_name(loss: Key) -> str:
    """`dmpo`, `ro_dpo(pool=20)`, `dynamic_po(dmpo, selection=all)`."""
    inside = [loss_name(loss["base"])] if "base" in loss else []
    inside += [_setting(name, value) for name, value in sorted(loss.get("settings", {}).items())]
    return f"{loss['name']}({', '.join(inside)})" if inside else str(loss["name"])


def label(name: str, axes: Key) -> str:
    """A name with the values on the axes: `dmpo, beta=0.5`."""
    return ", ".join([name, *(_setting(_short(axis), value) for axis, value in sorted(axes.items()))])


def axis_columns(runs: Iterable[Key], others: Iterable[str]) -> dict[str, str]:
    """The axes that any of the runs has a value on, by dotted key, with the names of their columns.

    `preference.beta` is the column `beta`; an axis that is called like one of the other columns keeps its key.
    """
    taken = set(others)
    axes = sorted({axis for axes in runs for axis in axes})
    return {axis: axis if _short(axis) in taken else _short(axis) for axis in axes}


def value_name(value: Any) -> str:
    """`0.5`, `none`, `popularity(0.75)`, `every=1, patience=3`."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        # The shortest digits, never with an exponent.
        return format(Decimal(repr(float(value))), "f").removesuffix(".0")
    if isinstance(value, list):
        return f"[{', '.join(map(value_name, value))}]"
    if isinstance(value, dict):
        if not _is_named(value):
            return _listed(value)
        ((name, settings),) = value.items()
        numbers = [only for only in settings.values() if _is_number(only)]
        if len(settings) == 1 and numbers:
            return f"{name}({value_name(numbers[0])})"
        return f"{name}({_listed(settings)})" if settings else str(name)
    return str(value)


def text(key: Any) -> str:
    """A key as JSON in one line, to the letter as the program writes it."""
    if isinstance(key, dict):
        return "{" + ",".join(f"{text(name)}:{text(value)}" for name, value in key.items()) + "}"
    if isinstance(key, list):
        return "[" + ",".join(map(text, key)) + "]"
    if isinstance(key, float):
        # The shortest digits, as in Python, but 0.00001 for 1e-05, and 1e-6 for 1e-06.
        digits = repr(key)
        return format(Decimal(digits), "f") if digits.endswith("e-05") else digits.replace("e-0", "e-")
    return json.dumps(key, ensure_ascii=False)


def _short(axis: str) -> str:
    return axis.removeprefix("preference.")


def _setting(name: str, value: Any) -> str:
    if isinstance(value, dict) and not _is_named(value):
        return f"{name}({_listed(value)})"
    return f"{name}={value_name(value)}"


def _is_named(value: Key) -> bool:
    """Whether it is a name with settings, `{name: {settings}}`."""
    return len(value) == 1 and all(isinstance(settings, dict) for settings in value.values())


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _listed(settings: Key) -> str:
    return ", ".join(_setting(name, value) for name, value in sorted(settings.items()))
