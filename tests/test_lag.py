"""How far a session is behind, in audio time."""

from server.interpretation.lag import Lag
from streaming.stages import Notice


def silent(notice: Notice) -> None:
    pass


def test_silence_is_decided_when_the_detector_has_heard_it() -> None:
    lag = Lag(silent)
    lag.receive(2.0)
    assert lag.seconds == 2.0
    lag.detect(1.5)
    assert lag.seconds == 0.5
    assert lag.largest == 2.0


def test_while_the_recognizer_works_audio_waits_for_it() -> None:
    lag = Lag(silent)
    lag.receive(1.0)
    lag.detect(1.0)
    lag.ask(1.0)
    lag.receive(5.0)
    lag.detect(4.0)
    assert lag.seconds == 4.0
    lag.answer()
    assert lag.seconds == 0.0
    assert lag.largest == 4.0


def test_a_window_is_no_newer_than_what_was_detected() -> None:
    lag = Lag(silent)
    lag.receive(5.0)
    lag.detect(1.0)
    lag.ask(3.0)
    assert lag.seconds == 4.0


def test_being_behind_is_said_once_and_so_is_catching_up() -> None:
    said: list[Notice] = []
    lag = Lag(said.append)
    lag.receive(2.9)
    assert said == []
    lag.receive(3.5)
    lag.receive(3.6)
    assert said == [Notice("behind", "captions are 3.5 s behind the audio received")]
    lag.detect(2.0)
    assert len(said) == 1
    lag.detect(1.0)
    lag.detect(0.5)
    assert [notice.code for notice in said] == ["behind", "caught_up"]
    lag.receive(9.0)
    assert [notice.code for notice in said] == ["behind", "caught_up", "behind"]


def test_the_recognizer_catches_up_window_by_window() -> None:
    said: list[Notice] = []
    lag = Lag(said.append)
    lag.ask(1.0)
    lag.receive(5.0)
    lag.detect(5.0)
    assert [notice.code for notice in said] == ["behind"]
    for end in (1.8, 2.6, 3.4):
        lag.answer()
        lag.ask(end)
    assert [notice.code for notice in said] == ["behind"]
    lag.answer()
    lag.ask(4.2)
    assert [notice.code for notice in said] == ["behind", "caught_up"]


def test_the_last_window_leaves_nothing_behind() -> None:
    said: list[Notice] = []
    lag = Lag(said.append)
    lag.ask(1.0)
    lag.receive(5.0)
    lag.detect(5.0)
    lag.answer()
    lag.receive(5.1)
    lag.detect(0.1)
    assert [notice.code for notice in said] == ["behind", "caught_up"]
