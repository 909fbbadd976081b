"""The AGI wire: what we send is one command at most; what we read is a reply or an error."""

import pytest
from asterisk import agi as pyst2
from hypothesis import given
from hypothesis import strategies as st

from agi_scripts.errors import (
    BadReply,
    BadUsage,
    CallerGone,
    InvalidCommand,
    LocalError,
    RemoteError,
)
from agi_scripts.wire import MAX_LINE, MAX_REPLY, Reply, ReplyReader, encode
from lab.callers.asterisk_model import split


def read(*chunks: bytes) -> Reply | None:
    """The first reply in these bytes."""
    reader = ReplyReader()
    for chunk in chunks:
        reader.feed(chunk)
    return reader.reply()


def test_text_is_always_quoted_and_numbers_are_not() -> None:
    """A text argument is quoted even when it is one word."""
    assert encode("SET VARIABLE", "X", "a b", 3) == b'SET VARIABLE "X" "a b" 3\n'


def test_quotes_and_backslashes_are_escaped() -> None:
    """A quote cannot end the argument, a backslash cannot escape our quote."""
    assert encode("VERBOSE", 'a"b\\', 1) == b'VERBOSE "a\\"b\\\\" 1\n'


@pytest.mark.parametrize("injected", ["\n", "\r", "\0", "\t", "\x1b", "\x7f", "\x85"])
def test_a_control_character_is_refused(injected: str) -> None:
    """No control character reaches Asterisk: a newline would begin the caller's own command."""
    with pytest.raises(LocalError):
        encode("VERBOSE", f'"{injected}EXEC System reboot')


def test_a_lone_surrogate_is_our_own_error() -> None:
    """Text that UTF-8 cannot carry is refused by name, not by a UnicodeEncodeError."""
    with pytest.raises(LocalError):
        encode("VERBOSE", "\udcff")


@pytest.mark.parametrize("command", ["", " ", "EXEC\n", 'EXEC "', "NOOP;", "تنفيذ"])
def test_a_command_is_plain_words(command: str) -> None:
    """The command itself is ours, so anything unusual in it is a mistake of ours."""
    with pytest.raises(LocalError):
        encode(command)


def test_a_line_over_the_limit_is_refused() -> None:
    """A line that Asterisk would read in two is never sent; one that just fits is."""
    room = MAX_LINE - len(b'VERBOSE ""\n')
    assert len(encode("VERBOSE", "x" * room)) == MAX_LINE
    with pytest.raises(LocalError, match="2048"):
        encode("VERBOSE", "x" * (room + 1))
    with pytest.raises(LocalError):
        encode("VERBOSE", "٥" * (room // 2 + 1))


@given(st.text(), st.text())
def test_whatever_the_arguments_one_command_arrives_with_them(first: str, second: str) -> None:
    """Asterisk reads the very arguments back from one line, or nothing was sent."""
    try:
        line = encode("SET VARIABLE", first, second)
    except LocalError:
        return
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert split(line.decode()[:-1]) == ["SET", "VARIABLE", first, second]


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        (b"200 result=0\n", Reply("0")),
        (b"200 result=1 (OK:12)\r\n", Reply("1", "OK:12")),
        (b"200 result=1 ()\n", Reply("1", "")),
        (b"200 result= (timeout)\n", Reply("", "timeout")),
        (b"200 result=-1 (writefile)\n", Reply("-1", "writefile")),
        (b"200 result=35 (dtmf) endpos=24000\n", Reply("35", "dtmf", 24000)),
        (b"200 result=0 endpos=8000\n", Reply("0", None, 8000)),
        (b"200 result=1 (a (b) endpos=3)\n", Reply("1", "a (b) endpos=3")),
        (b"200 result=1 (\xd9\xa5)\n", Reply("1", "٥")),
        (b"200 result=1 (\xe9)\n", Reply("1", "é")),
        (b"200 result=\n", Reply("")),
    ],
)
def test_replies_of_a_real_asterisk_are_understood(line: bytes, reply: Reply) -> None:
    """Results, data in parentheses and end positions, in UTF-8 or Latin-1."""
    assert read(line) == reply


def test_a_reply_may_come_byte_by_byte() -> None:
    """Nothing depends on how the network cuts the stream."""
    reader = ReplyReader()
    line = b"HANGUP\n200 result=1 (OK:1)\n"
    for at in range(len(line) - 1):
        reader.feed(line[at : at + 1])
        assert reader.reply() is None
    reader.feed(line[-1:])
    assert reader.reply() == Reply("1", "OK:1")
    assert reader.hung_up


def test_a_hangup_line_is_noted_and_the_reply_still_read() -> None:
    """Keys pressed just before hanging up are not lost."""
    reader = ReplyReader()
    reader.feed(b"HANGUP\n200 result=1 (OK:1)\n")
    assert reader.reply() == Reply("1", "OK:1")
    assert reader.hung_up


@pytest.mark.parametrize(
    ("lines", "ours", "theirs"),
    [
        (b"510 Invalid or unknown command\n", InvalidCommand, pyst2.AGIInvalidCommand),
        (b"511 Command Not Permitted on a dead channel\n", CallerGone, pyst2.AGIHangup),
        (b"520 Invalid command syntax.\n", BadUsage, pyst2.AGIUsageError),
        (b"520-Invalid\nUsage: X\nHANGUP\n520 End.\n", BadUsage, pyst2.AGIUsageError),
        (b"\n", BadReply, pyst2.AGIUnknownError),
        (b"100 Trying\n", BadReply, pyst2.AGIUnknownError),
        (b"200\n", BadReply, pyst2.AGIUnknownError),
        (b"200 nothing\n", BadReply, pyst2.AGIUnknownError),
        (b"2000 result=1\n", BadReply, pyst2.AGIUnknownError),
        (b"SSH-2.0-OpenSSH\n", BadReply, pyst2.AGIUnknownError),
        (b"\xff\xfe\x00\n", BadReply, pyst2.AGIUnknownError),
    ],
)
def test_refusals_have_their_own_errors_and_pyst2s(
    lines: bytes, ours: type[Exception], theirs: type[Exception]
) -> None:
    """Every refusal is a RemoteError, and the pyst2 class of that meaning."""
    with pytest.raises(ours) as raised:
        read(lines)
    assert isinstance(raised.value, theirs)
    assert isinstance(raised.value, RemoteError)


def test_after_a_usage_text_the_next_reply_is_read() -> None:
    """A 520 block is read to its end, so its text is not taken for later replies."""
    reader = ReplyReader()
    reader.feed(b"520-Invalid\nUsage: WAIT FOR DIGIT\n520 End of proper usage.\n200 result=0\n")
    with pytest.raises(BadUsage):
        reader.reply()
    assert reader.reply() == Reply("0")


def test_an_endless_line_or_usage_text_is_given_up() -> None:
    """Memory stays bounded whatever is sent."""
    with pytest.raises(BadReply):
        read(b"x" * (MAX_REPLY + 1))
    with pytest.raises(BadReply):
        read(b"520-\n" + b"usage\n" * MAX_REPLY)


def test_errors_do_not_repeat_what_was_received() -> None:
    """A reply may hold a caller's number; messages end up in logs."""
    with pytest.raises(BadReply) as raised:
        read(b"garbage 0501234567\n")
    assert "0501234567" not in str(raised.value)


@given(st.lists(st.binary(max_size=64), max_size=20))
def test_no_bytes_raise_anything_but_a_remote_error(chunks: list[bytes]) -> None:
    """Whatever arrives, it is a reply, the wish for more, or an error that says whose it is."""
    reader = ReplyReader()
    for chunk in chunks:
        reader.feed(chunk)
        try:
            while reader.reply() is not None:
                pass
        except RemoteError:
            return


@given(st.text(alphabet="0123456789()=- resultendpos\né٥", max_size=60))
def test_no_reply_like_line_raises_anything_but_a_remote_error(text: str) -> None:
    """Lines near the grammar are handled as well as noise."""
    try:
        read(b"200 result=" + text.encode() + b"\n")
    except RemoteError:
        return
