"""`manage.py partners`: who does the work of partners here."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from pipelines import partners
from pipelines.core.action_types import ActionTypeId
from pipelines.core.refusals import AccessDenied
from pipelines.core.rights import Caller, Role
from pipelines.models import PartnerWorker
from tests.engine_room import ALICE

pytestmark = pytest.mark.django_db


def run(*arguments):
    out = StringIO()
    call_command("partners", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_all_of_them_are_listed_and_nobody_does_them_at_first():
    assert "Build TeamCity 1: nobody: such actions fail" in run("list").splitlines()


def test_a_worker_is_registered_and_its_token_shown_once():
    said = run("register", "Build", "TeamCity")

    found = re.fullmatch(r"clientId=([0-9a-f-]{36})\nclientToken=([\w-]{54})\n", said)
    assert found
    assert f"Build TeamCity 1: client {found[1]}" in run("list")
    assert found[2] not in str(PartnerWorker.objects.values_list())


def test_a_worker_is_removed():
    run("register", "Build", "TeamCity")

    assert run("remove", "Build", "TeamCity") == "Nobody does Build TeamCity any more.\n"

    assert not PartnerWorker.objects.exists()
    with pytest.raises(CommandError, match="is not available"):
        run("remove", "Build", "TeamCity")


@pytest.mark.parametrize(
    "named", [("Build", "CodeBuild"), ("Build", "Nobody"), ("Test", "TeamCity")]
)
def test_a_type_that_is_no_partners_is_refused(named):
    with pytest.raises(CommandError, match="is not available"):
        run("register", *named)


def test_only_who_may_change_action_types_may_register():
    worker = Caller(arn=ALICE.arn, roles=frozenset({Role.WORK, Role.OPERATE}))

    with pytest.raises(AccessDenied):
        partners.register(ActionTypeId("Build", "ThirdParty", "TeamCity", "1"), by=worker)
