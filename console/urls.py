"""Every URL of the product on one page; those of pages follow the AWS console's."""

from django.urls import URLPattern, URLResolver, include, path

from console import health
from console.views import (
    access_keys,
    actions,
    approvals,
    artifacts,
    commits,
    connect,
    connection_hooks,
    connections,
    definitions,
    event_targets,
    events,
    executions,
    history,
    home,
    leftovers,
    people,
    pipelines,
    projects,
    registered,
    sign_in,
    stages,
    stop,
    transitions,
    webhooks,
)
from pipelines.api import hooks
from pipelines.api import views as api

one_execution = [
    path("timeline", executions.timeline, name="execution-timeline"),
    path("visualization", executions.visualization, name="execution-visualization"),
    path("variables", executions.variables, name="execution-variables"),
    path("revisions", executions.revisions, name="execution-revisions"),
    path("artifacts", executions.artifacts, name="execution-artifacts"),
    path("actions/<uuid:action_id>", actions.details, name="action"),
    path("actions/<uuid:action_id>/log", actions.log, name="action-log"),
    path(
        "actions/<uuid:action_id>/artifacts/<str:artifact>",
        artifacts.download,
        name="action-artifact",
    ),
    path("actions/<uuid:action_id>/end", leftovers.end, name="end-work"),
]

one_stage = [
    path("retry", stages.retry, name="retry"),
    path("rollback", stages.roll_back, name="rollback"),
    path("conditions/<str:kind>/review", stages.condition, name="condition"),
    path("conditions/<str:kind>/override", stages.override, name="override"),
    path("transition/disable", transitions.disable, name="disable-transition"),
    path("transition/enable", transitions.enable, name="enable-transition"),
    path("actions/<str:action>/review", approvals.review, name="review"),
    path("actions/<str:action>/abandoned-work", leftovers.policy, name="abandoned-work"),
]

one_pipeline: list[URLPattern | URLResolver] = [
    path("view", pipelines.view, name="pipeline"),
    path("release", pipelines.release, name="release"),
    path("edit", definitions.edit, name="pipeline-edit"),
    path("delete", definitions.delete, name="pipeline-delete"),
    path("edit/properties", pipelines.properties, name="edit-properties"),
    path("executions", history.index, name="history"),
    path("executions/<uuid:execution_id>/", include(one_execution)),
    path("stop-execution", stop.stop, name="stop"),
    path("stages/<str:stage>/", include(one_stage)),
]

one_access_key = [
    path("disable", access_keys.disable, name="disable-access-key"),
    path("enable", access_keys.enable, name="enable-access-key"),
    path("delete", access_keys.delete, name="delete-access-key"),
]

one_person = [
    path("roles", people.roles, name="roles"),
    path("deactivate", people.deactivate, name="deactivate"),
    path("activate", people.activate, name="activate"),
]

one_event_target = [
    path("", event_targets.details, name="event-target"),
    path("edit", event_targets.edit, name="event-target-edit"),
    path("delete", event_targets.delete, name="event-target-delete"),
    path(
        "deliveries/<int:delivery>/again",
        event_targets.deliver_again,
        name="event-target-deliver-again",
    ),
]

one_connection = [
    path("edit", connections.edit, name="edit-connection"),
    path("hook", connection_hooks.details, name="connection-hook"),
    path("hook/renew", connection_hooks.renew, name="renew-connection-hook"),
    path("hook/close", connection_hooks.close, name="close-connection-hook"),
    path("test", connections.try_out, name="try-connection"),
    path("delete", connections.delete, name="delete-connection"),
]

settings: list[URLPattern | URLResolver] = [
    path("access-keys", access_keys.index, name="access-keys"),
    path("access-keys/create", access_keys.create, name="create-access-key"),
    path("access-keys/<str:access_key_id>/", include(one_access_key)),
    path("connect", connect.index, name="connect"),
    path("events", events.index, name="events"),
    path("event-targets", event_targets.index, name="event-targets"),
    path("event-target/new", event_targets.create, name="event-target-create"),
    path("event-targets/<str:target>/", include(one_event_target)),
    path("webhooks", webhooks.index, name="webhooks"),
    path("webhooks/<str:webhook>", webhooks.details, name="webhook"),
    path("connections", connections.index, name="connections"),
    path("connections/create", connections.create, name="create-connection"),
    path("connections/redirect", connections.at_host, name="connection-redirect"),
    path("connections/<uuid:connection_id>/", include(one_connection)),
    path("people", people.index, name="people"),
    path("people/create", people.create, name="create-user"),
    path("people/<str:username>/", include(one_person)),
]

build_projects = [
    path("projects", projects.index, name="projects"),
    path("project/new", projects.create, name="project-create"),
    path("projects/<str:project>/edit", projects.edit, name="project-edit"),
    path("projects/<str:project>/delete", projects.delete, name="project-delete"),
]

deploying = [
    *registered.urls("instance", "on-premises-instances"),
    *registered.urls("deployment-group", "deployment-groups"),
]

notifying = registered.urls("topic", "topics")

urlpatterns = [
    path("", home.home, name="home"),
    path("service/<path:asked>", api.endpoint, name="api"),
    path("webhooks/connections/<uuid:connection_id>", hooks.connection, name="connection-address"),
    path("webhooks/<str:token>", hooks.webhook, name="webhook-address"),
    path("codesuite/codepipeline/pipelines", pipelines.index, name="pipelines"),
    path("codesuite/codepipeline/pipeline/new", definitions.create, name="pipeline-create"),
    path("codesuite/codepipeline/pipelines/<str:name>/", include(one_pipeline)),
    path(
        "codesuite/codecommit/repositories/<str:repository>/commit/<str:commit_id>",
        commits.details,
        name="commit",
    ),
    path("codesuite/settings/", include(settings)),
    path("codesuite/codebuild/", include(build_projects)),
    path("codesuite/codedeploy/", include(deploying)),
    path("codesuite/lambda/", include(registered.urls("function", "functions"))),
    path("codesuite/sns/", include(notifying)),
    path("sign-in", sign_in.sign_in, name="sign-in"),
    path("sign-out", sign_in.sign_out, name="sign-out"),
    path("theme", sign_in.theme, name="theme"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
