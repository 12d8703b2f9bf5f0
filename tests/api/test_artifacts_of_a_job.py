"""The credentials of a job open its artifacts, as those of AWS open S3's."""

import io
from datetime import timedelta

import pytest
import time_machine
from boto3.s3.transfer import TransferConfig
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from django.utils import timezone

from pipelines import artifact_store, places
from pipelines.api.s3 import body
from pipelines.core.statuses import StopMode
from tests.api.calling import call
from tests.api.s3 import HOST, client, deliver, refused_with
from tests.api.workers import begin, build, mason, succeed, take

BUCKET = "artifacts"
INPUT = {"Bucket": BUCKET, "Key": "website/Code/abcdefg"}
ONE_THREAD = {"use_threads": False}
MEBI = 1 << 20


@pytest.fixture
def home(settings, tmp_path):
    settings.PENSTOCK_HOME = tmp_path / "home"
    return settings.PENSTOCK_HOME


@pytest.fixture
def execution(engine_room, home, tmp_path):
    """Of a pipeline whose Lay makes Site of Code; Code is there."""
    keep(tmp_path / "code.zip", "website/Code/abcdefg", b"the source")
    return build(engine_room, mason(inputs=["Code"], outputs=["Site"]))


@pytest.fixture
def job(execution):
    return begin()


@pytest.fixture
def s3(job):
    return client(job["data"]["artifactCredentials"])


@pytest.fixture
def output(job):
    [artifact] = job["data"]["outputArtifacts"]
    location = artifact["location"]["s3Location"]
    return {"Bucket": location["bucketName"], "Key": location["objectKey"]}


def keep(file, key, content):
    file.write_bytes(content)
    artifact_store.configured().keep(key, file)


def stored(output):
    return b"".join(artifact_store.configured().read(output["Key"]))


def nothing_is_left(home):
    assert [*places.arriving().glob("*"), *places.uploads().glob("*")] == []


def test_the_input_can_be_read(s3):
    found = s3.get_object(**INPUT)

    assert found["Body"].read() == b"the source"
    assert found["ContentLength"] == 10
    assert s3.head_object(**INPUT)["ETag"] == found["ETag"]
    assert abs(found["LastModified"] - timezone.now()) < timedelta(minutes=5)


def test_an_output_is_put_and_becomes_the_executions(engine_room, execution, home, s3, job, output):
    s3.put_object(**output, Body=b"a site")

    assert stored(output) == b"a site"
    assert s3.get_object(**output)["Body"].read() == b"a site"
    succeed(job)
    assert engine_room.again(execution).artifacts["Site"] == output["Key"]
    nothing_is_left(home)


def test_a_body_over_tls_is_in_chunks_with_its_checksum_behind_it(job, output):
    s3 = client(job["data"]["artifactCredentials"], scheme="https")

    s3.put_object(**output, Body=io.BytesIO(b"in chunks" * 200_000))

    assert stored(output) == b"in chunks" * 200_000


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_checksums_are_looked_at(job, output, scheme, algorithm):
    s3 = client(job["data"]["artifactCredentials"], scheme=scheme)
    s3.put_object(**output, Body=b"good", ChecksumAlgorithm=algorithm)

    member = {f"Checksum{algorithm}": "AAAAAA=="}
    with refused_with("BadDigest", 400):
        s3.put_object(**output, Body=b"bad", **member)
    with refused_with("BadDigest", 400):
        s3.put_object(**output, Body=b"bad", ContentMD5="1B2M2Y8AsgTpgAmY7PhCfg==")

    assert stored(output) == b"good"


def test_a_file_above_eight_megabytes_goes_in_parts(home, tmp_path, s3, output):
    file, back = tmp_path / "large", tmp_path / "back"
    file.write_bytes(bytes(range(256)) * (9 * MEBI // 256))

    s3.upload_file(str(file), *output.values(), Config=TransferConfig(**ONE_THREAD))
    s3.download_file(*output.values(), str(back), Config=TransferConfig(**ONE_THREAD))

    assert back.read_bytes() == file.read_bytes()
    nothing_is_left(home)


def test_parts_may_come_in_any_order_and_twice(s3, output):
    upload = {**output, "UploadId": s3.create_multipart_upload(**output)["UploadId"]}
    s3.upload_part(**upload, PartNumber=7, Body=b"wrong")
    first = s3.upload_part(**upload, PartNumber=2, Body=b"one ")
    second = s3.upload_part(**upload, PartNumber=7, Body=b"two")

    parts = [
        {"PartNumber": 2, "ETag": first["ETag"]},
        {"PartNumber": 7, "ETag": second["ETag"]},
    ]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})

    assert stored(output) == b"one two"
    with refused_with("NoSuchUpload", 404):
        s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})


def test_an_upload_can_be_given_up(home, s3, output):
    upload = {**output, "UploadId": s3.create_multipart_upload(**output)["UploadId"]}
    s3.upload_part(**upload, PartNumber=1, Body=b"part")

    s3.abort_multipart_upload(**upload)

    with refused_with("NoSuchUpload", 404):
        s3.upload_part(**upload, PartNumber=2, Body=b"part")
    nothing_is_left(home)


@pytest.mark.parametrize(
    "parts",
    [[], [(2, "x"), (1, "x")], [(1, "x")], [(1, "x"), (1, "x")], [(1, "x" * 999)], [(10**99, "x")]],
)
def test_parts_that_are_not_those_make_nothing(s3, output, parts):
    upload = {**output, "UploadId": s3.create_multipart_upload(**output)["UploadId"]}
    s3.upload_part(**upload, PartNumber=1, Body=b"part")
    listed = [{"PartNumber": number, "ETag": tag} for number, tag in parts]

    with pytest.raises(s3.exceptions.ClientError) as refused:
        s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": listed})

    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] in {400, 404}
    with refused_with("404", 404):
        s3.head_object(**output)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_xml_with_entities_is_not_read(job, output, encoding):
    s3 = client(job["data"]["artifactCredentials"])
    upload = s3.create_multipart_upload(**output)["UploadId"]
    part = "<Part><PartNumber>&b;</PartNumber><ETag>a</ETag></Part>"
    bomb = f'<!DOCTYPE a [<!ENTITY b "1">]><a>{part}</a>'.encode(encoding)

    answer = ask(job, "POST", f"{path(output)}?uploadId={upload}", bomb)

    assert (answer.status, answer.code) == (400, "MalformedXML")


def path(output):
    return f"/{output['Bucket']}/{output['Key']}"


def ask(job, method, where, body=b"", *, change=lambda headers: None, **headers):
    """Sign with botocore's own signer, change something, and send."""
    given = job["data"]["artifactCredentials"]
    holder = Credentials(given["accessKeyId"], given["secretAccessKey"], given["sessionToken"])
    request = AWSRequest(method, f"http://{HOST}{where}", data=body, headers=headers)
    S3SigV4Auth(holder, "s3", "us-east-1").add_auth(request)
    sent = dict(request.headers.items())
    change(sent)
    return deliver(method, f"http://{HOST}{where}", sent, body)


@pytest.mark.parametrize(
    ("header", "status", "content"),
    [
        ("bytes=0-2", 206, b"the"),
        ("bytes=4-", 206, b"source"),
        ("bytes=-6", 206, b"source"),
        ("bytes=0-99", 200, b"the source"),
        ("bytes=5-2", 200, b"the source"),
        ("bytes=-", 200, b"the source"),
        ("lines=1-2", 200, b"the source"),
        ("bytes=10-", 416, None),
        ("bytes=-0", 416, None),
    ],
)
def test_a_range_is_given(job, header, status, content):
    answer = ask(job, "GET", path(INPUT), Range=header)

    assert answer.status == status
    if content is None:
        assert answer.code == "InvalidRange"
        return
    assert answer.content == content
    if status == 206:
        assert answer.headers["Content-Range"].endswith("/10")


def test_who_means_another_object_is_told_so(s3, output):
    s3.put_object(**output, Body=b"one")
    tag = s3.head_object(**output)["ETag"]
    s3.put_object(**output, Body=b"other")

    with refused_with("PreconditionFailed", 412):
        s3.get_object(**output, IfMatch=tag)
    with refused_with("304", 304):
        s3.get_object(**output, IfNoneMatch=s3.head_object(**output)["ETag"])


def test_what_is_not_there_yet_is_not_found(s3, output):
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(**output)
    with refused_with("404", 404):
        s3.head_object(**output)


@pytest.mark.parametrize(
    "other",
    [
        {"Key": "website/Code/another"},
        {"Bucket": "elsewhere"},
        {"Key": "../secrets/secret_key"},
        {"Key": "website/Code/../Code/abcdefg"},
        {"Key": "website//Code/abcdefg"},
    ],
)
def test_nothing_else_can_be_read_or_written(s3, tmp_path, other):
    keep(tmp_path / "x", "website/Code/another", b"secret")

    with refused_with("AccessDenied", 403):
        s3.get_object(**{**INPUT, **other})
    with refused_with("AccessDenied", 403):
        s3.put_object(**{**INPUT, **other}, Body=b"mine now")
    assert stored({"Key": "website/Code/another"}) == b"secret"


def test_an_input_cannot_be_written(s3):
    with refused_with("AccessDenied", 403):
        s3.put_object(**INPUT, Body=b"mine now")
    with refused_with("AccessDenied", 403):
        s3.create_multipart_upload(**INPUT)

    assert stored(INPUT) == b"the source"


def test_one_job_does_not_open_the_artifacts_of_another(engine_room, home, tmp_path):
    build(engine_room, mason("A", outputs=["Site"]), mason("B", outputs=["Map"]))
    one, other = begin(), begin()
    [site] = other["data"]["outputArtifacts"]
    where = site["location"]["s3Location"]

    with refused_with("AccessDenied", 403):
        client(one["data"]["artifactCredentials"]).put_object(
            Bucket=where["bucketName"], Key=where["objectKey"], Body=b""
        )


def test_credentials_last_an_hour_and_the_details_have_new_ones(job, s3):
    with time_machine.travel(timezone.now() + timedelta(minutes=61), tick=False):
        with refused_with("ExpiredToken", 400):
            s3.get_object(**INPUT)
        fresh = call("GetJobDetails", jobId=job["id"])["jobDetails"]["data"]["artifactCredentials"]
        assert client(fresh).get_object(**INPUT)["Body"].read() == b"the source"


@pytest.mark.parametrize("is_settled", [False, True])
def test_an_abandoned_job_opens_nothing(engine_room, execution, s3, output, is_settled):
    engine_room.stop(execution, StopMode.ABANDON)
    if is_settled:
        engine_room.settle()

    with refused_with("AccessDenied", 403):
        s3.get_object(**INPUT)
    with refused_with("AccessDenied", 403):
        s3.put_object(**output, Body=b"late")


def test_an_upload_that_was_on_its_way_when_the_job_was_abandoned_is_dropped(
    engine_room, execution, home, job, output, monkeypatch
):
    """The stop comes between the check of the headers and the end of the body."""
    receive = body._receive

    def meanwhile(incoming, file):
        receive(incoming, file)
        engine_room.stop(execution, StopMode.ABANDON)

    monkeypatch.setattr(body, "_receive", meanwhile)
    with refused_with("AccessDenied", 403):
        client(job["data"]["artifactCredentials"]).put_object(**output, Body=b"late")

    assert artifact_store.configured().look(output["Key"]) is None
    nothing_is_left(home)


def test_a_job_that_is_done_cannot_be_changed_any_more(s3, job, output):
    s3.put_object(**output, Body=b"done")
    succeed(job)

    with refused_with("AccessDenied", 403):
        s3.put_object(**output, Body=b"other")
    assert stored(output) == b"done"


def test_the_work_may_go_on_with_the_credentials_of_the_job_before(s3, job, output):
    succeed(job, continuationToken="more")

    s3.put_object(**output, Body=b"later")

    assert stored(output) == b"later"


def test_a_stop_that_waits_lets_it_go_on(engine_room, execution, s3, output):
    engine_room.stop(execution)
    engine_room.settle()

    s3.put_object(**output, Body=b"done")


def drop(name):
    return lambda headers: headers.pop(name)


def put(**changed):
    return lambda headers: headers.update({n.replace("_", "-"): v for n, v in changed.items()})


@pytest.mark.parametrize(
    ("change", "code", "status"),
    [
        (put(X_Amz_Security_Token="another"), "InvalidToken", 400),
        (drop("X-Amz-Security-Token"), "InvalidAccessKeyId", 403),
        (drop("X-Amz-Content-SHA256"), "InvalidRequest", 400),
        (put(X_Amz_Content_SHA256="UNSIGNED-PAYLOAD"), "SignatureDoesNotMatch", 403),
        (put(x_amz_acl="private"), "AccessDenied", 403),
        (put(X_Amz_Date="20010101T000000Z"), "AuthorizationHeaderMalformed", 400),
        (put(X_Amz_Date="yesterday"), "AuthorizationHeaderMalformed", 400),
    ],
    ids=["token", "no token", "no hash", "other hash", "unsigned", "other day", "no date"],
)
def test_a_signature_that_is_not_right_opens_nothing(job, change, code, status):
    answer = ask(job, "GET", path(INPUT), change=change)

    assert (answer.status, answer.code) == (status, code)


def test_a_signature_holds_for_its_path_query_and_method_only(job, output):
    wrong = "SignatureDoesNotMatch"

    def swap(job, method, where, *, to):
        given: dict[str, str] = {}
        ask(job, method, where, change=given.update)
        return deliver(to[0], f"http://{HOST}{to[1]}", given, b"")

    assert swap(job, "GET", path(INPUT), to=("GET", path(output))).code == wrong
    assert swap(job, "GET", path(INPUT), to=("PUT", path(INPUT))).code == wrong
    assert swap(job, "GET", path(INPUT), to=("GET", f"{path(INPUT)}?x-id=a")).code == wrong


def test_a_body_that_is_another_is_not_kept(job, output):
    given: dict[str, str] = {}
    ask(job, "PUT", path(output), b"right", change=given.update)
    answer = deliver("PUT", f"http://{HOST}{path(output)}", given, b"wrong")

    assert (answer.status, answer.code) == (400, "XAmzContentSHA256Mismatch")
    assert stored(output) == b"right"


@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_clock_that_is_wrong_is_refused(job, minutes):
    given: dict[str, str] = {}
    with time_machine.travel(timezone.now() + timedelta(minutes=minutes), tick=False):
        ask(job, "GET", path(INPUT), change=given.update)

    answer = deliver("GET", f"http://{HOST}{path(INPUT)}", given, b"")

    assert (answer.status, answer.code) == (403, "RequestTimeTooSkewed")


def test_another_region_is_refused_and_boto3_then_takes_the_right_one(job, output):
    s3 = client(job["data"]["artifactCredentials"], region="eu-west-1")

    s3.put_object(**output, Body=b"from elsewhere")

    assert stored(output) == b"from elsewhere"


def test_the_key_of_a_person_opens_no_artifacts(job):
    somebody = {"accessKeyId": "AKIAIOSFODNN7EXAMPLE", "secretAccessKey": "x", "sessionToken": None}

    with refused_with("InvalidAccessKeyId", 403):
        client(somebody).get_object(**INPUT)


@pytest.mark.parametrize(
    ("operation", "given"),
    [
        ("list_objects_v2", {"Bucket": BUCKET}),
        ("delete_object", INPUT),
        ("get_object_tagging", INPUT),
        ("get_object", {**INPUT, "VersionId": "1"}),
        ("copy_object", {**INPUT, "CopySource": "a/b"}),
    ],
)
def test_what_is_not_served_says_so(s3, operation, given):
    with refused_with("NotImplemented", 501):
        getattr(s3, operation)(**given)


def test_a_job_that_was_only_polled_has_credentials_too(execution):
    data = take()["data"]

    assert client(data["artifactCredentials"]).get_object(**INPUT)["Body"].read() == b"the source"
