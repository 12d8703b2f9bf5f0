"""Long histories, made at once."""

from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pipelines.models import ActionExecution, PipelineExecution, StageExecution


def add_executions(room, count, *, status="Succeeded", days_ago=0):
    """Executions that have gone through Source and Build, after all that there are."""
    pipeline = room.pipeline
    pipeline.refresh_from_db()
    began = timezone.now() - timedelta(days=days_ago)
    finished = PipelineExecution.objects.bulk_create(
        PipelineExecution(
            pipeline=pipeline,
            sequence=pipeline.last_sequence + number,
            version=pipeline.version,
            status=status,
            trigger_type="StartPipelineExecution",
            started_at=began,
            updated_at=began,
            ended_at=began,
        )
        for number in range(1, count + 1)
    )
    pipeline.last_sequence += count
    pipeline.save()
    stays = StageExecution.objects.bulk_create(
        StageExecution(
            execution=execution,
            pipeline=pipeline,
            version=execution.version,
            sequence=execution.sequence,
            stage_name=name,
            status=status if name == "Build" else "Succeeded",
        )
        for execution in finished
        for name in ("Source", "Build")
    )
    ActionExecution.objects.bulk_create(_action_of(stay) for stay in stays)
    return finished


def _action_of(stay):
    at = stay.execution.started_at
    return ActionExecution(
        execution=stay.execution,
        pipeline=stay.pipeline,
        stage_execution=stay,
        stage_name=stay.stage_name,
        action_name={"Source": "Fetch", "Build": "Compile"}[stay.stage_name],
        status="Succeeded" if stay.status == "Succeeded" else "Failed",
        started_at=at,
        updated_at=at,
        ended_at=at,
        deadline=at,
    )


def plans(ask_for_it):
    """How the database reads each ordered list that this asks for, when it has a choice."""
    with CaptureQueriesContext(connection) as asked:
        ask_for_it()
    ordered = [query["sql"] for query in asked if "ORDER BY" in query["sql"]]
    with connection.cursor() as cursor:
        explain = "EXPLAIN QUERY PLAN"
        if connection.vendor == "postgresql":  # which reads a small table as a whole
            explain = "EXPLAIN"
            for way in ("seqscan", "bitmapscan", "sort"):
                cursor.execute(f"SET LOCAL enable_{way} = off")
        return [_explained(cursor, f"{explain} {sql}") for sql in ordered]


def is_sorted(plan):
    """Whether rows are put into order once they are read, instead of being read in order."""
    return "TEMP B-TREE" in plan or "Sort" in plan


def _explained(cursor, sql):
    cursor.execute(sql)
    return "\n".join(str(row) for row in cursor.fetchall())
