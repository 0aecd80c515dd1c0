"""How often an address may fail, in bounded memory; time is passed in (a token bucket, RFC 2697's idea)."""

import ipaddress
from collections import OrderedDict

BURST = 10
"""Failures that an address has at once."""
REFILL_SECONDS = 6.0
"""After this long it has one more."""
MOST_ADDRESSES = 10_000
"""Addresses that are remembered: the ones that failed last."""


class Throttle:
    """Counts failures by address; one that has not failed lately is not remembered at all."""

    def __init__(
        self, burst: int = BURST, refill: float = REFILL_SECONDS, most: int = MOST_ADDRESSES
    ) -> None:
        self._burst = burst
        self._refill = refill
        self._most = most
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._full_at)

    def fail(self, address: str, now: float) -> float:
        """Count a failure; gives the seconds until another would have been allowed, 0 if this one was."""
        network = _network(address)
        # A bucket is the time when it will be full: each failure that it allows puts that off by a refill.
        full_at = max(now, self._full_at.pop(network, now))
        wait = max(0.0, full_at + self._refill - now - self._burst * self._refill)
        self._full_at[network] = full_at if wait else full_at + self._refill
        self._forget(now)
        return wait

    def _forget(self, now: float) -> None:
        while self._full_at and (
            len(self._full_at) > self._most or next(iter(self._full_at.values())) <= now
        ):
            self._full_at.popitem(last=False)


def _network(address: str) -> str:
    """Give what counts as one address: of IPv6 a /64, for a host has all of it to itself."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped or ipaddress.ip_network((parsed, 64), strict=False))
    return address
