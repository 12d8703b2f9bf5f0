"""How a folder becomes an artifact and an artifact a folder; `pipelines.stores` keeps them."""

import os
import re
import secrets
import shutil
import stat
import string
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from pipelines import room

CHUNK = 1 << 20
COMPRESSION = 2  # 100 MB of text a second and processor, where 6 takes 30 for a sixth less
UNREADABLE = (  # what zipfile raises when it is given something else
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
)
REFERENCE = b'{"clone_reference": '  # what an artifact that is no zip file may begin with
ALPHANUMERIC = string.ascii_letters + string.digits


class ArtifactError(Exception):
    """Something is wrong with an artifact; the message is a sentence for people."""


class UnsafeZip(ArtifactError):
    """A zip file that would do harm, or that is none."""


class NothingMatches(ArtifactError):
    """A glob that no file matches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a zip file may grow to."""

    entries: int = 500_000
    total_bytes: int = 20 * 1024**3
    ratio: int = 200  # bytes that come out for each that went in …
    ratio_from: int = 200 * 1024**2  # … once more than this has come out


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """What went into an artifact."""

    files: int
    left_out: tuple[str, ...]  # what matched, but is not kept: links to outside, sockets, …


def new_key(pipeline: str, artifact: str) -> str:
    """A new place for an artifact, named as AWS names it: `myPipeline/SourceArti/x7Gt0aQ`."""
    suffix = "".join(secrets.choice(ALPHANUMERIC) for _ in range(7))
    folder = pipeline[:20]
    return f"{folder if folder.strip('.') else '_'}/{artifact[:10]}/{suffix}"


# From an artifact to a folder


def unpack(zip_file: Path, folder: Path, limits: Limits = Limits()) -> None:
    """Unpack into an empty folder; nothing is written outside of it, whatever the zip file says.

    Keeps executable bits, and symbolic links that stay inside.  Raises UnsafeZip with some of it
    unpacked.
    """
    try:
        with zipfile.ZipFile(zip_file) as archive:
            _unpack(archive, folder, limits, zip_file.stat().st_size)
    except UNREADABLE as error:
        if _begins_with(zip_file, REFERENCE):
            raise UnsafeZip(
                "It is a reference to a repository (CODEBUILD_CLONE_REF), which only CodeBuild and"
                " Commands actions can clone. Use OutputArtifactFormat CODE_ZIP."
            ) from error
        raise UnsafeZip(f"It is not a zip file that can be read: {error}.") from error
    except OSError as error:  # such as a name that is too long for this machine
        if room.is_missing(error):
            raise  # the artifact is not to blame
        raise UnsafeZip(f"It cannot be unpacked here: {error}.") from error


def _begins_with(path: Path, mark: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(mark)) == mark


def _unpack(archive: zipfile.ZipFile, folder: Path, limits: Limits, size: int) -> None:
    entries = archive.infolist()
    if len(entries) > limits.entries:
        raise UnsafeZip(f"It has {len(entries)} entries; at most {limits.entries} are allowed.")
    room = min(limits.total_bytes, max(limits.ratio_from, limits.ratio * size))
    links: dict[Path, str] = {}
    for entry in entries:
        path = folder / _safe_name(entry)
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if entry.is_dir():
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if path in links:
            raise UnsafeZip(f"It has {entry.filename} twice.")
        if kind == stat.S_IFLNK:
            links[path] = _link_target(archive, entry)
        elif kind in (0, stat.S_IFREG):
            room -= _write_file(archive, entry, path, room)
        else:
            raise UnsafeZip(f"It has {entry.filename}, which is neither a file nor a folder.")
    _make_links(links, folder)


def _safe_name(entry: zipfile.ZipInfo) -> PurePosixPath:
    name = entry.orig_filename  # `filename` is what Python made of it
    path = PurePosixPath(name)
    if (
        "\\" in name
        or "\0" in name
        or path.is_absolute()
        or ".." in path.parts
        or re.match(r"[A-Za-z]:", name)
    ):
        raise UnsafeZip(f"It has an entry named {name!r}, which may lead out of its folder.")
    if not path.parts and not entry.is_dir():
        raise UnsafeZip("It has an entry without a name.")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise UnsafeZip(f"It has {name}, which is compressed in an unusual way.")
    return path


def _write_file(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, room: int) -> int:
    written = 0
    try:
        with archive.open(entry) as source, path.open("xb") as target:
            while chunk := source.read(CHUNK):
                written += len(chunk)
                if written > room:
                    raise UnsafeZip("It grows to more than an artifact may have when unpacked.")
                target.write(chunk)
    except FileExistsError as error:
        raise UnsafeZip(f"It has {entry.filename} twice.") from error
    if (entry.external_attr >> 16) & 0o100:
        path.chmod(0o755)
    return written


def _link_target(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> str:
    if entry.file_size > 4096:
        raise UnsafeZip(f"It has a link {entry.filename} whose target is too long.")
    with archive.open(entry) as source:
        return os.fsdecode(source.read(4097))


def _make_links(links: dict[Path, str], folder: Path) -> None:
    """Make the links last, so that nothing is ever written through one; all of them or none."""
    for link, target in links.items():
        if not target or "\0" in target or PurePosixPath(target).is_absolute():
            raise UnsafeZip(f"It has a link {link.name} to {target!r}.")
        if os.path.lexists(link):
            raise UnsafeZip(f"It has {link.relative_to(folder)} twice.")
    for link, target in links.items():
        link.symlink_to(target)
    root = folder.resolve()
    # Only now that all are there can be said where they lead: perhaps through one another.
    wrong = [link for link in links if not _real(link).is_relative_to(root)]
    if wrong:
        for link in links:
            link.unlink()
        raise UnsafeZip(f"It has a link {wrong[0].name} that leads out of its folder.")


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))  # Path.resolve() raises where links go round


# From a folder to an artifact


class Glob:
    """A pattern of paths: `*`, `?` and `[…]` match within a name, `**` any number of folders."""

    def __init__(self, text: str) -> None:
        """Raises ArtifactError when it could lead outside."""
        self.text = text
        self._parts = _parts(text)

    def matches(self, name: str) -> bool:
        return _matches(self._parts, name.split("/"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A file that goes into an artifact, and its name there."""

    name: str
    path: Path


class Links(StrEnum):
    """What becomes of a link to a file inside; a link to a folder inside stays one anyway."""

    FOLLOWED = "followed"  # a copy of the file
    KEPT = "kept"


def pack(folder: Path, globs: Sequence[str], zip_file: Path) -> Packed:
    """Make a zip file of the files below `folder` that match any of the globs.

    Raises NothingMatches for a glob that nothing matches.
    """
    patterns = [Glob(text) for text in globs]
    names = [name for name in names_in(folder) if any(glob.matches(name) for glob in patterns)]
    members = [Member(name=name, path=folder / name) for name in names]
    packed = pack_members(members, zip_file, inside=folder)
    kept = set(names).difference(packed.left_out)
    for glob in patterns:
        if not any(glob.matches(name) for name in kept):
            raise NothingMatches(_nothing_matches(folder, glob.text))
    return packed


def pack_members(
    members: Iterable[Member], zip_file: Path, *, inside: Path, links: Links = Links.FOLLOWED
) -> Packed:
    """Make a zip file of these files.

    What a link leads to outside of `inside` is left out, and so is a link to a folder that is not
    in the artifact.
    """
    files, left_out = 0, []
    try:
        zip_file.unlink(missing_ok=True)  # a link, perhaps, that a build has left there
        with zipfile.ZipFile(zip_file, "x", zipfile.ZIP_DEFLATED) as archive:
            for member in members:
                if _add(archive, member, inside, links):
                    files += 1
                else:
                    left_out.append(member.name)
    except OSError as error:
        if room.is_missing(error):
            raise
        raise ArtifactError(f"The artifact cannot be made: {error}.") from error
    return Packed(files=files, left_out=tuple(left_out))


def names_in(folder: Path) -> list[str]:
    """The names of all that is no folder, in a fixed order; links are not followed."""
    try:
        return list(_walk(folder, ""))
    except (OSError, RecursionError) as error:
        raise ArtifactError(f"The artifact cannot be made: {error}.") from error


def _parts(glob: str) -> tuple[str, ...]:
    parts = tuple(part for part in glob.split("/") if part not in ("", "."))
    if glob.startswith("/") or ".." in parts or not parts:
        raise ArtifactError(f"{glob!r} is not a path inside the source folder.")
    return parts


def _nothing_matches(folder: Path, glob: str) -> str:
    hint = f" To take all that is in the folder, write {glob.rstrip('/')}/**/*."
    is_folder = folder.joinpath(*_parts(glob)).is_dir()
    return f"No file matches {glob}.{hint if is_folder else ''}"


def _walk(folder: Path, below: str) -> Iterator[str]:
    with os.scandir(folder / below) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        name = f"{below}{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(folder, f"{name}/")
        else:
            yield name


def _matches(pattern: Sequence[str], path: Sequence[str]) -> bool:
    """Whether the path matches; follows all ways to match at once, so it is never slow."""
    places = _skip_stars(pattern, {0})
    for part in path:
        there = {place for place in places if pattern[place : place + 1] == ("**",)}
        next_ones = {
            place + 1
            for place in places - there
            if place < len(pattern) and fnmatchcase(part, pattern[place])
        }
        places = _skip_stars(pattern, there | next_ones)
    return len(pattern) in places


def _skip_stars(pattern: Sequence[str], places: set[int]) -> set[int]:
    found = set(places)
    for place in sorted(places):
        ahead = place
        while ahead < len(pattern) and pattern[ahead] == "**":
            ahead += 1
            found.add(ahead)
    return found


def _add(archive: zipfile.ZipFile, member: Member, inside: Path, links: Links) -> bool:
    """Add a file or a link; false when it is not to be kept."""
    real = _real(member.path)
    if not real.is_relative_to(inside.resolve()) or not _is_text(member.name):
        return False
    if real.is_dir() or (links is Links.KEPT and member.path.is_symlink()):
        return _add_link(archive, member, real)
    if not real.is_file():
        return False  # a socket, a device, or a link to nothing
    with open(real, "rb", opener=_open_without_waiting) as source:
        _add_file(archive, member.name, source)
    return True


def _add_link(archive: zipfile.ZipFile, member: Member, real: Path) -> bool:
    top = member.path.parents[member.name.count("/")].resolve()
    if not real.is_relative_to(top):
        return False  # in the artifact it would lead outside
    target = os.path.relpath(real, member.path.parent.resolve())
    archive.writestr(_entry(member.name, stat.S_IFLNK | 0o777), os.fsencode(target))
    return True


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


def _add_file(archive: zipfile.ZipFile, name: str, source: BinaryIO) -> None:
    status = os.fstat(source.fileno())
    entry = _entry(name, stat.S_IFREG | (0o755 if status.st_mode & 0o100 else 0o644))
    entry.file_size = status.st_size  # lets zipfile choose the format for large files
    with archive.open(entry, "w") as target:
        shutil.copyfileobj(source, target, CHUNK)


def _entry(name: str, mode: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)  # the same date for all: same files, same artifact
    entry.create_system = 3  # Unix: the mode below counts
    entry.external_attr = mode << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    # There is no other way before Python 3.13.
    setattr(entry, "_compresslevel", COMPRESSION)  # noqa: B010
    return entry
