"""A measured figure with what it should be."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure should reach; smaller is better unless it is a score."""

    least: float
    aim: float
    score: bool = False

    def verdict(self, value: float) -> str:
        """`aim`, `least` or `missed`."""
        sign = -1 if self.score else 1
        if sign * value <= sign * self.aim:
            return "aim"
        return "least" if sign * value <= sign * self.least else "missed"


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table.

    value: a share, seconds, a score or a count; as `form` writes it.
    form: how it is written, for `format`.
    count: how many things were measured.
    """

    name: str
    value: float
    form: str = ".1%"
    count: int = 0
    goal: Goal | None = None

    def row(self) -> str:
        """The row in Markdown."""
        wanted = ("", "", "")
        if self.goal:
            form = self.form
            wanted = format(self.goal.least, form), format(self.goal.aim, form), self.goal.verdict(self.value)
        count = str(self.count) if self.count else ""
        return f"| {self.name} | {format(self.value, self.form)} | {' | '.join(wanted)} | {count} |"


HEADER = "| | measured | at least | aim | reached | of |\n|---|---|---|---|---|---|"
