"""Sums: a number that grows word by word."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(slots=True)
class Sum:
    """A number that grows word by word."""

    total: Decimal = Decimal(0)
    current: Decimal | None = None
    scale: Decimal = Decimal(10) ** 18
    digits: bool = False
    ordinal: bool = False

    @property
    def value(self) -> Decimal:
        return self.total + (self.current or 0)

    def add(self, n: Decimal) -> bool:
        """Take a cardinal word; false: it begins another number."""
        current = self.current
        if current is None:
            return self._begin(n)
        if current != current.to_integral_value() or self.digits:
            return False
        if n < 10 and current % 10 == 0 and current % 100 >= 20:
            self.current = current + n
        elif n < 100 and current % 100 == 0 and current:
            self.current = current + n
        elif 10 <= n < 100 and 13 <= current <= 20 and not self.total:
            self.current = current * 100 + n  # nineteen ninety-eight; ten thirty is a time
        else:
            return False
        return True

    def add_half(self) -> None:
        """Take a half, of a million where that comes last."""
        if self.current is None:
            self.total += self.scale / 2
        else:
            self.current += Decimal("0.5")

    def _begin(self, n: Decimal) -> bool:
        if n >= self.scale:
            return False
        if n and n % 1000 == 0:  # a German compound, after which hundreds may follow
            self.total, self.scale = self.total + n, Decimal(1000)
        else:
            self.current = n
        return True

    def multiply(self, scale: int) -> bool:
        """Take hundred, thousand, million …"""
        current = self.current
        if scale == 100:
            if current is not None and not 0 < current < 100:
                return False
            self.current = (1 if current is None else current) * Decimal(100)
            return True
        if scale > self.scale and self.total < scale:  # mil quinientos millones
            self.total = self.value * scale
        elif scale >= self.scale or (current is None and self.total):
            return False
        else:
            self.total += (1 if current is None else current) * Decimal(scale)
        self.current, self.scale = None, Decimal(scale)
        return True

    def joins(self, n: Decimal, place: int) -> bool:
        """Whether a number behind a joint, read on its own, fits the place that is open to it."""
        leading = n
        while leading >= 1000:  # one hundred and two thousand
            leading /= 1000
        return n < self.scale and leading < self._room(place)

    def _room(self, place: int) -> Decimal:
        if self.current is None:
            return self.scale if place == 100 else Decimal(0)
        rest = self.current % 100
        return Decimal(place) if (rest == 0 if place == 100 else rest in range(30, 100, 10)) else Decimal(0)
