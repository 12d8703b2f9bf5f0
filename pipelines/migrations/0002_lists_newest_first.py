"""What the listing operations are ordered and filtered by, where an index can have it."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def copy_from_executions(apps, schema_editor):
    executions = apps.get_model("pipelines", "PipelineExecution").objects

    def of_execution(column):
        rows = executions.using(schema_editor.connection.alias).filter(pk=OuterRef("execution_id"))
        return Subquery(rows.values(column)[:1])

    stays = apps.get_model("pipelines", "StageExecution").objects
    stays.using(schema_editor.connection.alias).update(
        version=of_execution("version"), sequence=of_execution("sequence")
    )
    actions = apps.get_model("pipelines", "ActionExecution").objects
    actions.using(schema_editor.connection.alias).update(pipeline_id=of_execution("pipeline_id"))


class Migration(migrations.Migration):
    dependencies = [("pipelines", "0001_initial")]

    operations = [
        migrations.AddField(
            "stageexecution", "version", models.PositiveIntegerField(default=0), preserve_default=False
        ),
        migrations.AddField(
            "stageexecution",
            "sequence",
            models.PositiveBigIntegerField(default=0),
            preserve_default=False,
        ),
        migrations.AddField(
            "actionexecution",
            "pipeline",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="pipelines.pipeline",
            ),
        ),
        migrations.RunPython(copy_from_executions, migrations.RunPython.noop),
        migrations.AlterField(
            "actionexecution",
            "pipeline",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="pipelines.pipeline",
            ),
        ),
        migrations.RemoveIndex("stageexecution", "stay_by_outcome"),
        migrations.AddIndex(
            "stageexecution",
            models.Index(
                fields=["pipeline", "stage_name", "status", "version", "sequence"],
                name="stay_by_outcome",
            ),
        ),
        migrations.AddIndex(
            "actionexecution",
            models.Index(fields=["pipeline", "started_at", "id"], name="action_history"),
        ),
    ]
