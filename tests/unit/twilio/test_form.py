"""Whatever Twilio sends is taken; no other way to cut the same signed text means anything else."""

from random import Random
from urllib.parse import urlencode

import pytest

from call_handlers.twilio.fields import TABLES
from call_handlers.twilio.form import FormWrong, read_form, read_pairs
from tests.fixtures.twilio import ACCOUNT, RECORDING, SID, STANDARD
from tests.fixtures.twilio_fields import Fields, cut_anew, genuine

REQUESTS, CUTS = 80, 100
"""For each webhook: requests, and tries to cut each anew. Half of them keep the signature."""


def read(fields: Fields, webhook: str = "turn") -> Fields:
    """What is read of a form; what says nothing counts as absent."""
    pairs = sorted(read_pairs(urlencode(fields).encode()))
    return {name: value for name, value in read_form(pairs, TABLES[webhook]).items() if value}


def refusal(fields: Fields, webhook: str = "turn") -> str:
    """Why a form is refused."""
    with pytest.raises(FormWrong) as caught:
        read(fields, webhook)
    return str(caught.value)


@pytest.mark.parametrize("webhook", TABLES)
def test_a_request_that_is_cut_anew_is_refused_or_means_the_same(webhook: str) -> None:
    """Tens of thousands of cuts, of requests with any callers, words and fields that are new."""
    chance = Random(webhook)
    cut = refused = 0
    for _ in range(REQUESTS):
        fields = genuine(webhook, chance)
        meant = read(fields, webhook)
        for shifted in cut_anew(fields, chance, CUTS):
            cut += 1
            try:
                assert read(shifted, webhook) == meant, (fields, shifted)
            except FormWrong:
                refused += 1
    assert cut > REQUESTS * CUTS / 4
    assert refused > cut / 2


@pytest.mark.parametrize("webhook", TABLES)
def test_every_boundary_of_a_request_holds(webhook: str) -> None:
    """Each part of each field in each other's place, once."""
    fields = genuine(webhook, Random(940))
    meant = read(fields, webhook)
    parts = [part for pair in fields.items() for part in pair]
    for at in range(1, len(parts)):
        both = parts[at - 1] + parts[at]
        for cut in range(len(both) + 1):
            shifted = [*parts[: at - 1], both[:cut], both[cut:], *parts[at + 1 :]]
            names = shifted[::2]
            if names != sorted(set(names)) or shifted == parts:
                continue
            try:
                anew = dict(zip(names, shifted[1::2], strict=True))
                assert read(anew, webhook) == meant, (at, cut)
            except FormWrong:
                pass


@pytest.mark.parametrize(
    ("webhook", "given", "shifted"),
    [
        ("wait", {"QueueTime": "10"}, {"QueueTime": "10To+966126149940", "To": None}),
        ("wait", {"QueueTime": "10"}, {"QueueTime10To": "+966126149940", "To": None}),
        ("wait", {"QueueTime": "10"}, {"QueueTime": "1", "0To": "+966126149940", "To": None}),
        ("turn", {"FinishedOnKey": "timeout"}, {"FinishedOn": "Keytimeout", "FinishedOnKey": None}),
        ("voice", {}, {"T": "o+966126149940", "To": None}),
        ("turn", {"Digits": "12"}, {"Digit": "s12", "Digits": None}),
        ("turn", {"Digits": "12"}, {"Digits1": "2", "Digits": None}),
        ("turn", {"Digits": "12"}, {"Digits": "1", "2": ""}),
        ("turn", {"Digits": "12"}, {"Digits": "12Directioninbound", "Direction": None}),
        ("turn", {"CallerZip": "", "Digits": "1"}, {"CallerZip": "Digits1", "Digits": None}),
        ("turn", {"CallerZip": "", "Digits": "1"}, {"CallerZipDigits": "1", "CallerZip": None}),
        ("turn", {"CallerZip": "", "Digits": "1"}, {"CallerZipDi": "gits1", "CallerZip": None}),
        ("turn", {"Digits": "1", "Disposition": "x"}, {"Digits": "1Disposition", "x": ""}),
        ("voice", {"Found": "x", "From": "+1"}, {"Found": "xFrom+1", "From": None}),
        (
            "transfer",
            {"DialCallStatus": "busy"},
            {"DialCall": "Statusbusy", "DialCallStatus": None},
        ),
        ("recording", {"RecordingSid": RECORDING}, {"RecordingS": f"id{RECORDING}"}),
        ("voice", {"CallerZip": ""}, {"CallerZi": "p", "CallerZip": None}),
    ],
)
def test_a_shifted_boundary_is_refused(
    webhook: str, given: Fields, shifted: dict[str, str | None]
) -> None:
    """Names and values are signed without a mark between them."""
    fields = {**STANDARD, **given}
    if webhook == "recording":
        fields["RecordingStatus"] = "completed"
    assert read(fields, webhook)
    cut = {name: value for name, value in {**fields, **shifted}.items() if value is not None}
    if webhook == "recording":
        del cut["RecordingSid"]
    refusal(cut, webhook)


@pytest.mark.parametrize(
    "name",
    [
        *("DialSipHeader_X-Reason", "SipHeader_X-Foo~1", "Call_Leg", "region", "NewParameter"),
        *("CallStatusReason", "DigitsCount", "FromNew", "Disposition", "T", "to", "_x"),
    ],
)
@pytest.mark.parametrize("value", ["", "v", "1", "a\r\nb", "\u202eجدة\x00", "Digits", "a b=c&d"])
@pytest.mark.parametrize("webhook", ["voice", "turn", "transfer", "wait", "status"])
def test_fields_that_are_new_are_ignored(webhook: str, name: str, value: str) -> None:
    """Twilio adds fields without notice."""
    assert read({**STANDARD, name: value}, webhook) == read(STANDARD, webhook)


@pytest.mark.parametrize("webhook", ["voice", "turn", "transfer", "wait", "status"])
@pytest.mark.parametrize(
    "word", sorted({field.name for table in TABLES.values() for field in table})
)
def test_a_callers_name_may_be_any_word(webhook: str, word: str) -> None:
    """Even a field's name, alone or among others."""
    for name in (word, f"{word} Trading Est", f"Al {word}", f"شركة {word}"):
        for field in ("CallerName", "CallerCity", "SipHeader_X-Name"):
            if (word, field) != ("SpeechResult", "SipHeader_X-Name"):
                assert read({**STANDARD, field: name}, webhook) == STANDARD


@pytest.mark.parametrize(
    "said", ["Digits", "Street light", "to", "Report To", "حفرة في الطريق", "1."]
)
@pytest.mark.parametrize("new", [{}, {"Stage": "x"}, {"StirVerstat": "TN-Validation-Passed-A"}])
def test_what_was_said_may_be_anything(said: str, new: Fields) -> None:
    """With or without a new field behind it."""
    assert read({**STANDARD, "SpeechResult": said, **new})["SpeechResult"] == said


@pytest.mark.parametrize(
    "caller",
    [
        *("+966501234567", "0501234567", "940", "", "Anonymous", "restricted", "+266696687"),
        *("sip:+966501234567@203.0.113.5;user=phone", "sip:a@PBX.example.sa", "client:AliTariq"),
        *("Riyadh PBX", "شركة", "tel:+966-50-123-4567;ext=1", 'sip:"; DROP@example.sa'),
    ],
)
@pytest.mark.parametrize("new", [{}, {"FromNew": "1"}, {"Caller_X": ""}, {"FromCity": "JEDDAH"}])
def test_a_caller_may_be_written_in_any_way(caller: str, new: Fields) -> None:
    """Twilio says it twice, so its end is known."""
    fields = {**STANDARD, "From": caller, "Caller": caller, **new}
    assert read(fields).get("From", "") == caller


def test_an_address_that_took_what_stands_behind_it_is_refused() -> None:
    """Of the two fields that say it, only one has it."""
    fields = {**STANDARD, "From": "sip:a@example.sa", "Caller": "sip:a@example.sa", "FromNew": "1"}
    assert read(fields)["From"] == "sip:a@example.sa"
    del fields["FromNew"]
    refusal({**fields, "From": "sip:a@example.saFromNew1"})


@pytest.mark.parametrize("name", [n for n in STANDARD if n not in ("Called", "Caller")])
def test_what_always_comes_must_be_there(name: str) -> None:
    """A request without it has lost it to another field."""
    fields = {key: value for key, value in STANDARD.items() if key != name}
    assert refusal(fields) == f"{name} is missing"


@pytest.mark.parametrize(
    ("webhook", "fields"),
    [
        ("voice", {"CallSid": "CA1"}),
        ("voice", {"CallSid": SID + "\n"}),
        ("voice", {"CallSid": "CA" + "F" * 32}),
        ("voice", {"AccountSid": ACCOUNT[:-1]}),
        ("voice", {"CallStatus": "Ringing"}),
        ("voice", {"Direction": ""}),
        ("voice", {"ApiVersion": "2010"}),
        ("turn", {"Digits": "12x"}),
        ("turn", {"Digits": "\u0661"}),
        ("turn", {"FinishedOnKey": "##"}),
        ("turn", {"RecordingSid": "../../etc"}),
        ("turn", {"RecordingDuration": "1e9"}),
        ("turn", {"<script>": "1"}),
        ("turn", {"1": "1"}),
        ("turn", {"": "1"}),
        ("turn", {"Field\n": "1"}),
        ("wait", {"QueueTime": "-"}),
        ("transfer", {"DialCallStatus": "BUSY"}),
        ("recording", {"RecordingStatus": "complete"}),
    ],
)
def test_a_value_of_another_form_is_refused(webhook: str, fields: Fields) -> None:
    """Even where the signature holds: it is a form that Twilio does not give."""
    given = {**STANDARD, "RecordingStatus": "completed", **fields}
    refusal(given, webhook)


def test_only_the_fields_of_a_webhook_are_read() -> None:
    """A key that comes with the call's arrival says nothing."""
    assert read({**STANDARD, "Digits": "1", "QueueTime": "3"}, "voice") == STANDARD


def test_an_attestation_of_another_form_says_nothing() -> None:
    """It is no mistake either."""
    assert "StirVerstat" not in read({**STANDARD, "StirVerstat": "TN-Validation-Failed-A"})
    assert "StirVerstat" not in read({**STANDARD, "StirVerstat": "New words of theirs"})


@pytest.mark.parametrize("letters", ["", "To5", "Stir", "Digits12", "x" * 20_000])
def test_a_token_is_read_whole_where_its_verification_stands_behind_it(letters: str) -> None:
    """Whatever its letters are, and whatever says where it ends."""
    token = f"eyJhbGciOiJFUzI1NiIs.eyJhdHRlc3Qi{letters}.sig"
    verified = {"StirPassportToken": token, "StirVerstat": "TN-Validation-Passed-A"}
    assert read({**STANDARD, **verified}) == {**STANDARD, **verified}
    for strange in ("None", "x.y.z", ""):
        told = {**STANDARD, "StirPassportToken": strange}
        assert "StirPassportToken" not in read({**told, "StirVerstat": "No-TN-Validation"})


def test_a_text_that_is_full_of_our_names_is_refused_at_once() -> None:
    """A caller chooses their name; to look through all of its ways would take for ever."""
    name = "CallSidDigits1From+9661To+9661" * 2000
    fields = {**STANDARD, "RecordingStatus": "completed", "SipHeader_X-Name": name}
    assert refusal(fields) == "our names stand too often"
