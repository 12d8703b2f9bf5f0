"""How Django knows this package."""

from django.apps import AppConfig


class PipelinesConfig(AppConfig):
    name = "pipelines"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Give the runner what it may not import; there are models only now."""
        from pipelines import invoking  # noqa: PLC0415
        from pipelines.jobs import invocations  # noqa: PLC0415
        from pipelines.runner.wired import use_cases  # noqa: PLC0415

        use_cases.begin_job = invocations.begin
        use_cases.start_pipeline = invoking.start
