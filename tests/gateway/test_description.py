"""The description is true: requests made from it, and against it, are answered as it says."""

import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.specs.openapi.checks import negative_data_rejection

from bot.content.replies import Content
from bot.gateway.description import describe

pytestmark = [pytest.mark.rasa, pytest.mark.trained]

schema = schemathesis.openapi.from_dict(describe(Content.read()))


@pytest.fixture(scope="session")
def server(address: str) -> str:
    """Where a real server process listens."""
    return address.rstrip("/")


@schema.parametrize()
@settings(
    max_examples=int(os.environ.get("AMAAN_REQUESTS", "120")),
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_the_server_keeps_to_its_description(case: Any, server: str) -> None:
    """Status, content type, body and refusals, whatever is asked."""
    answer = case.call(base_url=server, timeout=20)
    # A body that is too long is refused as such, before anybody looks whether it is right.
    too_long = [negative_data_rejection] if answer.status_code == 413 else None
    case.validate_response(answer, excluded_checks=too_long)


def test_the_description_is_served_as_it_is_made(server: str) -> None:
    """So that what is tested is what others read."""
    served = schemathesis.openapi.from_url(f"{server}/api/openapi.json")
    assert served.raw_schema == schema.raw_schema
