"""What the console says, in Arabic and in English: the catalogues, and which of them a reader has.

The texts in code and templates are English; `words/<language>/*.po` have the others, a file an area
of the console. They are read as they are (gettext's PO): there is nothing to compile.
"""

from collections.abc import Iterable
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import current_app, request, session
from flask_babel import Babel, Domain, get_locale

FOLDER = Path(__file__).with_name("words")
LANGUAGES = {"ar": "العربية", "en": "English"}
"""The console's languages, each by its own name; the first is a newcomer's."""
LOCALES = {"ar": "ar_SA", "en": "en_GB"}
"""How numbers and dates are written in each: with the digits of a telephone's keys, day first."""


class Words(Domain):
    """The house's catalogues, as flask_babel looks texts up."""

    def get_translations(self) -> NullTranslations:
        """Those of this request's language; English has none, for the texts are English."""
        locale = get_locale()
        return _translations(locale.language) if locale else NullTranslations()


class Spoken(Babel):
    """flask_babel by these catalogues."""

    domain_instance = Words()


def read_catalogues(language: str) -> list[Catalog]:
    """The catalogues of a language, a file each. Raises OSError, and ValueError for one broken."""
    found = []
    for path in sorted((FOLDER / language).glob("*.po")):
        with path.open("rb") as file:
            found.append(read_po(file, locale=language, abort_invalid=True))
    return found


@cache
def _translations(language: str) -> NullTranslations:
    if language == "en":
        return NullTranslations()
    whole = Catalog(locale=language)
    for catalogue in read_catalogues(language):
        for message in catalogue:
            if message.id:
                whole.add(message.id, message.string, context=message.context)
    compiled = BytesIO()
    write_mo(compiled, whole)
    compiled.seek(0)
    return Translations(compiled)


def cookie_name(name: str) -> str:
    """What a cookie of ours is called: by TLS bound to this host (OWASP ASVS 5.0, 3.3.3)."""
    return f"__Host-{name}" if current_app.config["SESSION_COOKIE_SECURE"] else name


def kept_cookie(name: str) -> str:
    """What the reader's browser keeps in this cookie; empty for nothing."""
    return request.cookies.get(cookie_name(name), "")


def language_of_reader() -> str:
    """Which language this request is answered in: as its reader chose, else as the browser says."""
    chosen = session.get("language") or kept_cookie("language")
    if chosen in LANGUAGES:
        return chosen
    return _best(request.accept_languages.values())


def locale_of_reader() -> str:
    """The locale of that language."""
    return LOCALES[language_of_reader()]


def _best(accepted: Iterable[str]) -> str:
    """Arabic comes first here: English only where a browser prefers it to Arabic."""
    for one in accepted:
        code = one.split("-")[0].casefold()
        if code in LANGUAGES:
            return code
    return next(iter(LANGUAGES))
