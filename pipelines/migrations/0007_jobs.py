"""Custom action types, and the jobs that their workers take."""

import django.db.models.deletion
import django.utils.timezone
import pipelines.core.statuses
import pipelines.models.ordered_json
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("pipelines", "0006_build_projects"),
    ]

    operations = [
        migrations.AddField(
            model_name='actionexecution',
            name='percent_complete',
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.CreateModel(
            name='CustomActionType',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('category', models.CharField(max_length=24)),
                ('provider', models.CharField(max_length=35)),
                ('version', models.CharField(max_length=9)),
                ('definition', pipelines.models.ordered_json.OrderedJSON()),
                ('tags', pipelines.models.ordered_json.OrderedJSON(default=dict)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('created_by', models.CharField(max_length=2048)),
                ('deleted_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('category', 'provider', 'version'), name='one_row_per_custom_action_type')],
            },
        ),
        migrations.CreateModel(
            name='Job',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('category', models.CharField(max_length=24)),
                ('provider', models.CharField(max_length=35)),
                ('version', models.CharField(max_length=9)),
                ('status', models.CharField(choices=[('Created', 'Created'), ('Queued', 'Queued'), ('Dispatched', 'Dispatched'), ('InProgress', 'InProgress'), ('TimedOut', 'TimedOut'), ('Succeeded', 'Succeeded'), ('Failed', 'Failed')], default=pipelines.core.statuses.JobStatus['QUEUED'], max_length=24)),
                ('nonce', models.CharField(blank=True, max_length=50)),
                ('continuation_token', models.TextField(blank=True)),
                ('output_keys', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('available_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('dispatched_at', models.DateTimeField(null=True)),
                ('acknowledged_at', models.DateTimeField(null=True)),
                ('acknowledged_by', models.CharField(blank=True, max_length=2048)),
                ('ended_at', models.DateTimeField(null=True)),
                ('action', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='jobs', to='pipelines.actionexecution')),
            ],
            options={
                'indexes': [models.Index(fields=['category', 'provider', 'version', 'status', 'available_at'], name='job_to_take'), models.Index(fields=['status', 'dispatched_at'], name='job_unacknowledged_since')],
                'constraints': [models.CheckConstraint(condition=models.Q(('status__in', ['Created', 'Queued', 'Dispatched', 'InProgress', 'TimedOut', 'Succeeded', 'Failed'])), name='job_status_is_known'), models.UniqueConstraint(condition=models.Q(('status__in', [pipelines.core.statuses.JobStatus['CREATED'], pipelines.core.statuses.JobStatus['DISPATCHED'], pipelines.core.statuses.JobStatus['IN_PROGRESS'], pipelines.core.statuses.JobStatus['QUEUED']])), fields=('action',), name='one_open_job_of_an_action')],
            },
        ),
    ]
