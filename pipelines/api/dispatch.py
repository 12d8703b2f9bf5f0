"""One operation, from its checked input to its output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore import xform_name

from pipelines.api.answers import WithHeaders
from pipelines.api.operations import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipelines.core.rights import Caller


def perform(name: str, given: Mapping[str, Any], *, by: Caller) -> dict[str, Any] | None:
    """The output of the operation alone, see `answer`."""
    return answer(name, given, by=by).output


def answer(name: str, given: Mapping[str, Any], *, by: Caller) -> WithHeaders:
    """Do the operation; `given` is its input in AWS's spelling, already checked.

    Raises the Refusals of the use case, AccessDenied among them.
    """
    by.check(name)
    arguments = {xform_name(member): value for member, value in given.items()}
    done = OPERATIONS[name](by=by, **arguments)
    return done if isinstance(done, WithHeaders) else WithHeaders(done, {})
