"""What becomes of the work of an abandoned action: AWS leaves it running, and so do we at first."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pipelines.core.refusals import InvalidRequest
from pipelines.core.storable import check_storable

COMMAND_LIMIT = 10_000  # characters


class Policy(StrEnum):
    """What is done about it."""

    LEAVE = "leave"  # it runs on to its own end, as on AWS (spec/stop.md R11)
    TERMINATE = "terminate"  # all its processes are told to end, and then made to
    CLEANUP = "cleanup"  # the same, and then a command runs where they did


@dataclass(frozen=True, slots=True)
class Treatment:
    """A policy, with the command of a clean-up."""

    policy: Policy = Policy.LEAVE
    command: str = ""

    @property
    def ends_it(self) -> bool:
        return self.policy is not Policy.LEAVE

    @property
    def clean_up(self) -> str:
        """The command to run afterwards; empty when there is none."""
        return self.command if self.policy is Policy.CLEANUP else ""


def check_treatment(treatment: Treatment) -> None:
    """A clean-up needs its command, which every database can keep.  Raises InvalidRequest."""
    if treatment.policy is Policy.CLEANUP and not treatment.command.strip():
        raise InvalidRequest("A clean-up needs a command: give the one to run.")
    if len(treatment.command) > COMMAND_LIMIT:
        raise InvalidRequest(f"The command may have at most {COMMAND_LIMIT} characters.")
    check_storable(treatment.command, "command")
