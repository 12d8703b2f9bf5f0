from django.db import migrations, models
from django.db.models import F


def fill(apps, schema_editor):
    """Of what is disabled now it is known since when."""
    stages = apps.get_model("pipelines", "Stage").objects
    stages.filter(inbound_enabled=False).update(inbound_disabled_at=F("inbound_changed_at"))
    stages.filter(outbound_enabled=False).update(outbound_disabled_at=F("outbound_changed_at"))


class Migration(migrations.Migration):

    dependencies = [
        ('pipelines', '0021_conditions'),
    ]

    operations = [
        migrations.AddField(
            model_name='stage',
            name='inbound_disabled_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='stage',
            name='outbound_disabled_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
