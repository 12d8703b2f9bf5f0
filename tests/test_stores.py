"""Every artifact store keeps its promises (pipelines.stores.contract)."""

import pytest

from pipelines import artifacts
from pipelines.stores import FolderStore, NoSuchUpload, StoreError, Upload

KEY = "website/Code/x7Gt0aQ"
LARGE = b"0123456789abcdef" * 200_000


@pytest.fixture
def store(tmp_path):
    return FolderStore(tmp_path / "artifacts", tmp_path / "uploads")


@pytest.fixture
def file(tmp_path):
    """Writes a file, and says where it is."""

    def write(content):
        path = tmp_path / "file"
        path.write_bytes(content)
        return path

    return write


def content(store, key=KEY, **span):
    return b"".join(store.read(key, **span))


@pytest.mark.parametrize("kept", [b"", b"zip", LARGE], ids=["empty", "small", "large"])
def test_what_is_kept_is_found_again(store, file, tmp_path, kept):
    said = store.keep(KEY, file(kept))

    assert said.size == len(kept)
    assert store.look(KEY) == said
    assert content(store) == kept
    assert store.fetch(KEY, tmp_path / "inputs" / "Code").read_bytes() == kept


def test_what_is_kept_again_takes_the_place_of_what_was_there(store, file):
    before = store.keep(KEY, file(b"one"))

    after = store.keep(KEY, file(b"two"))

    assert content(store) == b"two"
    assert after.tag != before.tag


@pytest.mark.parametrize(
    ("span", "found"),
    [({"start": 2}, b"23456789"), ({"start": 2, "length": 3}, b"234"), ({"length": 4}, b"0123")],
)
def test_a_part_can_be_read(store, file, span, found):
    store.keep(KEY, file(b"0123456789"))

    assert content(store, **span) == found


def test_large_artifacts_come_in_pieces(store, file):
    store.keep(KEY, file(LARGE))

    assert len(list(filter(None, store.read(KEY)))) > 1
    assert content(store, start=1_500_000, length=1_100_000) == LARGE[1_500_000:2_600_000]


def test_what_is_not_there_is_not_found(store, tmp_path):
    assert store.look(KEY) is None
    with pytest.raises(StoreError):
        store.read(KEY)
    with pytest.raises(StoreError, match="is not in the artifact store"):
        store.fetch(KEY, tmp_path / "inputs" / "Code")


@pytest.mark.parametrize(
    "key", ["", "/etc/passwd", "../x", "a/../../x", "a//b", "a/", "a\\b", "a\0b", "./a", "a/.."]
)
def test_a_key_that_may_leave_the_store_is_refused(store, file, key):
    for ask in (store.look, store.read, store.begin, lambda key: store.keep(key, file(b""))):
        with pytest.raises(StoreError):
            ask(key)


def test_a_pipeline_named_like_a_parent_folder_does_no_harm(store, file):
    key = artifacts.new_key("..", "Source")

    store.keep(key, file(b"zip"))

    assert content(store, key) == b"zip"


def test_a_file_that_cannot_be_read_leaves_nothing(store, tmp_path):
    with pytest.raises(FileNotFoundError):
        store.keep(KEY, tmp_path / "missing")

    assert store.look(KEY) is None
    assert not [path for path in (tmp_path / "artifacts").rglob("*") if path.is_file()]


FIVE = b"5" * 5 * 1024**2  # S3 wants all parts but the last to be as large


def test_parts_become_one_in_the_order_of_their_numbers(store, file):
    upload = store.begin(KEY)
    second = store.keep_part(upload, 2, file(b"end"))
    first = store.keep_part(upload, 1, file(FIVE))
    assert store.look(KEY) is None

    said = store.join(upload, [(1, first), (2, second)])

    assert content(store) == FIVE + b"end"
    assert store.look(KEY) == said


def test_a_part_that_comes_again_takes_the_place_of_the_first(store, file):
    upload = store.begin(KEY)
    store.keep_part(upload, 1, file(b"wrong"))
    tag = store.keep_part(upload, 1, file(b"right"))

    store.join(upload, [(1, tag)])

    assert content(store) == b"right"


def test_parts_that_have_not_arrived_make_nothing(store, file):
    upload = store.begin(KEY)
    tag = store.keep_part(upload, 1, file(b"part"))

    for parts in ([(1, "0" * 32)], [(1, tag), (2, tag)]):
        with pytest.raises(NoSuchUpload):
            store.join(upload, parts)

    assert store.look(KEY) is None


@pytest.mark.parametrize("end", ["join", "drop"])
def test_an_upload_ends_once(store, file, end):
    upload = store.begin(KEY)
    tag = store.keep_part(upload, 1, file(b"part"))
    if end == "join":
        store.join(upload, [(1, tag)])
    else:
        store.drop(upload)

    for again in (
        lambda: store.keep_part(upload, 1, file(b"part")),
        lambda: store.join(upload, [(1, tag)]),
        lambda: store.drop(upload),
    ):
        with pytest.raises(NoSuchUpload):
            again()


def test_an_upload_is_of_one_key(store, file):
    upload = store.begin(KEY)

    with pytest.raises(NoSuchUpload):
        store.keep_part(Upload("website/Code/another", upload.id), 1, file(b"part"))


@pytest.mark.parametrize("upload_id", ["", "..", "../artifacts", "0" * 32])
def test_an_upload_that_was_never_begun_is_none(store, file, upload_id):
    with pytest.raises(NoSuchUpload):
        store.keep_part(Upload(KEY, upload_id), 1, file(b"part"))
