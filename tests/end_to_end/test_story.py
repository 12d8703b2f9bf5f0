"""A few random stories through boto3 in every mode, beside the rules; `scripts/story` has more."""

import pytest
from exploring.small import PLANS
from storytelling.penstock import declare_types, forget_types
from storytelling.telling import tell

from pipelines.core.statuses import ExecutionMode
from tests.end_to_end.aws_tools import boto3_client

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def client(penstock):
    client = boto3_client(penstock.url)
    declare_types(client)
    yield client
    forget_types(client)
    client.close()


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("mode", ExecutionMode)
@pytest.mark.parametrize("kind", PLANS)
def test_penstock_ends_up_where_the_rules_say(client, decisions, kind, mode, seed):
    assert tell(client, decisions, kind, mode, seed)
