"""Endpoints: services of AWS's kind are called where the environment says, as whom it says."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from console import environment
from pipelines import endpoints


def test_a_service_without_an_address_is_not_called_and_the_refusal_names_the_variable():
    with pytest.raises(endpoints.NoEndpoint, match="Set PENSTOCK_ENDPOINT_STATES to its address"):
        endpoints.client(endpoints.NOWHERE, "stepfunctions")


def test_the_environment_gives_addresses_and_the_key(monkeypatch):
    monkeypatch.setenv("PENSTOCK_ENDPOINT_LAMBDA", "http://127.0.0.1:4566/")
    monkeypatch.setenv("PENSTOCK_ENDPOINT_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("PENSTOCK_ENDPOINT_SECRET_ACCESS_KEY", "hush")

    given = environment.endpoints("eu-west-1")
    client = endpoints.client(given, "lambda")

    assert not given.has("s3")
    assert client.meta.endpoint_url == "http://127.0.0.1:4566"
    assert client.meta.region_name == "eu-west-1"
    assert client._request_signer._credentials.access_key == "AKIAEXAMPLE"
    assert "hush" not in repr(given)


def test_keys_that_boto3_would_find_by_itself_are_not_used(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOFSOMEBODY")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret of somebody")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token of somebody")
    monkeypatch.setenv("PENSTOCK_ENDPOINT_S3", "http://127.0.0.1:9000")

    client = endpoints.client(environment.endpoints("us-east-1"), "s3")

    assert client._request_signer._credentials.access_key == "test"
    assert client._request_signer._credentials.token is None


def test_an_address_that_is_none_is_refused(monkeypatch):
    monkeypatch.setenv("PENSTOCK_ENDPOINT_S3", "minio:9000")

    with pytest.raises(ImproperlyConfigured, match="PENSTOCK_ENDPOINT_S3 must be an address"):
        environment.endpoints("us-east-1")
