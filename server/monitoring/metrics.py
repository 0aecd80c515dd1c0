"""What is measured, for Prometheus: names with the prefix ``dragoman_``, in base units.

Sessions and engines know nothing of this: they tell their numbers to plain functions, and what can be asked
is asked when the metrics are read. Each server has a registry of its own.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from server.monitoring.meter import Work
from streaming.captions import Update
from streaming.stages import Notice

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
LAGS = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 13.0, 30.0)
ENGINE_TIMES = (0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 20.0)
BATCHES = (1, 2, 4, 8, 16)
MOST_LANGUAGES = 100
"""Languages that have a label of their own."""


class Metrics:
    """The numbers of one server."""

    def __init__(self) -> None:
        self.registry: Final = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._languages: set[str] = set()
        self._lag = self._histogram(
            "lag_seconds",
            "From the end of the newest committed word to the newest audio received when it was committed",
            LAGS,
            "stage",
            "language",
        )
        self._engine = self._histogram(
            "engine_batch_seconds", "Time that an engine took for a batch", ENGINE_TIMES, "engine"
        )
        self._batch = self._histogram("engine_batch_size", "Requests in a batch", BATCHES, "engine")
        self._failures = self._counter("engine_failures", "Batches that an engine failed on", "engine")
        self._guards = self._counter("guard_firings", "Hypotheses that a guard did not believe", "guard")
        self._notices = self._counter("notices", "Notices given to clients", "code")
        self._translations = self._counter("translations", "Requests of live sessions to translators", "tier")
        self._revisions = self._counter("revisions", "Finished utterances that were revised", "by")
        self._audio = self._counter("audio_seconds", "Audio received from live sessions")
        self._skipped = self._counter("skipped_decisions", "Decision points left out to catch up")
        self._sessions = self._counter("sessions_ended", "Live sessions by how they ended", "close_code")
        self._refused = self._counter("refusals", "Connections refused for their credential", "code")

    def written(self) -> bytes:
        """Write all numbers as Prometheus reads them."""
        return generate_latest(self.registry)

    def gauge(self, name: str, about: str, read: Callable[[], float]) -> None:
        """Add a number that is asked for when the metrics are read."""
        Gauge(f"dragoman_{name}", about, registry=self.registry).set_function(read)

    def gauges(self, name: str, about: str, label: str, reads: Mapping[str, Callable[[], float]]) -> None:
        """Add numbers that differ in one label: its value → how to ask."""
        gauge = Gauge(f"dragoman_{name}", about, [label], registry=self.registry)
        for value, read in reads.items():
            gauge.labels(value).set_function(read)

    def moving(self, name: str, about: str, label: str, read: Callable[[], Mapping[str, float]]) -> None:
        """Add numbers whose labels come and go: what they are is asked for when the metrics are read."""
        self.registry.register(_Moving(f"dragoman_{name}", about, label, read))

    def worked(self, work: Work) -> None:
        """An engine has run a batch."""
        self._engine.labels(work.engine).observe(work.seconds)
        self._batch.labels(work.engine).observe(work.size)
        if work.failed:
            self._failures.labels(work.engine).inc()

    def wrote(self, stage: str, item: Any, received: float) -> None:
        """A stage has written an item, when so many seconds of audio had been received."""
        match item:
            case Update(committed=(*_, last)):
                kind = stage.partition(".")[0]
                self._lag.labels(kind, self._language(item.language)).observe(max(0.0, received - last.end))
            case Notice(code=code):
                self._notices.labels(code).inc()

    def alarmed(self, alarms: Mapping[str, int]) -> None:
        """Guards of recognition have fired, so often each."""
        for code, count in alarms.items():
            self._guards.labels(code).inc(count)

    def translated(self, tier: str) -> None:
        """A translator of this size was asked."""
        self._translations.labels(tier).inc()

    def revised(self, by: str) -> None:
        """A finished utterance reads otherwise in a language."""
        self._revisions.labels(by).inc()

    def heard(self, seconds: float) -> None:
        """Audio came from a live session."""
        self._audio.inc(seconds)

    def ended(self, close_code: int, skipped: int) -> None:
        """A session has ended, having left out so many decision points."""
        self._sessions.labels(str(close_code)).inc()
        self._skipped.inc(skipped)

    def refused(self, code: str) -> None:
        """A connection was refused for its credential."""
        self._refused.labels(code).inc()

    def _language(self, code: str) -> str:
        """Give a language as a label: clients name languages, and labels must not grow without end."""
        if len(self._languages) < MOST_LANGUAGES:
            self._languages.add(code)
        return code if code in self._languages else "other"

    def _counter(self, name: str, about: str, *labels: str) -> Counter:
        return Counter(f"dragoman_{name}", about, labels, registry=self.registry)

    def _histogram(self, name: str, about: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(f"dragoman_{name}", about, labels, buckets=buckets, registry=self.registry)


class _Moving(Collector):
    """Reads numbers with their labels."""

    def __init__(self, name: str, about: str, label: str, read: Callable[[], Mapping[str, float]]) -> None:
        self._name = name
        self._about = about
        self._label = label
        self._read = read

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Give all of them."""
        family = GaugeMetricFamily(self._name, self._about, labels=[self._label])
        for value, number in self._read().items():
            family.add_metric([value], number)
        yield family
