"""Every URL of the product on one page; those of pages follow the AWS console's."""

from django.urls import URLPattern, URLResolver, include, path

from console import health
from console.views import (
    actions,
    approvals,
    commits,
    executions,
    history,
    home,
    pipelines,
    projects,
    sign_in,
    stages,
    stop,
    transitions,
)

one_execution = [
    path("timeline", executions.timeline, name="execution-timeline"),
    path("visualization", executions.visualization, name="execution-visualization"),
    path("revisions", executions.revisions, name="execution-revisions"),
    path("actions/<uuid:action_id>", actions.details, name="action"),
    path("actions/<uuid:action_id>/log", actions.log, name="action-log"),
]

one_stage = [
    path("retry", stages.retry, name="retry"),
    path("transition/disable", transitions.disable, name="disable-transition"),
    path("transition/enable", transitions.enable, name="enable-transition"),
    path("actions/<str:action>/review", approvals.review, name="review"),
]

one_pipeline: list[URLPattern | URLResolver] = [
    path("view", pipelines.view, name="pipeline"),
    path("release", pipelines.release, name="release"),
    path("executions", history.index, name="history"),
    path("executions/<uuid:execution_id>/", include(one_execution)),
    path("stop-execution", stop.stop, name="stop"),
    path("stages/<str:stage>/", include(one_stage)),
]

build_projects = [
    path("projects", projects.index, name="projects"),
    path("project/new", projects.create, name="project-create"),
    path("projects/<str:project>/edit", projects.edit, name="project-edit"),
    path("projects/<str:project>/delete", projects.delete, name="project-delete"),
]

urlpatterns = [
    path("", home.home, name="home"),
    path("codesuite/codepipeline/pipelines", pipelines.index, name="pipelines"),
    path("codesuite/codepipeline/pipelines/<str:name>/", include(one_pipeline)),
    path(
        "codesuite/codecommit/repositories/<str:repository>/commit/<str:commit_id>",
        commits.details,
        name="commit",
    ),
    path("codesuite/codebuild/", include(build_projects)),
    path("sign-in", sign_in.sign_in, name="sign-in"),
    path("sign-out", sign_in.sign_out, name="sign-out"),
    path("theme", sign_in.theme, name="theme"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
