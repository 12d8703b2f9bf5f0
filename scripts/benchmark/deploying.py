"""From a commit to deployed files: a pipeline of five actions beside the same done by hand."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from django.conf import settings

from benchmark import noop, workers
from benchmark.servers import wait_until
from benchmark.statistics_of import median
from pipelines import buckets, executions, places
from pipelines.core.action_types import ActionTypeId, Category
from pipelines.core.statuses import ExecutionStatus
from pipelines.models import PipelineExecution

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MEGABYTE = 1 << 20
PIECE = 256 * 1024  # the size of a file
LONGEST_LAP = 180
FETCH = ActionTypeId(Category.SOURCE, "AWS", "CodeCommit", "1")
COMMANDS = ActionTypeId(Category.COMPUTE, "AWS", "Commands", "1")
PUBLISH = ActionTypeId(Category.DEPLOY, "AWS", "S3", "1")
# What each build does: it reads every file, and writes a few.
COMPILE = ("mkdir -p out", "find pages -type f -exec sha256sum {} + | sort > out/sums")
TEST = ("find pages -type f | wc -l > count", "sha256sum --quiet -c out/sums")
PACKAGE = ("mkdir -p site", "mv pages site/", "gzip -1 -c out/sums > site/sums.gz")


def measure(*, quick: bool) -> dict[str, Any]:
    """Alternating laps with a small artifact and the large one, in one run of the workers."""
    sizes, laps = ((1, 8), 2) if quick else ((5, 50), 3)
    for size in sizes:
        prepare(size)
    workers.forget_nudges()
    with workers.working():
        return {str(size): _rounds(size, laps) for size in sizes}


def prepare(megabytes: int) -> None:
    """A repository with so much in it, its pipeline, and the bucket that it deploys to."""
    repository = places.repositories() / f"{_name(megabytes)}.git"
    repository.parent.mkdir(parents=True, exist_ok=True)
    _commit(repository, places.repositories().parent / f"{_name(megabytes)}-files", megabytes)
    buckets.create(places.buckets(), _name(megabytes))
    noop.created(_definition(megabytes))
    PipelineExecution.objects.all().delete()


def by_pipeline(megabytes: int) -> float:
    """Seconds from the start of an execution to its end."""
    started = executions.start(_name(megabytes), trigger_type="StartPipelineExecution")
    mine = PipelineExecution.objects.filter(pk=started.pk)
    wait_until(lambda: not mine.unfinished().exists(), within=LONGEST_LAP)
    ended = mine.get()
    if ended.status != ExecutionStatus.SUCCEEDED or ended.ended_at is None:
        raise RuntimeError(f"The deployment ended as {ended.status}.")
    return (ended.ended_at - ended.started_at).total_seconds()


def by_hand(megabytes: int) -> float:
    """Seconds of the same: git archive, unzip, the commands, zip, and cp into the store."""
    folder = Path(settings.PENSTOCK_HOME) / "by-hand"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    repository = places.repositories() / f"{_name(megabytes)}.git"
    began = time.perf_counter()
    _run(
        folder,
        "git",
        "-C",
        str(repository),
        "archive",
        "--format=zip",
        "-o",
        f"{folder}/a.zip",
        "main",
    )
    handed_on = _kept(folder, "a.zip")
    for name, lines in (("b", COMPILE), ("c", TEST), ("d", PACKAGE)):
        work = folder / name
        work.mkdir()
        _run(work, "unzip", "-q", str(handed_on))
        for line in lines:
            _run(work, "sh", "-c", line)
        if name != "c":  # it has no output artifact
            _run(work / "site" if name == "d" else work, "zip", "-qr", f"{folder}/{name}.zip", ".")
            handed_on = _kept(folder, f"{name}.zip")
    _run(folder, "unzip", "-q", str(handed_on), "-d", "public")
    return time.perf_counter() - began


def _rounds(megabytes: int, laps: int) -> dict[str, Any]:
    by_hand(megabytes)  # the files are in memory from now on, for both
    by_pipeline(megabytes)
    pairs = [(by_pipeline(megabytes), by_hand(megabytes)) for _ in range(laps)]
    return {
        "pipeline": median([pipeline for pipeline, _ in pairs]),
        "by hand": median([hand for _, hand in pairs]),
        "ratio": median([pipeline / hand for pipeline, hand in pairs]),
        "worst ratio": max(pipeline / hand for pipeline, hand in pairs),
        "peak MB": _peak(),
    }


def _peak() -> float:
    """The most memory that one process of the workers has had so far."""
    return max(_high_water_mark(process) for process in _workers()) / MEGABYTE


def _workers() -> Iterator[psutil.Process]:
    for process in psutil.Process().children(recursive=True):
        if "celery" in process.cmdline() and "worker" in process.cmdline():
            yield process


def _high_water_mark(process: psutil.Process) -> int:
    status = Path(f"/proc/{process.pid}/status").read_text()
    found = re.search(r"^VmHWM:\s+(\d+) kB", status, flags=re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def _name(megabytes: int) -> str:
    return f"deploying-{megabytes}"


def _kept(folder: Path, name: str) -> Path:
    (folder / "store").mkdir(exist_ok=True)
    _run(folder, "cp", name, f"store/{name}")
    return folder / "store" / name


def _run(folder: Path, *command: str) -> None:
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)


def _commit(repository: Path, files: Path, megabytes: int) -> None:
    """Files of which a half is noise and a half is text, as of a website with its pictures."""
    chance = random.Random(megabytes)  # noqa: S311 - the same files every time
    (files / "pages").mkdir(parents=True)
    for number in range(megabytes * MEGABYTE // PIECE):
        content = chance.randbytes(PIECE // 2) + b"<p>A page of the site.</p>\n" * (PIECE // 54)
        (files / "pages" / f"{number}.bin").write_bytes(content[:PIECE])
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a"}
    environment = {**os.environ, **who, "GIT_COMMITTER_EMAIL": "a@b"}
    for command in (
        ("git", "init", "-q", "-b", "main"),
        ("git", "add", "-A"),
        ("git", "commit", "-q", "-m", "All"),
        ("git", "clone", "-q", "--bare", ".", str(repository)),
    ):
        subprocess.run(command, cwd=files, check=True, env=environment)


def _definition(megabytes: int) -> dict[str, Any]:
    code, built, site = ([{"name": name}] for name in ("Code", "Built", "Site"))
    source = {"RepositoryName": _name(megabytes), "BranchName": "main"}
    target = {"BucketName": _name(megabytes), "Extract": "true"}
    everything = [{"name": "Built", "files": ["**/*"]}]
    only_site = [{"name": "Site", "files": ["site/**/*"]}]
    return {
        "name": _name(megabytes),
        "pipelineType": "V2",
        "roleArn": "arn:aws:iam::123456789012:role/penstock",
        "artifactStore": {"type": "S3", "location": "artifacts"},
        "stages": [
            _stage(
                "Source", noop.action("Fetch", FETCH, configuration=source, outputArtifacts=code)
            ),
            _stage("Compile", _commands("Compile", COMPILE, code, everything)),
            _stage("Test", _commands("Test", TEST, built, [])),
            _stage("Package", _commands("Package", PACKAGE, built, only_site)),
            _stage(
                "Deploy", noop.action("Publish", PUBLISH, configuration=target, inputArtifacts=site)
            ),
        ],
    }


def _stage(name: str, action: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "actions": [action]}


def _commands(
    name: str, lines: Sequence[str], inputs: list[Any], outputs: list[Any]
) -> dict[str, Any]:
    made = {"outputArtifacts": outputs} if outputs else {}
    return noop.action(name, COMMANDS, commands=list(lines), inputArtifacts=inputs, **made)
