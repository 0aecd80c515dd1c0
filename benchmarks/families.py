"""What each family of models is recognised with, and whether that has been measured."""

from asr.presets import FAMILIES, PRESETS, Name, family

MEASURED = {"asr-en-zh": "measured", "whisper": "measured with tiny.en and base"}
"""Families whose policy, beam and steps were chosen by `recognition table`, and with what. The weights of
large-v3 could not be had where that was done: what suits them is argued in `asr/presets.py`."""


def steps(name: str) -> dict[Name, float]:
    """Tell the seconds between a family's decision points, by preset."""
    stride = family(name).stride
    return {preset: chosen.step * stride for preset, chosen in PRESETS.items()}


def described(name: str) -> str:
    """Say what a family is recognised with: `family -> policy, beam, step: measured or assumed`."""
    suited = family(name)
    search = "beam" if suited.beam else "greedy, a beam at the end"
    step = ", ".join(f"{preset} {seconds:.2g} s" for preset, seconds in steps(name).items())
    known = MEASURED.get(name, "assumed, for no weights could be had to choose it by")
    return f"{name} -> {suited.policy}, {search}, step {step}: {known}"


def table() -> list[str]:
    """Describe every family, a line each."""
    return [described(name) for name in FAMILIES]
