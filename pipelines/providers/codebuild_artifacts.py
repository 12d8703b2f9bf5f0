"""Which files a buildspec's `artifacts` mean, as AWS CodeBuild reads them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines import artifacts
from pipelines.artifacts import ArtifactError, Glob, Links, Member
from pipelines.providers import build_folders
from pipelines.providers.codebuild_buildspec import Artifact
from pipelines.providers.contract import Work
from pipelines.providers.log import say

VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))", re.ASCII)
SHOWN = 20  # files that are left out


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """What is left of a build that has run: its folders and its environment."""

    work: Work
    folders: Sequence[Path]  # where it may take files from; the first is the primary source
    environment: Mapping[str, str]

    def expanded(self, text: str) -> str:
        """With the values of environment variables in it, as AWS does in paths."""
        return VARIABLE.sub(lambda found: self.environment.get(found[1] or found[2], ""), text)


def pack(build: Build, name: str, declared: Artifact) -> Path:
    """Make the zip file of one output artifact.  Raises ArtifactError with what to change."""
    for folder in build.folders:
        build_folders.check_own(build.work, folder)
    root, bases = _base_directories(build, declared.base_directory)
    say(build.work, f"Expanding file paths for base directory {declared.base_directory or '.'}")
    members: dict[str, Member] = {}
    for base in bases:
        for member in _members(build, base, declared):
            if member.name in members:
                raise ArtifactError(_twice(member, members[member.name], root))
            members[member.name] = member
    zip_file = build.work.workspace / f"{name}.zip"
    links = Links.KEPT if declared.enable_symlinks else Links.FOLLOWED
    packed = artifacts.pack_members(members.values(), zip_file, inside=root, links=links)
    for left_out in packed.left_out[:SHOWN]:
        say(build.work, f"Left out of {name}: {left_out} (it leads outside or is no file)")
    if not packed.files:
        raise ArtifactError(
            f"no matching artifact paths found for {name}: no file matches"
            f" {', '.join(declared.files)}"
        )
    say(build.work, f"Found {packed.files} file(s)")
    return zip_file


def _base_directories(build: Build, declared: str) -> tuple[Path, list[Path]]:
    """The folder of the build that it is in, and those below it that match."""
    say(build.work, f"Expanding base directory path: {declared or '.'}")
    root, pattern = _below_a_folder(build, build.expanded(declared))
    if pattern in ("", "."):
        return root, [root]
    Glob(pattern)  # raises for what could lead outside
    found = [each for each in sorted(root.glob(pattern)) if each.is_dir()]
    inside = [each for each in found if each.resolve().is_relative_to(root.resolve())]
    if not inside:
        raise ArtifactError(f"no matching base directory path found for {declared}")
    return root, inside


def _below_a_folder(build: Build, path: str) -> tuple[Path, str]:
    """An absolute path as one that is relative to a folder of the build."""
    if not path.startswith("/"):
        return build.folders[0], path
    for folder in build.folders:
        if Path(path).is_relative_to(folder):
            return folder, Path(path).relative_to(folder).as_posix()
    raise ArtifactError(f"{path} is outside of the folders of the build")


def _members(build: Build, base: Path, declared: Artifact) -> list[Member]:
    names = artifacts.names_in(base)
    excluded = [Glob(build.expanded(text)) for text in declared.exclude_paths]
    names = [name for name in names if not any(glob.matches(name) for glob in excluded)]
    chosen: set[str] = set()
    for text in declared.files:
        say(build.work, f"Expanding {text}")
        glob = Glob(_relative(build.expanded(text), base))
        matching = {name for name in names if glob.matches(name)}
        if not matching:
            say(build.work, f"Skipping invalid file path {text}")
        chosen |= matching
    return [
        Member(name=Path(name).name if declared.discard_paths else name, path=base / name)
        for name in names
        if name in chosen
    ]


def _relative(path: str, base: Path) -> str:
    if path.startswith("/") and Path(path).is_relative_to(base):
        return Path(path).relative_to(base).as_posix()
    return path


def _twice(one: Member, other: Member, root: Path) -> str:
    paths = f"{other.path.relative_to(root)} and {one.path.relative_to(root)}"
    return f"{paths} would both be {one.name} in the artifact; leave discard-paths out"
