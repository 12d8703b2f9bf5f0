"""Who asks: the person who is signed in, as the ARN that everything is recorded under."""

from typing import TYPE_CHECKING

from django.conf import settings

from pipelines.core.arns import user_arn

if TYPE_CHECKING:
    from django.http import HttpRequest


def arn_of(request: "HttpRequest") -> str:
    """The ARN of the signed-in user."""
    return user_arn(account_id=settings.PENSTOCK_ACCOUNT_ID, username=request.user.get_username())
