"""What a page offers to whom: a button for what the person may do, a reason for what not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from pipelines.core.rights import ABANDON, END_WORK, least_role

if TYPE_CHECKING:
    from pipelines.core.rights import Caller


READING = "ListPipelines"


class Offer(NamedTuple):
    """One thing that can be done; `why_not` is empty when the person may do it."""

    is_allowed: bool
    why_not: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """One for each kind of button of the console."""

    release: Offer
    stop: Offer
    abandon: Offer
    end_work: Offer
    retry: Offer
    rollback: Offer
    override: Offer
    review: Offer
    disable: Offer
    enable: Offer
    create: Offer
    edit: Offer
    delete: Offer
    reads: bool  # whichever role grants one operation that reads grants them all
    administers: bool


def offers_of(caller: Caller) -> Offers:
    return Offers(
        release=offer(caller, "StartPipelineExecution"),
        stop=offer(caller, "StopPipelineExecution"),
        abandon=offer(caller, "StopPipelineExecution", ABANDON),
        end_work=offer(caller, "StopPipelineExecution", END_WORK),
        retry=offer(caller, "RetryStageExecution"),
        rollback=offer(caller, "RollbackStage"),
        override=offer(caller, "OverrideStageCondition"),
        review=offer(caller, "PutApprovalResult"),
        disable=offer(caller, "DisableStageTransition"),
        enable=offer(caller, "EnableStageTransition"),
        create=offer(caller, "CreatePipeline"),
        edit=offer(caller, "UpdatePipeline"),
        delete=offer(caller, "DeletePipeline"),
        reads=caller.may(READING),
        administers=caller.is_admin,
    )


def offer(caller: Caller, *operations: str) -> Offer:
    """What takes all of these operations of AWS."""
    missing = [least_role(each).value for each in operations if not caller.may(each)]
    if not missing:
        return Offer(is_allowed=True, why_not="")
    roles = " and ".join(f"“{role}”" for role in missing)
    plural = "s" if len(missing) > 1 else ""
    return Offer(is_allowed=False, why_not=f"You need the role{plural} {roles} for this.")
