"""A few random stories through boto3 in every mode, beside the rules; `scripts/story` has more."""

import pytest
from exploring.small import PLANS
from storytelling.functions import functions
from storytelling.penstock import declare_types
from storytelling.telling import tell

from pipelines.core.statuses import ExecutionMode
from tests.end_to_end.aws_tools import boto3_client
from tests.end_to_end.installation import Installation

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def decisions():
    """What the rules of the stories call."""
    with functions() as ours:
        yield ours


@pytest.fixture(scope="module")
def client(decisions, tmp_path_factory):
    """Of a Penstock of its own, which knows where functions are."""
    home = tmp_path_factory.mktemp("penstock")
    installation = Installation(home, PENSTOCK_DEMO="0", PENSTOCK_ENDPOINT_LAMBDA=decisions.url)
    installation.start()
    client = boto3_client(installation.url)
    declare_types(client)
    yield client
    client.close()
    decisions.close()
    assert installation.stop() == 0


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("mode", ExecutionMode)
@pytest.mark.parametrize("kind", PLANS)
def test_penstock_ends_up_where_the_rules_say(client, decisions, kind, mode, seed):
    assert tell(client, decisions, kind, mode, seed)
