"""A policy that is switched on in the console is what running roles screen by."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from hotline.bootstrap import Services
from hotline.console.wiring import house_of, make_console
from hotline.settings import Settings
from tests.fixtures.console import somebody
from tests.fixtures.edited import own_config
from tests.fixtures.whole_stack import parts_of, with_redis
from tests.integration.live.test_reload import begun, word

OTHER = ("{calls: 14, within: 60m}", "{calls: 15, within: 60m}")


def test_the_next_call_is_screened_by_a_policy_that_the_page_switched_on(
    settings: Callable[..., Settings], redis_url: str, tmp_path: Path
) -> None:
    """The role has taken it up before the page says so; with a mistake elsewhere nothing is."""
    config = own_config(tmp_path)
    with parts_of(settings(config_dir=config, **with_redis(redis_url))) as parts:
        begun(parts, "agi-1")
        with closing(Services(parts.settings)) as services:
            browser = somebody(make_console(services), house_of(services), "manager")
            text = (config / "screening.yaml").read_text(encoding="utf-8")
            new = text.replace(*OTHER)
            browser.get("/blocklist/policy")
            assert browser.post("/blocklist/policy/replay", policy=new).status_code == 200
            answer = browser.post("/blocklist/policy/switch-on", policy=new)
            assert answer.status_code == 302
            said = word(parts, "agi")
            assert said.what["changed"] == ["screening.yaml"]
            assert said.what["faults"] == []

            (config / "services.yaml").write_text("services: {\n", encoding="utf-8")
            browser.get("/blocklist/policy")
            assert browser.post("/blocklist/policy/replay", policy=text).status_code == 200
            answer = browser.post("/blocklist/policy/switch-on", policy=text)
            assert answer.status_code == 409
            assert "services.yaml:" in answer.get_data(as_text=True)
            assert (config / "screening.yaml").read_text(encoding="utf-8") == new
