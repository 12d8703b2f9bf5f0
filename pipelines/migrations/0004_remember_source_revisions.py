import hashlib

import django.db.models.deletion
from django.db import migrations, models


def note_what_was_used(apps, _schema_editor):
    """Every revision that an execution found so far; the newest execution of each counts."""
    UsedRevision = apps.get_model("pipelines", "UsedRevision")
    found = {}
    executions = apps.get_model("pipelines", "PipelineExecution").objects.order_by("sequence")
    columns = executions.values_list("pk", "pipeline_id", "source_revisions")
    for execution_id, pipeline_id, revisions in columns.iterator(chunk_size=500):
        for revision in revisions:
            digest = hashlib.sha256(revision["revisionId"].encode()).hexdigest()
            found[pipeline_id, revision["actionName"], digest] = execution_id
    UsedRevision.objects.bulk_create(
        (
            UsedRevision(
                pipeline_id=pipeline_id, action_name=name, digest=digest, execution_id=execution_id
            )
            for (pipeline_id, name, digest), execution_id in found.items()
        ),
        batch_size=500,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("pipelines", "0003_definitions_keep_their_order"),
    ]

    operations = [
        migrations.AddField(
            model_name="pipelineexecution",
            name="source_overrides",
            field=models.JSONField(default=list),
        ),
        migrations.CreateModel(
            name="UsedRevision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("action_name", models.CharField(max_length=100)),
                ("digest", models.CharField(max_length=64)),
                (
                    "execution",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="pipelines.pipelineexecution",
                    ),
                ),
                (
                    "pipeline",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="pipelines.pipeline",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("pipeline", "action_name", "digest"),
                        name="one_row_per_used_revision",
                    )
                ],
            },
        ),
        migrations.RunPython(note_what_was_used, migrations.RunPython.noop),
    ]
