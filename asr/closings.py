"""Closing phrases: what recognizers write over music and noise, because films ended with it.

Koenecke et al. 2024, "Careless Whisper: Speech-to-text hallucination harms"; the phrases recur so faithfully
that they can be listed (Barański et al. 2025, "Investigation of Whisper ASR hallucinations induced by
non-speech audio"). A phrase alone proves nothing, as people do thank one another: see `guards`.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

CLOSINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "en": (
        "thank you",
        "thank you very much",
        "thank you so much",
        "thank you for watching",
        "thanks for watching",
        "thank you for listening",
        "thanks for listening",
        "thank you all for watching",
        "please subscribe",
        "please subscribe to my channel",
        "like and subscribe",
        "don't forget to subscribe",
        "see you next time",
        "see you in the next video",
        "bye",
        "bye bye",
        "you",
        "subtitles by *",
        "subtitles by the amara.org community",
        "transcription by *",
        "translated by *",
    ),
    "zh": (
        "谢谢",
        "谢谢大家",
        "谢谢观看",
        "感谢观看",
        "感谢收看",
        "谢谢收看",
        "谢谢您的观看",
        "感谢您的观看",
        "谢谢大家的观看",
        "下期再见",
        "我们下期再见",
        "请订阅",
        "请不吝点赞订阅转发打赏支持明镜与点点栏目",
        "请不吝点赞 订阅 转发 打赏支持明镜与点点栏目",
        "優優獨播劇場*",
        "字幕由*",
        "字幕by*",
        "字幕 by*",
        "字幕提供*",
        "字幕志愿者*",
        "中文字幕*",
        "由 amara.org 社区提供*",
        "謝謝",
        "謝謝大家",
        "謝謝觀看",
        "感謝觀看",
        "感謝收看",
        "下期再見",
    ),
    "ja": ("ご視聴ありがとうございました", "ありがとうございました", "チャンネル登録をお願いします"),
    "ko": ("시청해주셔서 감사합니다", "구독과 좋아요 부탁드립니다", "감사합니다", "한글자막 by *"),
    "es": (
        "gracias",
        "gracias por ver",
        "gracias por ver el video",
        "subtítulos realizados por *",
        "suscríbete",
    ),
    "fr": ("merci", "merci d'avoir regardé cette vidéo", "sous-titrage *", "sous-titres réalisés par *"),
    "de": (
        "vielen dank",
        "vielen dank fürs zuschauen",
        "untertitel von *",
        "untertitelung *",
        "untertitel der *",
    ),
    "it": (
        "grazie",
        "grazie per la visione",
        "sottotitoli creati da *",
        "sottotitoli e revisione a cura di *",
    ),
    "pt": ("obrigado", "obrigado por assistir", "legendas pela comunidade amara.org", "legendado por *"),
    "ru": ("спасибо за просмотр", "продолжение следует", "субтитры сделал *", "редактор субтитров *"),
}
"""Language → phrases; `*` stands for anything, a name mostly."""
_LONGEST = 120
"""Characters of what is compared: a longer text says something else as well."""


def is_closing(text: str, language: str) -> bool:
    """Tell whether a text is such a phrase, or several of them, and nothing else."""
    pattern = _PATTERNS.get(language)
    return bool(pattern and len(text) <= _LONGEST and pattern.fullmatch(_bare(text)))


def _bare(text: str) -> str:
    """Write a text in lower case, without marks and with a single space between words."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    kept = (
        "" if unicodedata.category(letter)[0] == "P" and letter not in "'.*" else letter for letter in folded
    )
    return " ".join("".join(kept).replace(". ", " ").rstrip(".").split())


def _compiled(phrases: tuple[str, ...]) -> re.Pattern[str]:
    written = "|".join(re.escape(_bare(phrase)).replace(r"\*", ".{0,60}") for phrase in phrases)
    return re.compile(f"(?:(?:{written})\\s*)+")


_PATTERNS = {language: _compiled(phrases) for language, phrases in CLOSINGS.items()}
