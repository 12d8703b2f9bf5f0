"""Leases: whoever takes one does the work, once; the database's clock says when one runs out."""

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines.models import Lease
from tests.definitions import commands, source, stage

LONG, OVER = timedelta(hours=1), timedelta(seconds=-1)


@pytest.fixture
def fetching(engine_room):
    engine_room.create(stages=[stage("Source", source()), stage("Build", commands())])
    return engine_room.live("Fetch")


def take(action, holder="one", *, lasting=LONG):
    return Lease.objects.take(action, holder=holder, lasting=lasting)


def renew(action, holder="one", *, lasting=LONG):
    return Lease.objects.renew(action, holder=holder, lasting=lasting)


def test_a_lease_is_taken_once(fetching):
    assert take(fetching, "one")
    assert not take(fetching, "two")
    assert Lease.objects.get().holder == "one"


def test_a_lease_that_has_run_out_is_not_taken_by_another(fetching):
    take(fetching, "one", lasting=OVER)

    assert not take(fetching, "two")


def test_a_lease_that_was_released_is_not_taken_by_another(fetching):
    take(fetching, "one")
    Lease.objects.release(fetching, holder="one", outcome="Succeeded")

    assert not take(fetching, "two")


def test_a_lease_is_renewed_by_its_holder(fetching):
    take(fetching, lasting=timedelta(minutes=1))
    before = Lease.objects.get().expires_at

    assert renew(fetching, lasting=LONG)
    assert Lease.objects.get().expires_at > before + timedelta(minutes=50)


def test_nobody_else_renews_it(fetching):
    take(fetching)

    assert not renew(fetching, "two")


def test_a_lease_that_has_run_out_is_not_renewed(fetching):
    take(fetching, lasting=OVER)

    assert not renew(fetching)


def test_a_lease_that_was_released_is_not_renewed(fetching):
    take(fetching)
    Lease.objects.release(fetching, holder="one", outcome="Succeeded")

    assert not renew(fetching)


def test_a_lease_is_released_with_how_the_work_ended(fetching):
    take(fetching)
    Lease.objects.release(fetching, holder="one", outcome="Succeeded")
    Lease.objects.release(fetching, holder="one", outcome="Something else")

    lease = Lease.objects.get()
    assert lease.released_at
    assert lease.outcome == "Succeeded"


def test_nobody_else_releases_it(fetching):
    take(fetching)
    Lease.objects.release(fetching, holder="two", outcome="Succeeded")

    assert Lease.objects.get().released_at is None


@pytest.mark.parametrize(
    ("lasting", "is_released", "unexpired", "expired"),
    [(LONG, False, 1, 0), (OVER, False, 0, 1), (LONG, True, 0, 0), (OVER, True, 0, 0)],
)
def test_which_leases_have_run_out(fetching, lasting, is_released, unexpired, expired):
    take(fetching, lasting=lasting)
    if is_released:
        Lease.objects.release(fetching, holder="one", outcome="Succeeded")

    assert Lease.objects.all().unexpired().count() == unexpired
    assert Lease.objects.expired().count() == expired


def test_a_lease_lasts_as_long_as_was_asked_for(fetching):
    take(fetching, lasting=LONG)

    lease = Lease.objects.get()
    assert lease.expires_at - lease.taken_at == LONG
    assert abs(lease.taken_at - timezone.now()) < timedelta(minutes=5)
