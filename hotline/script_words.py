"""The words of a studio's script: in Arabic for who speaks Arabic, in English for all others."""

from collections.abc import Mapping
from types import MappingProxyType

from voice.places import Place
from voice.script import Take

_ENGLISH: Mapping[str, str] = MappingProxyType(
    {
        "title": "940: what the studio says in {language}",
        "core": "A. What a caller who reports hears ({count} takes, about {minutes} min)",
        "rest": "B. Everything else ({count} takes, about {minutes} min)",
        "key": "file",
        "text": "say",
        "where": "where it is heard",
        "ends": "how it ends",
        "seconds": "s",
        "longest": "at most, s",
        "recorded": "recorded",
        "yes": "yes",
        "falls": "falls, with a full stop",
        "goes on": "goes on: a value follows at once",
        "asks": "as a question",
        "level": "level: it stands in a row of others",
        "after": "begins as if something had been said",
        "menu": "menu {node}",
        "digits": "question {node}",
        "recording": "before the recording, {node}",
        "transfer": "while the caller is put through, {node}",
        "end": "at the end of the call, {node}",
        "effect": "while something is done, {node}",
        "said": "{node}",
        "silence": "nothing was pressed ({number})",
        "wrong key": "a wrong key ({number})",
        "notice": "right before the tone",
        "first": "the first time",
        "again": "when # is pressed",
        "way": "after {way}",
        "begin": "as the call begins",
        "verdict": "for callers whom screening has marked {verdict}",
        "trouble": "when something went wrong",
        "value": "in {keys}",
        "number": "in numbers",
        "name": "as a name within another sentence",
        "more": "and {count} more places",
        "comma": ", ",
        "then": " ",
        "how": "Read each line as it stands, one file for each, named as the first column says "
        "(WAV, FLAC or MP3; 24 kHz or better, one microphone, the same distance throughout). "
        "Leave half a second of the room's silence before and behind. Levels and ends are evened "
        "by the machine; noise and clipping are not. Digits and letters: one voice, one mood.",
    }
)
_ARABIC: Mapping[str, str] = MappingProxyType(
    {
        "title": "940: ما يُسجَّل في الاستوديو بـ{language}",
        "core": "أ. ما يسمعه من يقدّم بلاغًا ({count} مقطعًا، نحو {minutes} دقيقة)",
        "rest": "ب. بقية المقاطع ({count} مقطعًا، نحو {minutes} دقيقة)",
        "key": "اسم الملف",
        "text": "النص",
        "where": "أين يُسمع",
        "ends": "كيف ينتهي",
        "seconds": "ث",
        "longest": "الحد الأعلى، ث",
        "recorded": "مسجَّل",
        "yes": "نعم",
        "falls": "بنبرة هابطة، كنهاية جملة",
        "goes on": "متصل: تتبعه قيمة مباشرة",
        "asks": "بنبرة سؤال",
        "level": "بنبرة مستوية: يُجمع مع غيره",
        "after": "يبدأ كأنه تتمة لما قبله",
        "menu": "قائمة {node}",
        "digits": "سؤال {node}",
        "recording": "قبل التسجيل، {node}",
        "transfer": "عند التحويل، {node}",
        "end": "في نهاية المكالمة، {node}",
        "effect": "أثناء تنفيذ الطلب، {node}",
        "said": "{node}",
        "silence": "لم يُضغط شيء ({number})",
        "wrong key": "رقم غير صحيح ({number})",
        "notice": "قبل الصافرة مباشرة",
        "first": "أول مرة",
        "again": "عند ضغط #",
        "way": "بعد {way}",
        "begin": "في بداية المكالمة",
        "verdict": "لمن صنّفه الفرز {verdict}",
        "trouble": "عند حدوث خلل",
        "value": "ضمن {keys}",
        "number": "ضمن الأرقام",
        "name": "اسم ضمن جملة أخرى",
        "more": "و{count} مواضع أخرى",
        "comma": "، ",
        "then": " ثم ",
        "how": "اقرأ كل سطر كما هو مكتوب بحركاته، في ملف مستقل يحمل الاسم الوارد في العمود الأول "
        "(WAV أو FLAC أو MP3، بدقة 24 كيلوهرتز فأكثر، وبالميكروفون نفسه والمسافة نفسها). "
        "اترك نصف ثانية من صمت الغرفة قبل النص وبعده. يضبط النظام المستوى والأطراف، "
        "ولا يصلح الضجيج ولا التشبّع. الأرقام والحروف: صوت واحد ونبرة واحدة.",
    }
)
_WORDS = {"ar": _ARABIC}
_SHOWN = 2


def words_of(language: str) -> Mapping[str, str]:
    """What is written around the takes of this language."""
    return _WORDS.get(language, _ENGLISH)


def where(take: Take) -> str:
    """Where in a call it is heard, in words; at most two places, and how many more there are."""
    say = words_of(take.language)
    if take.places:
        told = [_place(place, say) for place in take.places[:_SHOWN]]
        left = len(take.places) - _SHOWN
        if left > 0:
            told.append(say["more"].format(count=left))
        return "; ".join(told)
    if take.values:
        return say["value"].format(keys=say["comma"].join(take.values[: _SHOWN + 1]))
    return say["number"] if take.ends == "level" else say["name"]


def ending(take: Take) -> str:
    """How it must end, and begin, in words."""
    say = words_of(take.language)
    joined = take.after_value and take.ends != "level"
    return say[take.ends] + (say["comma"] + say["after"] if joined else "")


def _place(place: Place, say: Mapping[str, str]) -> str:
    told = [say[place.kind].format(node=place.node)]
    why, _, number = place.why.rpartition(" ")
    if number.isdigit():
        told.append(say[why].format(number=number))
    elif place.why != "said":
        told.append(say[place.why])
    if place.verdict not in ("", "default"):
        told.append(say["verdict"].format(verdict=place.verdict))
    if place.way:
        told.append(say["way"].format(way=say["then"].join(place.way)))
    elif place.verdict == "default" and not place.trouble:
        told.append(say["begin"])
    if place.trouble:
        told.append(say["trouble"])
    return say["comma"].join(told)
