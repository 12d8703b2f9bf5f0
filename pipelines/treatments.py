"""What is done about the work of an action once it is abandoned: its own word, or the site's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from pipelines.core.abandoned_work import Policy, Treatment
from pipelines.models import AbandonedWorkPolicy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipelines.models import ActionExecution

    Where = tuple[str, str]  # the names of a stage and of an action


def of_site() -> Treatment:
    """What holds for actions that have no policy of their own."""
    return Treatment(
        Policy(settings.PENSTOCK_ABANDONED_WORK), settings.PENSTOCK_ABANDONED_WORK_COMMAND
    )


def own(pipeline_id: int) -> Mapping[Where, AbandonedWorkPolicy]:
    """Those of a pipeline's actions that have one."""
    rows = AbandonedWorkPolicy.objects.filter(pipeline=pipeline_id)
    return {(row.stage_name, row.action_name): row for row in rows}


def of(action: ActionExecution) -> Treatment:
    """What holds for one action execution; rules have no policy of their own."""
    if action.is_rule:
        return of_site()
    where = (action.stage_name, action.action_name)
    row = own(action.pipeline_id).get(where)
    return row.treatment if row else of_site()
