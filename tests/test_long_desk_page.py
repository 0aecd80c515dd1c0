"""The desk of an event at which much has been said, in a real browser."""

from playwright.async_api import WebSocketRoute, expect

from server.wire.codec import encode
from server.wire.room_messages import LanguageState, RoomState
from streaming.captions import Caption
from tests.chromium import PATIENCE, needs_chromium
from tests.test_desk_page import office

pytestmark = needs_chromium


async def test_a_second_column_is_filled_without_touching_each_sentence_again_and_again() -> None:
    count = 40

    def between(page: WebSocketRoute) -> None:
        def begin(message: str | bytes) -> None:
            page.send(encode(RoomState("hall", languages=(LanguageState("zh", "machine"),))))
            for number in range(count):
                for language in ("en", "zh"):
                    page.send(encode(Caption(number, language, f"{language} {number}", "", 0, 1, True, "s1")))

        page.on_message(begin)

    async with office() as at:
        desk = await at.context.new_page()
        await desk.route_web_socket("**/desk", between)
        await desk.goto(f"{at.base}/desk")
        sentences = desk.locator(".floor p.final")
        await expect(sentences).to_have_count(count, timeout=PATIENCE)
        touched = await desk.evaluate(
            """() => {
              const observer = new MutationObserver(() => {});
              const watched = { subtree: true, attributeFilter: ["tabindex"] };
              observer.observe(document.getElementById("columns"), watched);
              const select = document.getElementById("beside");
              select.value = "zh";
              select.dispatchEvent(new Event("change"));
              return observer.takeRecords().filter(({ target }) => target.matches("p")).length;
            }"""
        )
        assert touched <= 2, "the one that the Tab key reached, and the one that it reaches now"
        await expect(desk.locator(".log[lang=zh] p")).to_have_count(count, timeout=PATIENCE)
        await expect(desk.locator(".floor p[tabindex='0']")).to_have_text(f"en {count - 1}")
        await sentences.last.focus()
        for key, number in (("ArrowUp", 2), ("ArrowUp", 3), ("ArrowDown", 2)):
            await desk.keyboard.press(key)
            await expect(sentences.nth(count - number)).to_be_focused()
        await expect(desk.locator(".floor p[tabindex='0']")).to_have_count(1)
        await sentences.first.click()
        await desk.keyboard.press("Escape")
        await expect(sentences.first).to_be_focused()
