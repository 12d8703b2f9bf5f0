"""Artifacts: real zip files, good and hostile."""

import os
import random
import re
import stat
import zipfile
from contextlib import nullcontext, suppress
from pathlib import Path

import pytest

from pipelines import artifacts
from pipelines.artifacts import ArtifactError, Limits, NothingMatches, UnsafeZip


def make_zip(path: Path, *entries: tuple[str, bytes, int]) -> Path:
    """A zip file of (name, content, mode) just as given, however hostile."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content, mode in entries:
            info = zipfile.ZipInfo("x")
            info.filename = name
            info.create_system = 3
            info.external_attr = mode << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return path


def file(name: str, content: bytes = b"content") -> tuple[str, bytes, int]:
    return name, content, stat.S_IFREG | 0o644


def link(name: str, target: str) -> tuple[str, bytes, int]:
    return name, target.encode(), stat.S_IFLNK | 0o777


def tree(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): str(path.readlink())
        if path.is_symlink()
        else path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "outer" / "folder"
    made.mkdir(parents=True)
    return made


# Keys


def test_a_key_is_named_as_aws_names_it():
    key = artifacts.new_key("a-pipeline-with-a-long-name", "SourceArtifact")
    assert re.fullmatch(r"a-pipeline-with-a-lo/SourceArti/[A-Za-z0-9]{7}", key)
    assert key != artifacts.new_key("a-pipeline-with-a-long-name", "SourceArtifact")


# Unpacking


def test_files_folders_executables_and_inner_links_are_unpacked(tmp_path: Path, folder: Path):
    zip_file = make_zip(
        tmp_path / "zip",
        ("empty/", b"", stat.S_IFDIR | 0o755),
        file("a.txt"),
        ("bin/run", b"#!/bin/sh\n", stat.S_IFREG | 0o755),
        file("./dotted/b.txt"),
        link("bin/also", "../a.txt"),
        link("folder", "bin"),
        ("plain", b"made on Windows", 0),
    )
    artifacts.unpack(zip_file, folder)
    assert tree(folder) == {
        "a.txt": "content",
        "bin/also": "../a.txt",
        "bin/run": "#!/bin/sh\n",
        "dotted/b.txt": "content",
        "folder": "bin",
        "plain": "made on Windows",
    }
    assert (folder / "empty").is_dir()
    assert os.access(folder / "bin/run", os.X_OK)
    assert not (folder / "a.txt").stat().st_mode & 0o111
    assert (folder / "bin/also").read_text() == "content"


@pytest.mark.parametrize(
    "name",
    [
        "/etc/evil",
        "../evil",
        "a/../../evil",
        "a\\..\\evil",
        "\\evil",
        "C:/evil",
        "c:evil",
        "..",
        "a/..",
        "a\0b",
        "n" * 300,
    ],
)
def test_a_name_that_may_lead_outside_is_refused(tmp_path: Path, folder: Path, name: str):
    zip_file = make_zip(tmp_path / "zip", file(name))
    with pytest.raises(UnsafeZip):
        artifacts.unpack(zip_file, folder)
    assert list(folder.parent.iterdir()) == [folder]
    assert tree(folder) == {}


@pytest.mark.parametrize(
    "entries",
    [
        [file("a"), file("a")],
        [file("a"), file("./a")],
        [file("a"), file("a/b")],
        [file("a/b"), file("a")],
        [link("a", "b"), link("a", "c")],
        [link("a", "b"), file("a")],
        [file("a"), link("a", "b")],
        [link("a", "b"), file("a/c")],
        [link("a", "."), ("a/", b"", stat.S_IFDIR | 0o755)],
    ],
)
def test_a_name_that_comes_twice_is_refused(
    tmp_path: Path, folder: Path, entries: list[tuple[str, bytes, int]]
):
    with pytest.warns() if len({name for name, *_ in entries}) == 1 else nullcontext():
        zip_file = make_zip(tmp_path / "zip", *entries)
    with pytest.raises(UnsafeZip):
        artifacts.unpack(zip_file, folder)


@pytest.mark.parametrize(
    "links",
    [
        [("a", "/etc/passwd")],
        [("a", "..")],
        [("a", "../../x")],
        [("b/a", "../../x")],
        [("a", "")],
        [("a", "x\0y")],
        [("a", "x" * 5000)],
        # Each alone looks harmless.
        [("d/e/up", "../.."), ("a", "d/e/up/..")],
        [("a", "d/e/up/.."), ("d/e/up", "../..")],
        [("here", "."), ("a", "here/../..")],
    ],
)
def test_a_link_that_leads_outside_is_refused_and_none_is_left(
    tmp_path: Path, folder: Path, links: list[tuple[str, str]]
):
    zip_file = make_zip(tmp_path / "zip", *(link(name, target) for name, target in links))
    with pytest.raises(UnsafeZip):
        artifacts.unpack(zip_file, folder)
    assert not [path for path in folder.rglob("*") if path.is_symlink()]


def test_links_that_go_round_do_no_harm(tmp_path: Path, folder: Path):
    artifacts.unpack(make_zip(tmp_path / "zip", link("a", "b"), link("b", "a")), folder)
    assert tree(folder) == {"a": "b", "b": "a"}


@pytest.mark.parametrize("kind", [stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK])
def test_devices_are_refused(tmp_path: Path, folder: Path, kind: int):
    with pytest.raises(UnsafeZip, match="neither a file nor a folder"):
        artifacts.unpack(make_zip(tmp_path / "zip", ("dev", b"", kind | 0o666)), folder)


def test_too_many_entries_are_refused(tmp_path: Path, folder: Path):
    zip_file = make_zip(tmp_path / "zip", *(file(str(number)) for number in range(11)))
    with pytest.raises(UnsafeZip, match="11 entries"):
        artifacts.unpack(zip_file, folder, Limits(entries=10))
    assert tree(folder) == {}


def test_a_bomb_is_stopped_before_it_fills_the_disk(tmp_path: Path, folder: Path):
    zip_file = make_zip(tmp_path / "zip", file("a", bytes(5_000_000)), file("b", bytes(5_000_000)))
    with pytest.raises(UnsafeZip, match="grows"):
        artifacts.unpack(zip_file, folder, Limits(ratio=10, ratio_from=1_000_000))
    with pytest.raises(UnsafeZip, match="grows"):
        artifacts.unpack(zip_file, folder.parent, Limits(total_bytes=7_000_000))
    assert sum(path.stat().st_size for path in folder.rglob("*")) <= 2_000_000


def test_what_compresses_well_is_no_bomb(tmp_path: Path, folder: Path):
    zip_file = make_zip(tmp_path / "zip", file("zeros", bytes(5_000_000)))
    artifacts.unpack(zip_file, folder)
    assert (folder / "zeros").stat().st_size == 5_000_000


@pytest.mark.parametrize("content", [b"", b"not a zip file", b"PK\x05\x06" + bytes(10)])
def test_what_is_no_zip_file_says_so(tmp_path: Path, folder: Path, content: bytes):
    (tmp_path / "zip").write_bytes(content)
    with pytest.raises(UnsafeZip, match="not a zip file"):
        artifacts.unpack(tmp_path / "zip", folder)


def test_an_entry_without_a_name_is_refused(tmp_path: Path, folder: Path):
    with pytest.raises(UnsafeZip, match="without a name"):
        artifacts.unpack(make_zip(tmp_path / "zip", file(".")), folder)


def test_an_unusual_compression_is_refused(tmp_path: Path, folder: Path):
    with zipfile.ZipFile(tmp_path / "zip", "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("a", "content")
    with pytest.raises(UnsafeZip, match="unusual"):
        artifacts.unpack(tmp_path / "zip", folder)


def test_a_damaged_zip_file_never_raises_anything_else(tmp_path: Path):
    good = make_zip(tmp_path / "zip", file("a/b", b"content" * 50), link("l", "a/b"), file("c"))
    content = good.read_bytes()
    dice = random.Random(1)  # the same damage every time
    for number in range(400):
        damaged = bytearray(content)
        for _ in range(dice.randint(1, 4)):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        good.write_bytes(damaged)
        target = tmp_path / str(number)
        target.mkdir()
        with suppress(UnsafeZip):
            artifacts.unpack(good, target)
    assert list(tmp_path.glob("*/a/b"))  # some damage does no harm


# Packing


def test_what_is_packed_can_be_unpacked_again(tmp_path: Path, folder: Path):
    source = tmp_path / "source"
    (source / "bin").mkdir(parents=True)
    (source / "bin/run").write_text("#!/bin/sh\n")
    (source / "bin/run").chmod(0o700)
    (source / ".hidden").write_text("seen")
    (source / "größe").write_text("ü")
    (source / "alias").symlink_to("bin/run")
    (source / "current").symlink_to("bin")
    packed = artifacts.pack(source, ["**/*"], tmp_path / "zip")
    artifacts.unpack(tmp_path / "zip", folder)
    assert packed == artifacts.Packed(files=5, left_out=())
    assert tree(folder) == {
        ".hidden": "seen",
        "alias": "#!/bin/sh\n",
        "bin/run": "#!/bin/sh\n",
        "current": "bin",
        "größe": "ü",
    }
    assert os.access(folder / "bin/run", os.X_OK)


def test_the_same_files_give_the_same_artifact(tmp_path: Path):
    names = ["b", "a/c", "a.txt", "a/b"]
    for place, order in (("one", names), ("two", names[::-1])):
        for name in order:
            path = tmp_path / place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name)
        artifacts.pack(tmp_path / place, ["**/*"], tmp_path / f"{place}.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


@pytest.mark.parametrize(
    ("globs", "expected"),
    [
        (["a.txt"], {"a.txt"}),
        (["./a.txt"], {"a.txt"}),
        (["*"], {"a.txt", "b.md", ".c"}),
        (["*.txt"], {"a.txt"}),
        (["?.[a-m]*"], {"b.md"}),
        (["d/*"], {"d/a.txt"}),
        (["d/**/*"], {"d/a.txt", "d/e/a.txt", "d/e/f/g"}),
        (["d/**"], {"d/a.txt", "d/e/a.txt", "d/e/f/g"}),
        (["**/a.txt"], {"a.txt", "d/a.txt", "d/e/a.txt"}),
        (["**/e/**/*"], {"d/e/a.txt", "d/e/f/g"}),
        (["**/**/g", "b.md"], {"d/e/f/g", "b.md"}),
        (["**/*"], {"a.txt", "b.md", ".c", "d/a.txt", "d/e/a.txt", "d/e/f/g"}),
    ],
)
def test_globs_match_as_in_aws(tmp_path: Path, globs: list[str], expected: set[str]):
    for name in ("a.txt", "b.md", ".c", "d/a.txt", "d/e/a.txt", "d/e/f/g"):
        path = tmp_path / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    artifacts.pack(tmp_path / "source", globs, tmp_path / "zip")
    with zipfile.ZipFile(tmp_path / "zip") as archive:
        assert set(archive.namelist()) == expected


def test_a_glob_that_nothing_matches_is_named(tmp_path: Path):
    (tmp_path / "source" / "build").mkdir(parents=True)
    (tmp_path / "source" / "a").touch()
    with pytest.raises(NothingMatches, match=r"No file matches dist/\*\."):
        artifacts.pack(tmp_path / "source", ["a", "dist/*"], tmp_path / "zip")
    with pytest.raises(NothingMatches, match=r"write build/\*\*/\*"):
        artifacts.pack(tmp_path / "source", ["build/"], tmp_path / "zip")


@pytest.mark.parametrize("glob", ["/etc/*", "../*", "a/../../*", "", ".", "/"])
def test_a_glob_that_leads_outside_is_refused(folder: Path, glob: str):
    (folder / "a").touch()
    with pytest.raises(ArtifactError):
        artifacts.pack(folder, [glob], folder.parent / "zip")


def test_links_to_outside_and_what_is_no_file_are_left_out(tmp_path: Path, folder: Path):
    (folder.parent / "secret").write_text("secret")
    (folder / "file").touch()
    (folder / "absolute").symlink_to(folder.parent / "secret")
    (folder / "relative").symlink_to("../secret")
    (folder / "outer").symlink_to("..")
    (folder / "nothing").symlink_to("missing")
    (folder / "round").symlink_to("round")
    os.mkfifo(folder / "pipe")
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff")).touch()
    packed = artifacts.pack(folder, ["**/*"], tmp_path / "zip")
    assert packed.files == 1
    assert set(packed.left_out) == {
        "absolute",
        "relative",
        "outer",
        "nothing",
        "round",
        "pipe",
        "\udcff",
    }
    with pytest.raises(NothingMatches):
        artifacts.pack(folder, ["relative"], tmp_path / "zip")
    with pytest.raises(NothingMatches):
        artifacts.pack(folder, ["outer/secret"], tmp_path / "zip")


def test_a_folder_that_cannot_be_read_says_so(tmp_path: Path):
    with pytest.raises(ArtifactError, match="cannot be made"):
        artifacts.pack(tmp_path / "missing", ["*"], tmp_path / "zip")
