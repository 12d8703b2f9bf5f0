"""Definitions keep the order of their keys; tags, and a place for sealed secrets."""

import pipelines.models.ordered_json
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("pipelines", "0002_lists_newest_first"),
    ]

    operations = [
        migrations.AddField(
            model_name='pipeline',
            name='tags',
            field=pipelines.models.ordered_json.OrderedJSON(default=dict),
        ),
        migrations.AddField(
            model_name='pipelineversion',
            name='sealed_secrets',
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name='pipelineversion',
            name='definition',
            field=pipelines.models.ordered_json.OrderedJSON(),
        ),
    ]
