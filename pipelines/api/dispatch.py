"""One operation, from its checked input to its output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore import xform_name

from pipelines.api.operations import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipelines.core.rights import Caller


def perform(name: str, given: Mapping[str, Any], *, by: Caller) -> dict[str, Any] | None:
    """Do the operation; `given` is its input in AWS's spelling, already checked.

    Raises the Refusals of the use case, AccessDenied among them.
    """
    by.check(name)
    arguments = {xform_name(member): value for member, value in given.items()}
    return OPERATIONS[name](by=by, **arguments)
