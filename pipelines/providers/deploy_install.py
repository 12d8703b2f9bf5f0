"""Which files of an artifact go where on an instance, and putting them there."""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from pipelines.providers.deploy_spec import Copy, Existing, Permission, Spec

Record = Callable[[list[str]], None]


class EventFailed(Exception):
    """A lifecycle event of a deployment failed; the message says how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """One file, and where it goes."""

    source: Path
    destination: str  # absolute, as the instance sees it
    mode: int


def placements(bundle: Path, spec: Spec) -> list[Placement]:
    """In a fixed order; of two for the same place the later one counts.  Raises EventFailed."""
    found: dict[str, Placement] = {}
    for copy in spec.copies:
        for source, destination in _of_one(bundle, copy):
            if "\n" in destination:  # we keep lists of them
                raise EventFailed(f"{destination!r} has a line break in its name")
            mode = _mode(source, destination, spec.permissions)
            found[destination] = Placement(source=source, destination=destination, mode=mode)
    return sorted(found.values(), key=lambda each: each.destination)


def already_there(destination: str) -> EventFailed:
    """What CodeDeploy says of a file that it may not replace."""
    return EventFailed(
        "The deployment failed because a specified file already exists at this location:"
        f" {destination}"
    )


def install(
    root: Path,
    placed: Sequence[Placement],
    existing: Existing,
    *,
    before: Iterable[str],
    record: Record,
    goes_on: Callable[[], bool],
) -> None:
    """Remove what the deployment `before` had put there, then put every file whole or not at all.

    Nothing is changed when one of them may not be put; nothing is ever written outside of `root`,
    whatever links lead there.  Just before anything is changed, `record` gets what is ours from
    then on.  Raises EventFailed.
    """
    earlier = set(before)
    targets = {each: _target(root, each.destination) for each in placed}
    for each, target in targets.items():
        _check(each.destination, target, existing, is_ours=each.destination in earlier)
    if existing is Existing.RETAIN:
        targets = {
            each: target
            for each, target in targets.items()
            if each.destination in earlier or not os.path.lexists(target)
        }
    old = {destination: _target(root, destination) for destination in earlier}
    record(sorted(earlier | {each.destination for each in targets}))
    for target in old.values():
        _remove(target)
    for each, target in targets.items():
        if not goes_on():
            raise EventFailed("It was given up before all files were copied")
        _put(each, target)
    record(sorted(each.destination for each in targets))


def _of_one(bundle: Path, copy: Copy) -> Iterator[tuple[Path, str]]:
    source = bundle / copy.source.strip("/")
    into = PurePosixPath(copy.destination)
    if source.is_file():
        yield source, str(into / source.name)
        return
    if not source.is_dir():
        raise EventFailed(f"No such file or directory in the artifact: {copy.source}")
    for path in sorted(source.rglob("*")):
        if path.is_file():  # links to files as files; links to folders lead nowhere new
            yield path, str(into / path.relative_to(source).as_posix())


def _mode(source: Path, destination: str, permissions: Sequence[Permission]) -> int:
    mode = 0o755 if source.stat().st_mode & 0o100 else 0o644
    for each in permissions:
        if each.mode and "file" in each.type and _is_meant(destination, each):
            mode = int(each.mode, 8)
    return mode


def _is_meant(destination: str, permission: Permission) -> bool:
    path, about = PurePosixPath(destination), PurePosixPath(permission.object)
    if path == about:
        return True
    is_below = path.is_relative_to(about)
    named = permission.pattern == "**" or fnmatchcase(path.name, permission.pattern)
    return is_below and named and not any(fnmatchcase(path.name, p) for p in permission.exclude)


def _target(root: Path, destination: str) -> Path:
    target = root / destination.lstrip("/")
    if not Path(os.path.realpath(target.parent)).is_relative_to(os.path.realpath(root)):
        raise EventFailed(f"{destination} leads out of the instance's folder through a link")
    return target


def _check(destination: str, target: Path, existing: Existing, *, is_ours: bool) -> None:
    if target.is_dir() and not target.is_symlink():
        raise EventFailed(f"{destination} is a directory on the instance, and a file here")
    if existing is Existing.DISALLOW and os.path.lexists(target) and not is_ours:
        raise already_there(destination)


def _remove(target: Path) -> None:
    try:
        target.unlink(missing_ok=True)
    except OSError as error:
        raise EventFailed(f"What was deployed before cannot be removed: {error}") from error


def _put(each: Placement, target: Path) -> None:
    temporary = target.with_name(f".{target.name}.deploying")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary.unlink(missing_ok=True)  # of a deployment that was killed, or a link to outside
        with each.source.open("rb") as source, temporary.open("xb") as copy:
            shutil.copyfileobj(source, copy)
        temporary.chmod(each.mode)
        temporary.replace(target)
    except OSError as error:
        raise EventFailed(f"{each.destination} cannot be copied: {error}") from error
    finally:
        with suppress(OSError):
            temporary.unlink()
