"""The policy: the shipped one is the hotline's own, and no other may do what only people do."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from blacklist.class_policy import ClassLimit, RotationPolicy
from blacklist.policy import LoadPolicy, StruckPolicy, TrustPolicy
from blacklist.policy_load import PolicyWrong, load_policy
from blacklist.window import Window
from hotline.main import cli
from hotline.settings import load_settings
from tests.fixtures.screening import POLICY_FILE, default_policy

SHIPPED = POLICY_FILE.read_text(encoding="utf-8")


def changed(tmp_path: Path, old: str, new: str) -> Path:
    """The shipped policy with one change."""
    assert old in SHIPPED
    path = tmp_path / "screening.yaml"
    path.write_text(SHIPPED.replace(old, new, 1), encoding="utf-8")
    return path


def test_the_shipped_policy_is_the_hotlines_own() -> None:
    """Its numbers are a promise to callers: a change here is a change of it."""
    policy = default_policy()
    assert policy.rate.windows == (Window(14, 3600), Window(100, 86_400))
    assert policy.rate.struck == StruckPolicy(Window(5, 3600), 86_400)
    assert policy.rate.trust == TrustPolicy(2, 90 * 86_400)
    assert policy.rate.load == LoadPolicy(3, Window(4, 3600), 3, 5)
    assert (policy.rate.disposition, policy.rate.measure_seconds) == ("low_priority", 3600)
    assert policy.rate.alert
    withheld = policy.withheld
    assert withheld.limit("", named=True) == ClassLimit(12, 3600, 60, 4, 4)
    assert withheld.limit("A", named=False) == ClassLimit(12, 3600, 30, 2, 4)
    assert withheld.limit("B", named=False) == ClassLimit(4, 3600, 8, 2, 4)
    assert withheld.limit("A", named=True) == ClassLimit(2, 3600, 25, 1, 4)
    assert withheld.limit("C", named=True) == ClassLimit(1, 3600, 12, 1, 8)
    assert withheld.disposition == "low_priority"
    assert policy.rotation == RotationPolicy(
        block=Window(8, 1800),
        origin=ClassLimit(6, 3600, 20, 6, 4),
        quiet=Window(15, 7 * 86_400),
        busy_percent=12,
        gateway=ClassLimit(4, 3600, 8, 20),
        after_seconds=480,
        within_seconds=7200,
        home="+966",
        disposition="low_priority",
    )
    assert policy.strikes.forgiven == 10
    ladder = [
        (step.strikes, step.disposition, step.seconds // 3600, step.operators, step.role)
        for step in policy.strikes.steps
    ]
    assert ladder == [
        (1, "warn", 720, 1, "operator"),
        (2, "challenge", 24, 1, "operator"),
        (3, "voicemail", 168, 2, "operator"),
        (4, "block", 720, 1, "supervisor"),
    ]
    again = policy.strikes.again
    assert (again.disposition, again.role, again.review) == ("block", "manager", True)
    assert again.seconds == 183 * 86_400
    assert (policy.prefix.approvers, policy.prefix.replay) == (2, True)
    assert policy.reviews.answer_seconds == 3 * 86_400


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "disposition: low_priority # a",
            "disposition: block # a",
            "rate.disposition: block: only",
        ),
        (
            "disposition: low_priority # a",
            "disposition: voicemail # a",
            "rate.disposition: voicemail: only a person blocks",
        ),
        (
            "came to something\n  disposition: low_priority",
            "came to something\n  disposition: challenge",
            "withheld.disposition: withheld callers are only put last",
        ),
        ("for: 30d, by: supervisor}", "for: 30d}", "strikes.steps.3.by: a block is decided"),
        ("for: 7d, operators: 2}", "for: 7d}", "strikes.steps.2.operators: voicemail by operators"),
        ("for: 30d, by: supervisor}", "for: 300d, by: supervisor}", "steps.3.for: is longer"),
        ("for: 1h", "for: 0h", "rate.for: Value error, write a duration such as 15m"),
        ("for: 1h", "for: 1", "rate.for: Value error, write a duration"),
        ("for: 1h", "for: never", "rate.for: Value error, write a duration"),
        ("  for: 1h\n", "", "rate.for: is missing"),
        ("{calls: 14, within: 60m}", "{calls: 1, within: 60m}", "rate.windows.0.calls: must be"),
        ("{calls: 100, within: 24h}", "{calls: 100, within: 1m}", "rate.windows.1: must be longer"),
        ("{calls: 100, within: 24h}", "{calls: 100, within: 8d}", "rate.windows.1.within: must be"),
        ("{calls: 5, within: 60m", "{calls: 1, within: 60m", "rate.struck.calls: must be"),
        (
            "calls: 4, within: 60m, every",
            "calls: 4, within: 9d, every",
            "rate.load.within: must be",
        ),
        ("{times: 2,", "{times: 0,", "rate.trust.times"),
        ("{calls: 8, within: 30m}", "{calls: 1, within: 30m}", "rotation.block.calls: must be"),
        ('home: "+966"', "home: 966", "rotation.home"),
        ("within: 2h", "within: 7m", "rotation.within: is not longer than after"),
        ("forgiven: 10", "forgiven: 101", "strikes.forgiven"),
        ("{strikes: 2, dis", "{strikes: 1, dis", "strikes.steps.1.strikes: must be more"),
        ("disposition: challenge, for", "disposition: allow, for", "a strike never allows"),
        ("approvers: 2", "approvers: 1", "prefix.approvers: a prefix is restricted by two"),
        ("replay: true", "replay: false", "prefix.replay"),
        ("shortest_saudi: 6", "shortest_saudi: 5", "prefix.shortest_saudi: a Saudi prefix"),
        ("longest: 30d", "longest: 300d", "prefix.longest: is longer"),
        ("within: 3d", "within: 8d", "reviews.answer_within: is longer than the shortest"),
        ("within: 3d", "within: 3", "reviews.answer_within: Value error, write a duration"),
        ("alert: true ", "alarm: true ", "rate.alarm: is not known here"),
        ("disposition: warn", "disposition: ban", "is not one of allow, warn"),
        ("burst: 60", "burst: many", "withheld.burst"),
        ("share: 4%", "share: 4", "withheld.share: Value error, write a share such as 4%"),
        ("share: 4%", "share: 400%", "withheld.share: Value error, write a share"),
    ],
)
def test_a_wrong_policy_is_refused_by_file_line_and_key(
    tmp_path: Path, old: str, new: str, fault: str
) -> None:
    """Every rule that keeps machines from blocking, and every slip of the pen."""
    path = changed(tmp_path, old, new)
    line = next(
        number
        for number, (mine, theirs) in enumerate(
            zip(path.read_text().splitlines(), SHIPPED.splitlines(), strict=False), 1
        )
        if mine != theirs
    )
    with pytest.raises(PolicyWrong) as refused:
        load_policy(path)
    assert fault in str(refused.value)
    found = [int(text.split(":")[1]) for text in str(refused.value).splitlines()]
    assert any(abs(number - line) <= 8 for number in found)


@pytest.mark.parametrize("text", ["", "[]", "version: [", "\x00", "version: 1\nversion: 2\n"])
def test_what_is_no_policy_is_refused(tmp_path: Path, text: str) -> None:
    """Empty, another shape, no YAML at all, a key twice."""
    path = tmp_path / "screening.yaml"
    path.write_text(text)
    with pytest.raises(PolicyWrong):
        load_policy(path)


def test_the_command_checks_the_policy_in_force(tmp_path: Path) -> None:
    """Exit 0 and what it says; exit 1 with the fault and its line."""
    run = CliRunner()
    settings = load_settings({})
    done = run.invoke(cli, ["blacklist", "policy", "check"], obj=settings)
    assert done.exit_code == 0
    assert "14 calls in 1h, 100 calls in 1d: low_priority for 1h" in done.output
    path = changed(tmp_path, "approvers: 2", "approvers: 1")
    done = run.invoke(cli, ["blacklist", "policy", "check", str(path)], obj=settings)
    assert done.exit_code == 1
    line = path.read_text().splitlines().index("  approvers: 1") + 1
    assert f"{path}:{line}: prefix.approvers: a prefix is restricted by two people" in done.output
    done = run.invoke(cli, ["blacklist", "policy", "check", "--json", str(path)], obj=settings)
    assert done.exit_code == 1
    assert '"ok": false' in done.output
