"""Local git repositories, read and made with the git command."""

import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, repeat
from pathlib import Path
from typing import IO

BRANCH = re.compile(r"(?!-)(?!.*(\.\.|@\{|//|/\.|\.lock(/|$)))[^\x00-\x20\x7f~^:?*\[\\]+(?<![/.])")
COMMIT_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
COMMIT_FORMAT = "%H%x00%P%x00%an%x00%ae%x00%aI%x00%cI%x00%B"
QUICKLY = "-2"  # as artifacts are packed everywhere here (artifacts.COMPRESSION)
CHANGES_LIMIT = 512 * 1024  # bytes of diff that a page can show


class GitError(Exception):
    """Git could not do it; the message is a sentence for people."""


class GitRefused(GitError):
    """The git command has ended with an error."""


class RepositoryNotFound(GitError):
    """There is no git repository in this folder."""


class BranchNotFound(GitError):
    """The repository has no branch of this name."""


class CommitNotFound(GitError):
    """The repository has no commit of this id."""


class Lost(Exception):
    """The work was given up while git ran; git has been ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One commit."""

    id: str
    parents: tuple[str, ...]
    message: str
    author_name: str
    author_email: str
    author_date: datetime
    committer_date: datetime

    @property
    def subject(self) -> str:
        return self.message.partition("\n")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedFile:
    """One file that a commit changed."""

    status: str  # A added, M modified, D deleted, R renamed, T another type
    path: str
    diff: str  # empty where the limit was reached


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a commit changed against its first parent."""

    files: tuple[ChangedFile, ...]
    is_cut: bool  # there is more than this


@dataclass(frozen=True, slots=True)
class File:
    """A file to commit."""

    content: str | bytes
    executable: bool = False


def head(repository: Path, branch: str) -> Commit:
    """The newest commit of a branch."""
    _check_repository(repository)
    if not is_branch_name(branch):
        raise BranchNotFound(f"{branch!r} is not the name of a branch.")
    found = _log(repository, f"refs/heads/{branch}")
    if found is None:
        raise BranchNotFound(f"{repository.name} has no branch {branch}.")
    return found


def commit(repository: Path, commit_id: str) -> Commit:
    """The commit of this full id."""
    _check_repository(repository)
    found = _log(repository, commit_id) if COMMIT_ID.fullmatch(commit_id) else None
    if found is None:
        raise CommitNotFound(f"{repository.name} has no commit {commit_id}.")
    return found


def archive(
    repository: Path, commit_id: str, zip_file: Path, is_lost: Callable[[], bool] = lambda: False
) -> None:
    """Write all files of a commit to a zip file; raises Lost soon after `is_lost` turns true."""
    found = commit(repository, commit_id)
    command = [
        "archive",
        "--format=zip",
        QUICKLY,
        f"--output={zip_file.absolute()}",
        found.id,
    ]
    with (
        tempfile.TemporaryFile() as complaints,
        subprocess.Popen(
            _git(repository, *command),
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=complaints,
        ) as process,
    ):
        try:
            _wait(process, is_lost)
        except BaseException:
            process.kill()
            raise
        if process.returncode != 0:
            complaints.seek(0)
            raise GitRefused(f"git archive failed: {_text(complaints.read(4096)).strip()}")


def changes(repository: Path, commit_id: str, limit: int = CHANGES_LIMIT) -> Changes:
    """The files that a commit changed, with their diffs, up to `limit` bytes in all."""
    found = commit(repository, commit_id)
    trees = ["--root", found.id] if not found.parents else [found.parents[0], found.id]
    options = ["diff-tree", "-r", "-M", "--no-commit-id", "--no-ext-diff", "--no-textconv"]
    names, names_are_cut = _read(repository, [*options, "--name-status", "-z", *trees], limit)
    patch, patch_is_cut = _read(repository, [*options, "--patch", "--no-color", *trees], limit)
    diffs = re.split(r"^(?=diff --git )", _text(patch), flags=re.MULTILINE)[1:]
    diffs_and_none = chain(diffs, repeat(""))  # in the same order as the names, perhaps cut
    files = [
        ChangedFile(status=status, path=path, diff=diff)
        for (status, path), diff in zip(_names(names), diffs_and_none, strict=False)
    ]
    return Changes(files=tuple(files), is_cut=names_are_cut or patch_is_cut)


def differing_files(
    repository: Path, before: str, after: str, limit: int = 1000
) -> tuple[str, ...]:
    """The names of the files that differ between two commits, in order, so many at most."""
    options = ["diff-tree", "-r", "--no-renames", "--name-only", "-z"]
    trees = [commit(repository, before).id, commit(repository, after).id]
    said, _ = _read(repository, [*options, *trees], CHANGES_LIMIT)
    return tuple(_text(said).split("\0")[:-1][:limit])


def branches_with(repository: Path, commit_id: str) -> tuple[str, ...]:
    """The branches that a commit is on, up to 20 of them."""
    found = commit(repository, commit_id)
    form = ["--count=20", "--format=%(refname:strip=2)", f"--contains={found.id}", "refs/heads"]
    return tuple(_text(_run(repository, ["for-each-ref", *form])).split())


def init_bare(repository: Path, branch: str = "main") -> None:
    """Make an empty bare repository whose first branch will be `branch`."""
    repository.mkdir(parents=True, exist_ok=True)
    _run(repository, ["init", "--bare", "--quiet", "--template=", f"--initial-branch={branch}"])


def commit_files(
    repository: Path,
    branch: str,
    files: Mapping[str, File],
    *,
    message: str,
    author: tuple[str, str],
    at: datetime,
) -> str:
    """Add or replace files by one commit on a branch, made if need be; return the commit's id."""
    _check_repository(repository)
    if not is_branch_name(branch):
        raise BranchNotFound(f"{branch!r} is not the name of a branch.")
    ref = f"refs/heads/{branch}"
    name, email = (re.sub(r"[<>\r\n\0]", "", part) for part in author)
    who = f"{name} <{email}> {int(at.timestamp())} +0000"
    stream = [f"commit {ref}\nauthor {who}\ncommitter {who}\n".encode(), _data(message)]
    if _log(repository, ref) is not None:
        stream.append(f"from {ref}^0\n".encode())
    for path, file in sorted(files.items()):
        mode = "100755" if file.executable else "100644"
        stream += [f"M {mode} inline {_quoted(path)}\n".encode(), _data(file.content)]
    _run(repository, ["fast-import", "--quiet", "--done"], b"".join(stream) + b"done\n")
    return head(repository, branch).id


def is_branch_name(name: str) -> bool:
    """Whether git would take this as the name of a branch (stricter in doubt)."""
    return bool(BRANCH.fullmatch(name)) and not name.startswith((".", "/")) and len(name) <= 256


def _check_repository(repository: Path) -> None:
    if not (repository / "HEAD").is_file() or not (repository / "objects").is_dir():
        raise RepositoryNotFound(f"There is no git repository in {repository}.")


def _git(repository: Path, *arguments: str) -> list[str]:
    options = ["-c", "core.hooksPath=/dev/null", "-c", "core.quotePath=false"]
    return ["git", f"--git-dir={repository.absolute()}", *options, *arguments]


def environment() -> dict[str, str]:
    """Of git: nothing of the user's or the system's configuration, no prompts."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C",
        "HOME": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_PROTOCOL_FROM_USER": "0",
    }


def _run(repository: Path, arguments: Sequence[str], stdin: bytes = b"") -> bytes:
    try:
        done = subprocess.run(
            _git(repository, *arguments),
            env=environment(),
            input=stdin,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise GitError("The git command is not installed on this machine.") from error
    if done.returncode != 0:
        raise GitRefused(f"git {arguments[0]} failed: {_text(done.stderr).strip()}")
    return done.stdout


def _read(repository: Path, arguments: Sequence[str], limit: int) -> tuple[bytes, bool]:
    """The first `limit` bytes of what git says, and whether there is more."""
    with subprocess.Popen(
        _git(repository, *arguments),
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        output: IO[bytes] | None = process.stdout
        said = output.read(limit + 1) if output else b""
        process.kill()
    return said[:limit], len(said) > limit


def _log(repository: Path, revision: str) -> Commit | None:
    options = ["-1", "--encoding=UTF-8", "--no-show-signature", f"--format={COMMIT_FORMAT}"]
    try:
        said = _run(repository, ["log", *options, revision, "--"])
    except GitRefused:
        return None
    if not said:
        return None  # an object of git's that is no commit
    fields = _text(said).split("\0", 6)
    return Commit(
        id=fields[0],
        parents=tuple(fields[1].split()),
        author_name=fields[2],
        author_email=fields[3],
        author_date=_date(fields[4]),
        committer_date=_date(fields[5]),
        message=fields[6].strip(),
    )


def _date(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _wait(process: subprocess.Popen[bytes], is_lost: Callable[[], bool]) -> None:
    while not is_lost():
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.5)
            return
    raise Lost


def _names(said: bytes) -> list[tuple[str, str]]:
    """Status and path from `--name-status -z`: a rename has two paths, of which the new counts."""
    fields = iter(_text(said).split("\0")[:-1])
    found = []
    for status in fields:
        path = next(fields, "")
        if status[:1] in ("R", "C"):
            path = next(fields, path)
        found.append((status[:1], path))
    return found


def _data(content: str | bytes) -> bytes:
    raw = content.encode() if isinstance(content, str) else content
    return b"data %d\n%s\n" % (len(raw), raw)


def _quoted(path: str) -> str:
    parts = path.split("/")
    if not path or any(part in ("", ".", "..", ".git") for part in parts):
        raise GitError(f"{path!r} is not a path that can be committed.")
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", errors="replace")
