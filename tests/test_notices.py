"""What a person at a terminal is told, and how often."""

from server.client.notices import Notices
from streaming.stages import Notice

SILENCE, BEHIND = Notice("no_speech", "nobody spoke"), Notice("behind", "captions are behind")


def test_a_notice_is_said_once_with_its_time_and_counted_in_the_end() -> None:
    said: list[str] = []
    notices = Notices(said.append)
    notices.hear(SILENCE, 12.34)
    notices.hear(BEHIND)
    notices.hear(SILENCE, 70.0)
    notices.hear(SILENCE, 80.0)
    assert said == ["00:00:12.3: nobody spoke", "captions are behind"]
    notices.close()
    assert said[2:] == ["3 times in all: nobody spoke"]
