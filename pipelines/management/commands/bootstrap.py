"""Prepare the first run: somebody who may sign in, an access key, the demo; check later ones."""

import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from pipelines import access, access_keys, demo, keyring
from pipelines.core.refusals import Refusal
from pipelines.sealing import Unreadable


class Command(BaseCommand):
    """Makes nothing once there is a user, so it may be run at every start."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """`--out`: where to say what is said only once; without it, on the terminal."""
        parser.add_argument("--out", default="", help="a file for what is said only once")

    def handle(self, *_args: Any, out: str = "", **_options: Any) -> None:
        """Say how to sign in and how to sign requests, the first time only.

        Later on, refuse to start with a file of keys that does not open what is stored: nobody
        could sign a request, and nobody would know why.
        """
        try:
            if get_user_model().objects.exists():
                keyring.check_readable()
                return
            said = first_run()
        except (Refusal, Unreadable) as problem:
            raise CommandError(str(problem)) from problem
        if out:
            path = Path(out)
            path.touch(mode=0o600)
            path.write_text(said)
        else:
            self.stdout.write(said)


@transaction.atomic
def first_run() -> str:
    """Make everything or nothing; what comes back holds secrets that are shown once."""
    username = settings.PENSTOCK_ADMIN_USERNAME or "admin"
    password = settings.PENSTOCK_ADMIN_PASSWORD or secrets.token_urlsafe(12)
    user = get_user_model().objects.create_superuser(username, password=password)
    key_id, secret = access_keys.create(
        username,
        by=access.root(),
        description="Made on the first start",
        access_key_id=settings.PENSTOCK_ACCESS_KEY_ID,
        secret=settings.PENSTOCK_SECRET_ACCESS_KEY,
    )
    if settings.PENSTOCK_DEMO:
        demo.prepare(by=access.caller_of(user))
    return _words(username, password, key_id, secret)


def _words(username: str, password: str, key_id: str, secret: str) -> str:
    return f"""\
Sign in as   {username}
Password     {password}
(This is shown once. Another password: manage.py changepassword {username})

{access_keys.shell_lines(key_id, secret)}
"""
