"""Git repositories elsewhere, asked and fetched with the git command within limits.

A credential travels in the environment of git and of its helper only: it is in no list of
processes, in no file that outlives the call, in no address and in no message.
"""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from pipelines import git, processes

LOOK_EVERY = 0.1  # seconds between two looks at a git that is at work
SAID_LIMIT = 16 * 1024**2  # bytes that git may say
COMPLAINT_LIMIT = 4096  # bytes of what it complains about that are read
SIZE_LIMIT = 1024**3  # bytes of a repository: what AWS allows (page "Quotas in CodePipeline")
CHECKED_OUT_LIMIT = 20 * 1024**3  # bytes of all files and the repository, as of an artifact
GONE_WITHIN = 2.0  # seconds, for what was killed; a zombie that nobody waits for stays longer
WEIGH_EVERY = 1.0  # seconds: to add up many files takes its time
# Prints what the environment has, and only when git asks: `store` and `erase` mean nothing here.
HELPER = (
    '!f() { test "$1" = get && printf "username=%s\\npassword=%s\\n"'
    ' "$PENSTOCK_GIT_USERNAME" "$PENSTOCK_GIT_PASSWORD"; }; f'
)
# Not the keys of whoever started Penstock, which may open the hosts that are deployed to.
NO_KEYS = (
    "-o BatchMode=yes -o ConnectTimeout=10 -o IdentityFile=none -o IdentityAgent=none"
    " -o IdentitiesOnly=yes"
)
NOT_THERE = "The host has no such repository, or does not show it."
SHALLOW = "--depth=1"
PROXIES = ("http_proxy", "https_proxy", "no_proxy", "all_proxy", "HTTPS_PROXY", "NO_PROXY")


class RemoteError(git.GitError):
    """The repository could not be asked or fetched; the message is a sentence for people."""


class Denied(RemoteError):
    """The host wants another credential, or any."""


class NotThere(RemoteError):
    """The host has no such repository, or none that this credential may see."""


class NoSuchRevision(RemoteError):
    """The repository has no such branch or commit."""


class Unreachable(RemoteError):
    """The host does not answer, or not in time."""


class TooLarge(RemoteError):
    """The repository is larger than the limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """Who asks: a user and a password or token over HTTP, or a private key over SSH."""

    username: str = ""
    password: str = field(default="", repr=False)
    private_key: str = field(default="", repr=False)
    known_hosts: Path | None = None  # of SSH: hosts that were met before, and their keys


NOBODY = Credential()


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """A repository by its address: http, https, ssh, or an absolute path of this machine."""

    url: str
    credential: Credential = NOBODY


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a call of git may take; it is ended when any of this is over."""

    seconds: float
    size: int = SIZE_LIMIT
    is_lost: Callable[[], bool] = lambda: False
    token: str = ""  # marks its processes (`processes.end_leftovers`)


def branches(remote: Remote, bounds: Bounds, *, branch: str = "") -> dict[str, str]:
    """Branch name -> the id of its newest commit, of all branches or of the one that is named.

    Raises RemoteError, or git.Lost.
    """
    found = refs(remote, bounds, f"refs/heads/{branch or '*'}")
    return {ref.removeprefix("refs/heads/"): commit for ref, commit in found.items()}


def refs(remote: Remote, bounds: Bounds, *patterns: str) -> dict[str, str]:
    """Ref -> commit, of the branches and tags that match; a tag's commit is what it points to.

    Raises RemoteError, or git.Lost.
    """
    said = _git(remote, bounds, "ls-remote", "--quiet", "--", remote.url, *patterns)
    found: dict[str, str] = {}
    for line in said.decode(errors="replace").splitlines():
        commit, _, ref = line.partition("\t")
        if git.COMMIT_ID.fullmatch(commit) and ref.startswith(("refs/heads/", "refs/tags/")):
            found[ref.removesuffix("^{}")] = commit  # of a tag that is an object, the second line
    return found


def head(remote: Remote, branch: str, bounds: Bounds) -> str:
    """The id of the newest commit of a branch.  Raises RemoteError, or git.Lost."""
    _check_branch(branch)
    found = branches(remote, bounds, branch=branch).get(branch)
    if found is None:
        raise NoSuchRevision(f"The repository has no branch {branch}.")
    return found


def changed_files(
    remote: Remote, before: str, after: str, into: Path, bounds: Bounds
) -> tuple[str, ...]:
    """The files that differ between two commits, in order; fetched without what is in them.

    Raises RemoteError, or git.Lost.
    """
    git.init_bare(into)
    pairs = [f"+{before}:refs/heads/before", f"+{after}:refs/heads/after"]
    _fetch(remote, bounds, into, *pairs, options=[SHALLOW, "--filter=blob:none"])
    return git.differing_files(into, before, after)


def fetch_branch(remote: Remote, branch: str, into: Path, bounds: Bounds) -> git.Commit:
    """Fetch the newest commit of a branch, without history, into a new bare repository."""
    _check_branch(branch)
    git.init_bare(into)
    ref = f"refs/heads/{branch}"
    _fetch(remote, bounds, into, f"+{ref}:{ref}", options=[SHALLOW])
    return git.head(into, branch)


def fetch_commit(remote: Remote, commit_id: str, into: Path, bounds: Bounds) -> git.Commit:
    """The same for a commit by its full id, which may be on any branch or tag.

    A host that does not give single commits gives all branches and tags.
    """
    if not git.COMMIT_ID.fullmatch(commit_id):
        raise NoSuchRevision(f"The repository has no commit {commit_id}.")
    git.init_bare(into)
    try:
        _fetch(remote, bounds, into, f"+{commit_id}:refs/heads/asked", options=[SHALLOW])
    except NoSuchRevision:
        _fetch(remote, bounds, into, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
    try:
        return git.commit(into, commit_id)
    except git.CommitNotFound:
        raise NoSuchRevision(f"The repository has no commit {commit_id}.") from None


def clone(remote: Remote, commit_id: str, folder: Path, bounds: Bounds) -> None:
    """Clone with all of its history into a new folder, and check the commit out there.

    What runs in the folder finds the address of the repository in it, and no credential.
    """
    options = ["--quiet", "--no-local", "--no-checkout", "--template="]
    _git(remote, bounds, "clone", *options, "--", remote.url, str(folder), watched=folder)
    try:
        git.commit(folder / ".git", commit_id)
    except git.CommitNotFound:  # on no branch any more: the host may have it all the same
        _fetch(remote, bounds, folder / ".git", f"+{commit_id}:refs/heads/penstock-asked")
    here = [f"--git-dir={folder / '.git'}", f"--work-tree={folder}"]
    files = replace(bounds, size=CHECKED_OUT_LIMIT)
    checkout = ["checkout", "--quiet", "--detach", "--force", commit_id, "--"]
    _git(remote, files, *here, *checkout, watched=folder)


def _check_branch(branch: str) -> None:
    if not git.is_branch_name(branch):
        raise NoSuchRevision(f"{branch!r} is not the name of a branch.")


def _fetch(
    remote: Remote, bounds: Bounds, into: Path, *refs: str, options: Sequence[str] = ()
) -> None:
    quietly = ["--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"]
    where = f"--git-dir={into.absolute()}"
    _git(remote, bounds, where, "fetch", *quietly, *options, "--", remote.url, *refs, watched=into)


def _git(remote: Remote, bounds: Bounds, *arguments: str, watched: Path | None = None) -> bytes:
    """What git says; raises RemoteError when it fails or must be ended, or git.Lost."""
    with (
        _ssh(remote.credential) as ssh,
        tempfile.TemporaryFile() as said,
        tempfile.TemporaryFile() as complaints,
    ):
        try:
            process = subprocess.Popen(
                _command(remote, arguments),
                env={**git.environment(), **_environment(remote, bounds), **ssh},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=complaints,
                start_new_session=True,  # so that its helpers can be ended with it
            )
        except FileNotFoundError as error:
            raise RemoteError("The git command is not installed on this machine.") from error
        try:
            _watch(process, bounds, watched, said)
        finally:
            _end(process)
        if process.returncode != 0:
            complaints.seek(0)
            raise _refusal(complaints.read(COMPLAINT_LIMIT).decode(errors="replace"))
        said.seek(0)
        return said.read(SAID_LIMIT)


def _command(remote: Remote, arguments: Sequence[str]) -> list[str]:
    options = {
        "core.hooksPath": "/dev/null",
        "core.quotePath": "false",
        "credential.helper": "",
        # A host that sends nothing at all for so many seconds is given up.
        "http.lowSpeedLimit": "1",
        "http.lowSpeedTime": "60",
    }
    if remote.credential.password:
        # Of this host only: whoever it redirects to is told nothing.
        options[f"credential.{_origin(remote.url)}.helper"] = HELPER
    given = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    return ["git", *given, *arguments]


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _environment(remote: Remote, bounds: Bounds) -> dict[str, str]:
    """Of all that git could talk to, only what the address itself names."""
    scheme = urlsplit(remote.url).scheme
    ours = {name: os.environ[name] for name in PROXIES if name in os.environ}
    ours["GIT_ALLOW_PROTOCOL"] = {"http": "http:https", "https": "https"}.get(scheme, scheme)
    if not scheme:
        ours["GIT_ALLOW_PROTOCOL"] = "file"
    if remote.credential.password:
        ours["PENSTOCK_GIT_USERNAME"] = remote.credential.username
        ours["PENSTOCK_GIT_PASSWORD"] = remote.credential.password
    if bounds.token:
        ours[processes.TOKEN_VARIABLE] = bounds.token
    return ours


@contextmanager
def _ssh(credential: Credential) -> Iterator[Mapping[str, str]]:
    """The environment that has git use the key, from a file that only we may read meanwhile."""
    if not credential.private_key:
        yield {"GIT_SSH_COMMAND": f"ssh -F /dev/null {NO_KEYS}"}
        return
    folder = Path(tempfile.mkdtemp(prefix="penstock-ssh-"))  # 0700
    try:
        key = folder / "key"
        key.touch(mode=0o600)
        key.write_text(credential.private_key.replace("\r\n", "\n").strip() + "\n")
        known = credential.known_hosts or folder / "known_hosts"
        options = {
            "BatchMode": "yes",
            "ConnectTimeout": "10",
            "IdentitiesOnly": "yes",
            "IdentityFile": str(key),
            "ServerAliveInterval": "15",
            "StrictHostKeyChecking": "accept-new",
            "UserKnownHostsFile": str(known),
        }
        said = " ".join(f"-o '{name}=\"{value}\"'" for name, value in options.items())
        yield {"GIT_SSH_COMMAND": f"ssh -F /dev/null {said}"}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _watch(
    process: subprocess.Popen[bytes], bounds: Bounds, watched: Path | None, said: IO[bytes]
) -> None:
    """Wait for the end; raises when a bound is reached before."""
    over_at = time.monotonic() + bounds.seconds
    weigh_at = time.monotonic()
    while True:
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=LOOK_EVERY)
        if bounds.is_lost():
            raise git.Lost
        if os.fstat(said.fileno()).st_size > SAID_LIMIT:
            raise TooLarge("The host lists more branches than can be read.")
        has_ended = process.returncode is not None
        if watched and (has_ended or time.monotonic() > weigh_at):
            _weigh(watched, bounds.size)
            weigh_at = time.monotonic() + WEIGH_EVERY
        if has_ended:
            return
        if time.monotonic() > over_at:
            raise Unreachable(f"The host did not finish within {bounds.seconds:g} seconds.")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Nothing of it is left: the group is ended even when git itself has ended before.

    Git's helpers are nobody's to wait for once git is gone, and a process that was killed may
    take a moment to go: whoever removes its folder next must not meet it there.
    """
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    give_up_at = time.monotonic() + GONE_WITHIN
    while _is_there(process.pid) and time.monotonic() < give_up_at:
        time.sleep(GONE_WITHIN / 100)


def _is_there(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _weigh(folder: Path, limit: int) -> None:
    size = 0
    for path in folder.rglob("*"):
        with suppress(OSError):  # git moves its files about
            size += path.lstat().st_size
    if size > limit:
        raise TooLarge(f"The repository has more than {limit} bytes, all that a source may have.")


# What git complains about -> what it means; the first that is found counts.  Without a sentence of
# ours, git's own says more.
COMPLAINTS: tuple[tuple[str, type[RemoteError], str], ...] = (
    (r"terminal prompts disabled|Authentication failed", Denied, "The host denied access."),
    (r"returned error: 40[13]|HTTP 40[13]", Denied, "The host denied access."),
    (r"Permission denied \(", Denied, "The host does not take the SSH key."),
    (r"Host key verification failed", Denied, "The host has another SSH key than before."),
    (r"Load key .*(invalid|error in libcrypto)", Denied, "The SSH key cannot be read."),
    (r"couldn't find remote ref|Remote branch .* not found", NoSuchRevision, ""),
    (r"not our ref|unadvertised object|did not receive expected", NoSuchRevision, ""),
    (r"[Rr]epository .*not found|returned error: 404", NotThere, NOT_THERE),
    (r"does not appear to be a git repository|[Nn]o such file", NotThere, NOT_THERE),
    (r"not valid: is this a git repository", NotThere, NOT_THERE),
    (r"SSL|TLS|certificate", Unreachable, ""),
    (r"Could not resolve|Failed to connect|Connection (refused|reset)", Unreachable, ""),
    (r"timed out|too slow|Empty reply|unable to access", Unreachable, ""),
)


def _refusal(complaint: str) -> RemoteError:
    """The error that git's complaint means, with its own words where they say more than ours."""
    own = _own_words(complaint)
    for pattern, kind, sentence in COMPLAINTS:
        if re.search(pattern, complaint):
            return kind(sentence or own)
    return RemoteError(own)


def _own_words(complaint: str) -> str:
    """The line that says what is wrong, on one line and without what looks like a credential."""
    lines = [line.strip() for line in complaint.splitlines() if line.strip()]
    told = [line for line in lines if line.startswith(("fatal:", "error:", "remote:"))] or lines
    words = told[0] if told else "git failed without a word"
    words = re.sub(r"//[^/@\s]+@", "//", words.removeprefix("fatal:").strip())
    return f"Git says: {words[:500].rstrip('.')}."
