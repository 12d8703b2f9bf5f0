"""What follows from a look: an execution or the reason for none, written beside the source."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, assert_never

from django.conf import settings
from django.utils import timezone

from pipelines import starting, triggering
from pipelines.core.shapes import UNSTORABLE
from pipelines.core.triggers import Push, Repository
from pipelines.core.watching import Means, Verdict, judge, next_look
from pipelines.models import Pipeline, UsedRevision, WatchedSource
from pipelines.providers.contract import Absent, Found, Sighting, Unseen
from pipelines.watching.knowing import facts_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipelines.core.watching import Watch
    from pipelines.watching.following import Told

REFS_AT_ONCE = 100  # changed branches and tags of one source that one look tells of
RESULT_LIMIT = 2000  # characters
SHOWN = 5  # of them in the result


def conclude(row: WatchedSource, told: Told, sighting: Sighting) -> None:
    """Under the pipeline's lock, if the source is still what was looked at."""
    pipeline = Pipeline.objects.select_for_update(no_key=True).filter(pk=row.pipeline_id).first()
    current = WatchedSource.objects.filter(pk=row.pk, digest=told.digest).first()
    if pipeline is None or current is None or pipeline.version != told.version.version:
        WatchedSource.objects.filter(pk=row.pk).update(claimed_until=None)
        return
    current.pipeline = pipeline
    match sighting:
        case Found() if told.watch.has_filters:
            current.result = _conclude_refs(current, told, sighting)
        case Found() if UNSTORABLE.search(sighting.revision):
            sighting = Unseen(why="The source names a revision that is no text.")
            current.result = sighting.why
        case Found():
            current.result = _conclude_revision(current, told, sighting.revision)
        case Absent():
            current.seen, current.result = "", sighting.why
        case Unseen():
            current.result = sighting.why
        case _:
            assert_never(sighting)
    # What hosts say is shown to people and kept, and PostgreSQL keeps no null characters.
    current.result = current.result.replace("\0", "")[:RESULT_LIMIT]
    failed = isinstance(sighting, Unseen)
    current.failures = current.failures + 1 if failed else 0
    current.has_answered = current.has_answered or not failed
    current.looked_at = timezone.now()
    current.claimed_until = None
    current.due_at = next_look(
        now=current.looked_at,
        every=timedelta(seconds=settings.PENSTOCK_POLL_SECONDS),
        failures=current.failures,
    )
    current.save()


def _conclude_revision(row: WatchedSource, told: Told, found: str) -> str:
    """What was done about the newest revision, as a sentence."""
    verdict = judge(facts_of(row, found))
    if verdict is not Verdict.LATER:
        row.seen = found
    match verdict:
        case Verdict.NOTHING:
            return f"Nothing new: {found}"
        case Verdict.REMEMBER:
            return f"Nothing to start for: {found}"
        case Verdict.LATER:
            return f"Waits for an execution that may take it: {found}"
        case Verdict.START:
            return f"{_started(row, told, found)}: {found}"
        case _:
            assert_never(verdict)


def _started(row: WatchedSource, told: Told, found: str) -> str:
    watch, action = told.watch, told.watch.action
    if watch.means is Means.CONNECTION:
        return _pushed(row, told, Push(commit=found, branch=action.configuration["BranchName"]))
    trigger = starting.Trigger(watch.means, _detail(watch))
    execution = starting.begin(row.pipeline, trigger)
    UsedRevision.objects.note(execution, action.name, found)
    return f"Started execution {execution.pk}"


def _detail(watch: Watch) -> str:
    """The action that was polled for; of an event, whose it would be."""
    if watch.means is not Means.EVENT:
        return watch.action.name
    name = watch.action.configuration["RepositoryName"]
    region, account = settings.PENSTOCK_REGION, settings.PENSTOCK_ACCOUNT_ID
    return f"arn:aws:ecr:{region}:{account}:repository/{name}"


def _pushed(row: WatchedSource, told: Told, push: Push) -> str:
    """Tell the triggers, as a webhook would: whichever tells first starts it."""
    configuration = told.watch.action.configuration
    repository = Repository(
        connection_arn=configuration["ConnectionArn"],
        full_id=configuration["FullRepositoryId"],
    )
    outcomes = triggering.found(pipeline_id=row.pipeline_id, repository=repository, push=push)
    [own] = [each for each in outcomes if each.action == row.action_name]
    if own.execution and own.is_new:
        return f"Started execution {own.execution.pk}"
    return f"Started nothing, {own.why}"


def _conclude_refs(row: WatchedSource, told: Told, found: Found) -> str:
    """Of branches and tags, each that changed is told to the triggers; the first look only sees."""
    if not row.has_answered:
        row.seen_refs = dict(found.refs)
        return f"Saw {len(found.refs)} branches and tags"
    known: dict[str, str] = {ref: row.seen_refs[ref] for ref in row.seen_refs if ref in found.refs}
    changed = [ref for ref in sorted(found.refs) if known.get(ref) != found.refs[ref]]
    results = []
    for ref in changed[:REFS_AT_ONCE]:
        commit = found.refs[ref]
        verdict = _verdict(row, told, ref, commit)
        if verdict is Verdict.LATER:
            results.append(f"{ref} waits for an execution that may take it")
            continue
        is_news = verdict is Verdict.START
        what = _pushed(row, told, _push(ref, found, known)) if is_news else "It has been taken"
        results.append(f"{ref}: {what}")
        known[ref] = commit
    row.seen_refs = known
    return "; ".join(results[:SHOWN]) or "Nothing new"


def _verdict(row: WatchedSource, told: Told, ref: str, commit: str) -> Verdict:
    """Executions by hand take what nobody told of, and they take the action's own branch."""
    if ref != f"refs/heads/{told.watch.action.configuration['BranchName']}":
        return Verdict.START
    return judge(facts_of(row, commit))


def _push(ref: str, found: Found, known: Mapping[str, str]) -> Push:
    kind, _, name = ref.removeprefix("refs/").partition("/")
    if kind == "tags":
        return Push(commit=found.refs[ref], tag=name)
    return Push(
        commit=found.refs[ref],
        branch=name,
        is_new_branch=ref not in known,
        changed_files=found.changed_files.get(ref),
    )
