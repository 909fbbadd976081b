"""Calls by Twilio, from their arrival to their record."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import NoReturn

import pytest
import sqlalchemy as sa

from call_handlers.desk import CallDesk
from call_handlers.sessions import RedisSessions
from store.breaker import Breaker
from tests.fixtures.calls import CALLER, House
from tests.fixtures.dialog import LOOKED_UP, REPORT
from tests.fixtures.passport import token
from tests.fixtures.redis_process import RedisProcess
from tests.fixtures.twilio import CALL_ID, RECORDING, Noted, TwilioClient, web_app


@pytest.fixture
def caller(house: House) -> TwilioClient:
    """A caller whose call one process leads."""
    return TwilioClient(web_app(house.desk()))


def to_confirm(caller: TwilioClient) -> None:
    """Dial and report a pothole, up to its confirmation."""
    caller.dial()
    caller.press(*REPORT)
    caller.act(RecordingSid=RECORDING, RecordingDuration="3", Digits="#")


def test_a_report_by_twilio_is_the_same_as_by_asterisk(house: House) -> None:
    """The same flow, the same ticket, the same record."""
    noted = Noted()
    caller = TwilioClient(web_app(house.desk(), noted=noted))
    to_confirm(caller)
    caller.press("1", "")
    assert caller.verbs == ["Hangup"]
    caller.status("completed")
    record, events = house.written(CALL_ID)
    (ticket,) = house.tickets()
    assert (record.disposition, record.channel, record.e164) == ("completed", "twilio", CALLER)
    assert record.tickets == (ticket.service_request_id,)
    assert (ticket.service_code, ticket.phone) == ("RD_HOLE", CALLER)
    turn = len(REPORT) + LOOKED_UP + 1
    assert ticket.recording_ref == f"{CALL_ID}-{turn}"
    assert noted.rows == [(CALL_ID, turn, RECORDING)]
    assert [event.kind for event in events][-1] == "end"


def test_a_repeated_request_repeats_the_answer_and_changes_nothing(house: House) -> None:
    """Twilio asks again when a reply was lost: the caller has pressed once all the same."""
    caller = TwilioClient(web_app(house.desk()))
    caller.dial()
    first = caller.action
    answer = caller.act(Digits="1").get_data()
    for _ in range(3):
        assert caller.post(first, Digits="1").get_data() == answer
        assert caller.post(first, Digits="2").get_data() == answer
    assert caller.dial().get_data() == answer
    assert caller.turn == 2


def test_a_turn_replayed_after_the_end_changes_nothing(house: House) -> None:
    """Neither the call nor its record."""
    caller = TwilioClient(web_app(house.desk()))
    to_confirm(caller)
    opening = caller.action
    caller.press("1", "")
    caller.status("completed")
    before = house.written(CALL_ID)
    caller = TwilioClient(web_app(house.desk()))
    assert caller.post(opening, Digits="1").status_code == 200
    assert caller.verbs == ["Hangup"]
    assert caller.dial().status_code == 200
    assert caller.verbs == ["Hangup"]
    caller.status("completed")
    assert house.written(CALL_ID) == before
    assert len(house.tickets()) == 1


def test_a_turn_ahead_of_the_store_puts_the_stored_question_again(caller: TwilioClient) -> None:
    """The store lost the last turn: the caller is asked once more, and not from the beginning."""
    caller.dial()
    caller.press("1")
    stored = caller.last.get_data()
    assert caller.post(f"/twilio/turn/{CALL_ID}/7", Digits="4").get_data() == stored


def test_any_process_takes_any_turn(house: House) -> None:
    """Two processes take turns in one call."""
    apps = [web_app(house.desk()), web_app(house.desk())]
    caller = TwilioClient(apps[0])
    clients = [app.test_client() for app in apps]
    caller.dial()
    for number, key in enumerate(REPORT):
        caller.http = clients[number % 2]
        caller.press(key)
    assert caller.verbs == ["Gather", "Record", "Redirect"]


def test_of_two_processes_that_take_one_turn_one_counts(house: House) -> None:
    """Both answer with its outcome; there is one ticket."""
    apps = [web_app(house.desk()) for _ in range(4)]
    caller = TwilioClient(apps[0])
    to_confirm(caller)
    action = caller.action
    barrier = threading.Barrier(len(apps))

    def confirm(number: int) -> bytes:
        other = TwilioClient(apps[number])
        barrier.wait(10)
        return other.post(action, Digits="1").get_data()

    with ThreadPoolExecutor(len(apps)) as pool:
        answers = set(pool.map(confirm, range(len(apps))))
    assert len(answers) == 1
    assert len(house.tickets()) == 1


def test_silence_is_no_input(caller: TwilioClient) -> None:
    """The question comes again, its message guarded: it is said before anybody listens."""
    caller.dial()
    question = len(caller.twiml.findall("Gather/Play"))
    caller.press("")
    assert [e.tag for e in caller.twiml] == ["Play", "Gather"]
    assert caller.turn == 2
    assert 0 < len(caller.twiml.findall("Gather/Play")) <= question


@pytest.mark.parametrize("keys", ["A", "*#ABCD", "1" * 1000, "hangup"])
def test_odd_keys_are_wrong_keys(caller: TwilioClient, keys: str) -> None:
    """Whatever a keypad or a machine sends, the question comes again."""
    caller.dial()
    caller.press(keys)
    assert caller.turn == 2
    assert caller.verbs == ["Gather"]


def test_a_silent_recording_is_none(caller: TwilioClient) -> None:
    """Twilio sends no recording when nobody spoke; by the redirect the report goes on without."""
    caller.dial()
    caller.press(*REPORT)
    (redirect,) = caller.twiml.findall("Redirect")
    caller.post(str(redirect.text))
    assert caller.verbs == ["Gather"]
    assert caller.turn == len(REPORT) + LOOKED_UP + 2


def test_a_register_that_is_away_does_not_stop_the_call(house: House) -> None:
    """The recording's own callback notes it later."""
    noted = Noted(broken=True)
    caller = TwilioClient(web_app(house.desk(), noted=noted))
    caller.dial()
    caller.press(*REPORT)
    caller.act(RecordingSid=RECORDING, RecordingDuration="3")
    assert caller.verbs == ["Gather"]
    noted.broken = False
    fields = {"RecordingSid": RECORDING, "RecordingStatus": "completed"}
    assert caller.post(f"/twilio/recording/{CALL_ID}/8", **fields).status_code == 204
    assert noted.rows == [(CALL_ID, 8, RECORDING)]


@pytest.mark.parametrize(
    ("fields", "then"),
    [
        ({"QueueResult": "bridged"}, ["Hangup"]),
        ({"QueueResult": "leave"}, ["Gather"]),
        ({"QueueResult": "queue-full"}, ["Gather"]),
        ({"QueueResult": "system-error"}, ["Gather"]),
        ({"QueueResult": "hangup"}, ["Hangup"]),
        ({"DialCallStatus": "completed"}, ["Hangup"]),
        ({"DialCallStatus": "busy"}, ["Gather"]),
        ({"DialCallStatus": "no-answer"}, ["Gather"]),
        ({"DialCallStatus": "failed"}, ["Gather"]),
    ],
)
@pytest.mark.parametrize("bare", [False, True])
def test_a_transfer_that_failed_comes_back(
    caller: TwilioClient, fields: dict[str, str], then: list[str], bare: bool
) -> None:
    """An operator who did not answer leaves the caller with a callback or a message."""
    caller.dial()
    caller.press("1", "0")
    assert caller.verbs == ["Enqueue"]
    assert "/twilio/transfer/" in caller.action
    caller.post("/twilio/transfer" if bare else caller.action, **fields)
    assert caller.verbs == then


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"QueueResult": "hangup", "QueueTime": "21"},
        {"DialCallStatus": "canceled"},
        {"DialCallStatus": "no-answer"},
    ],
)
def test_who_hangs_up_while_it_rings_has_abandoned(
    house: House, caller: TwilioClient, told: dict[str, str]
) -> None:
    """Twilio may tell it by the verb's outcome, or by the call's status alone."""
    caller.dial()
    caller.press("1", "0")
    house.clock.now += 21
    if told:
        caller.act(**told, CallStatus="completed")
    caller.status("completed")
    record, events = house.written(CALL_ID)
    assert (record.disposition, record.transferred_to) == ("abandoned", "")
    waited = [(event.node, event.input, event.ms) for event in events if event.kind == "hangup"]
    assert waited == [("operator", "waiting for operators", 21_000)]


@pytest.mark.parametrize(
    ("status_first", "other_process"), [(False, False), (True, False), (True, True)]
)
@pytest.mark.parametrize(
    "told", [{"QueueResult": "bridged", "QueueTime": "21"}, {"DialCallStatus": "completed"}]
)
def test_who_hangs_up_after_talking_was_transferred(
    house: House,
    caller: TwilioClient,
    told: dict[str, str],
    status_first: bool,
    other_process: bool,
) -> None:
    """Somebody had taken the call: two messages of one moment say so, in either order."""
    caller.dial()
    caller.press("1", "0")
    outcome = caller.action
    other = TwilioClient(web_app(house.desk()))
    if status_first:
        (other if other_process else caller).status("completed")
    caller.post(outcome, **told, CallStatus="completed")
    other.status("completed")
    record, _ = house.written(CALL_ID)
    assert (record.disposition, record.transferred_to) == ("transferred", "operators")


def test_an_agency_that_answers_is_in_the_record_with_how_long_it_rang(
    house: House, caller: TwilioClient
) -> None:
    """Twilio tells how long they talked, once they have."""
    caller.dial()
    caller.press("1", "5", "2")
    house.clock.now += 45
    caller.act(DialCallStatus="completed", DialCallDuration="30", CallStatus="completed")
    caller.status("completed")
    record, events = house.written(CALL_ID)
    assert (record.disposition, record.transferred_to) == ("transferred", "998")
    tries = [(event.input, event.ms) for event in events if event.kind == "transfer"]
    assert tries == [("answered 998", 15_000)]


def test_who_waits_is_told_their_place(caller: TwilioClient) -> None:
    """In the caller's own language, until they have waited long enough."""
    caller.dial()
    caller.press("2", "0")
    (queue,) = caller.twiml.findall("Enqueue")
    wait = str(queue.get("waitUrl"))
    caller.post(wait, QueuePosition="3", QueueTime="15", CurrentQueueSize="4", AvgQueueTime="60")
    said = [str(e.text) for e in caller.twiml.findall("Play")]
    assert len(said) > 1
    assert all("/prompts/en/" in url for url in said)
    assert caller.verbs == ["Pause"]
    caller.post(wait, QueuePosition="1", QueueTime="60")
    assert len(caller.twiml.findall("Play")) == 1
    caller.post(wait, QueuePosition="1", QueueTime="301")
    assert caller.verbs == ["Leave"]


@pytest.mark.parametrize(
    "order",
    [
        ("ringing", "in-progress", "completed"),
        ("completed", "completed", "in-progress"),
        ("completed", "ringing", "busy"),
    ],
)
def test_statuses_may_come_twice_and_in_any_order(
    house: House, caller: TwilioClient, order: tuple[str, ...]
) -> None:
    """The call ends once, as what it was."""
    caller.dial()
    caller.press("1")
    for status in order:
        assert caller.status(status).status_code == 204
    record, events = house.written(CALL_ID)
    assert record.disposition == "abandoned"
    assert [event.kind for event in events].count("end") == 1


def test_a_status_before_the_call_is_known_is_nothing(house: House, caller: TwilioClient) -> None:
    """It may overtake the call itself."""
    assert caller.status("completed").status_code == 204
    caller.dial()
    assert caller.verbs == ["Gather"]


@pytest.mark.parametrize(
    ("number", "attested", "withheld", "attestation"),
    [
        (CALLER, "TN-Validation-Passed-A", False, "A"),
        (CALLER, "TN-Validation-Passed-B", False, "B"),
        (CALLER, "TN-Validation-Passed-C", False, "C"),
        (CALLER, "TN-Validation-Failed-A", False, ""),
        (CALLER, "No-TN-Validation", False, ""),
        ("+266696687", "", True, ""),
        ("Anonymous", "", True, ""),
        ("anonymous", "", True, ""),
        ("Restricted", "", True, ""),
        ("", "", True, ""),
    ],
)
def test_numbers_and_attestations_land_in_the_record(
    house: House, number: str, attested: str, withheld: bool, attestation: str
) -> None:
    """A number that is not shown is withheld, whatever Twilio writes for it."""
    caller = TwilioClient(web_app(house.desk()), caller=number)
    caller.post("/twilio/voice", **({"StirVerstat": attested} if attested else {}))
    caller.status("completed")
    record, _ = house.written(CALL_ID)
    assert (record.withheld, record.attestation) == (withheld, attestation)
    assert record.e164 == (None if withheld else CALLER)


def test_the_origin_that_a_verified_token_names_lands_in_the_record(house: House) -> None:
    """In its one form."""
    claims = {"attest": "B", "origid": "4F2C0A1E-0000-4000-8000-12345678ABCD"}
    caller = TwilioClient(web_app(house.desk()))
    verified = {"StirPassportToken": token(claims), "StirVerstat": "TN-Validation-Passed-B"}
    caller.post("/twilio/voice", **verified)
    caller.status("completed")
    record, _ = house.written(CALL_ID)
    assert (record.attestation, record.origin) == ("B", "4f2c0a1e00004000800012345678abcd")


@pytest.mark.parametrize(
    "spelling",
    [f"sip:{CALLER}@203.0.113.5;user=phone", f"tel:{CALLER};cpc=ordinary", "+0501234567"],
)
def test_a_blocked_number_is_stopped_in_whatever_spelling(house: House, spelling: str) -> None:
    """By a SIP domain, a trunk of one's own, or a gateway that puts a plus before everything."""
    house.restrict(CALLER, days=7)
    caller = TwilioClient(web_app(house.desk()), caller=spelling)
    caller.dial()
    caller.status("completed")
    record, _ = house.written(CALL_ID)
    assert (record.verdict, record.e164, record.caller) == ("block", CALLER, spelling)


def test_a_lost_session_reaches_a_human(house: House, caller: TwilioClient) -> None:
    """A genuine request that nobody knows anything of is a caller all the same."""
    caller.dial()
    house.client().flushall()
    caller.http = web_app(house.desk()).test_client()  # the process that led the call is gone
    caller.act(Digits="1")
    assert caller.verbs == ["Enqueue", "Hangup"]
    assert {e.text.split("/")[4] for e in caller.twiml.findall("Play") if e.text} == {"ar", "en"}


def test_a_session_lost_while_its_process_lives_goes_on(house: House, caller: TwilioClient) -> None:
    """Redis came back empty; the caller answers the question that they were asked."""
    caller.dial()
    caller.press("2")
    house.client().flushall()
    caller.press("1")
    assert (caller.turn, caller.verbs) == (3, ["Gather"])
    assert "/en/" in str(caller.twiml.findall("Gather/Play")[0].text)


def test_another_calls_turn_reaches_a_human(caller: TwilioClient) -> None:
    """The call in the path is not the call in the form."""
    caller.dial()
    caller.post(f"/twilio/turn/{'0' * 32}/1", Digits="1")
    assert caller.verbs == ["Enqueue", "Hangup"]


def test_a_whole_report_without_redis(house: House, redis_server: RedisProcess) -> None:
    """As long as one process has the call; its requests are repeated, its record is whole."""
    desk = house.desk(RedisSessions(house.client(), Breaker()))
    caller = TwilioClient(web_app(desk))
    redis_server.kill()
    try:
        to_confirm(caller)
        opening = caller.action
        answer = caller.press("1").get_data()
        assert caller.post(opening, Digits="1").get_data() == answer
        caller.press("")
        assert caller.verbs == ["Hangup"]
        assert caller.status("completed").status_code == 204
        assert caller.status("completed").status_code == 204
    finally:
        redis_server.start()
    record, _ = house.written(CALL_ID)
    (ticket,) = house.tickets()
    assert (record.disposition, record.tickets) == ("completed", (ticket.service_request_id,))


def test_without_redis_another_process_reaches_a_human(
    house: House, redis_server: RedisProcess
) -> None:
    """It knows nothing of the call, and does not begin it again."""
    apps = [web_app(house.desk(RedisSessions(house.client(), Breaker()))) for _ in range(2)]
    caller = TwilioClient(apps[0])
    redis_server.kill()
    try:
        caller.dial()
        caller.http = apps[1].test_client()
        caller.act(Digits="1")
        assert caller.verbs == ["Enqueue", "Hangup"]
    finally:
        redis_server.start()


def test_without_the_database_the_caller_is_connected_with_an_operator(house: House) -> None:
    """No reference number is told that was not committed."""
    nowhere = sa.create_engine("sqlite:////nonexistent/folder/hotline.db")

    def opener(*_: object) -> NoReturn:
        with nowhere.begin():
            raise AssertionError("it opens")

    caller = TwilioClient(web_app(house.desk(opener=opener)))
    to_confirm(caller)
    caller.press("1")
    assert caller.verbs == ["Enqueue"]
    assert "/twilio/transfer/" in caller.action


class BrokenDesk:
    """A desk that fails in every way it can."""

    def __getattr__(self, name: str) -> object:
        def broken(*_: object, **__: object) -> object:
            raise RuntimeError(f"{name} is broken")

        return broken


@pytest.mark.parametrize(
    "path", ["voice", f"turn/{CALL_ID}/1", f"transfer/{CALL_ID}/1", "transfer"]
)
def test_whatever_breaks_the_caller_reaches_a_human(path: str) -> None:
    """Never a 5xx: Twilio would not ask again."""
    desk: CallDesk = BrokenDesk()  # type: ignore[assignment]  # whatever it is asked for, it has
    caller = TwilioClient(web_app(desk))
    caller.post(f"/twilio/{path}", Digits="1")
    assert caller.verbs == ["Enqueue", "Hangup"]
    assert caller.status("completed").status_code == 204
