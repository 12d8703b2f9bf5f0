"""Access keys can be disabled, described, and say when they were last used."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("pipelines", "0004_remember_source_revisions"),
    ]

    operations = [
        migrations.AddField(
            model_name='accesskey',
            name='description',
            field=models.CharField(blank=True, default='', max_length=256),
        ),
        migrations.AddField(
            model_name='accesskey',
            name='is_enabled',
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name='accesskey',
            name='last_used_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
