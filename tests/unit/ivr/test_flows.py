"""A call goes on in the flow that it began with."""

from dataclasses import replace

import pytest

from ivr.flows import Flows
from tests.fixtures.dialog import FLOW

NEWER = replace(FLOW, version="another")
OTHER = replace(FLOW, name="other")
FLOWS = Flows(NEWER, (FLOW, OTHER))


@pytest.mark.parametrize("flow", [NEWER, FLOW, OTHER])
def test_a_call_goes_on_in_the_flow_of_its_name_and_version(flow: object) -> None:
    """Whether calls still begin with it or not."""
    assert isinstance(flow, type(FLOW))
    assert FLOWS.of(flow.name, flow.version) is flow


@pytest.mark.parametrize(("name", "version"), [(FLOW.name, "0"), ("gone", FLOW.version)])
def test_a_call_whose_flow_is_gone_goes_on_in_the_one_of_now(name: str, version: str) -> None:
    """As far as it has the caller's node."""
    assert FLOWS.of(name, version) is NEWER
