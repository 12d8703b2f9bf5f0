"""Every artifact store keeps its promises (pipelines.stores.contract)."""

import pytest

from pipelines import artifacts, endpoints
from pipelines.endpoints import Endpoints
from pipelines.stores import FolderStore, NoSuchUpload, S3Store, StoreError, Upload
from tests import fake_s3

KEY = "website/Code/x7Gt0aQ"
LARGE = b"0123456789abcdef" * 200_000


@pytest.fixture(scope="module")
def s3():
    """A bucket of an S3 in this process, through the client that the product uses."""
    with fake_s3.serving() as served:
        client = endpoints.client(served.endpoints, "s3")
        yield client
        client.close()


@pytest.fixture(params=["folder", "s3"])
def store(request, tmp_path):
    if request.param == "folder":
        return FolderStore(tmp_path / "artifacts", tmp_path / "uploads")
    return S3Store(request.getfixturevalue("s3"), "kept", f"{tmp_path.name}/")


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


def test_what_is_below_a_prefix_is_of_its_store_only(s3, file):
    here, there = S3Store(s3, "kept", "here/"), S3Store(s3, "kept", "there/")

    here.keep(KEY, file(b"zip"))

    assert here.look(KEY)
    assert there.look(KEY) is None


def test_a_store_that_refuses_is_quoted(s3, file):
    nowhere = S3Store(s3, "no-such-bucket", "")

    with pytest.raises(StoreError, match="NoSuchBucket"):
        nowhere.keep(KEY, file(b"zip"))


def test_a_store_that_cannot_be_reached_is_told_of_in_a_sentence(file, tmp_path):
    away = endpoints.client(Endpoints(urls={"s3": "http://127.0.0.1:1"}), "s3")
    store = S3Store(away, "kept", "")

    for ask in (
        lambda: store.keep(KEY, file(b"zip")),
        lambda: store.look(KEY),
        lambda: store.read(KEY),
        lambda: store.fetch(KEY, tmp_path / "fetched"),
        lambda: store.begin(KEY),
    ):
        with pytest.raises(StoreError, match="cannot be reached"):
            ask()
    away.close()


def test_a_key_that_is_wrong_is_told_of(s3, file):
    wrong = Endpoints(urls={"s3": s3.meta.endpoint_url}, secret_access_key="not this")
    client = endpoints.client(wrong, "s3")

    with pytest.raises(StoreError, match="SignatureDoesNotMatch"):
        S3Store(client, "kept", "").keep(KEY, file(b"zip"))
    client.close()


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


def test_what_is_forgotten_is_not_there_any_more(store, file):
    store.keep(KEY, file(b"x"))

    store.forget(KEY)
    store.forget(KEY)

    assert store.look(KEY) is None
