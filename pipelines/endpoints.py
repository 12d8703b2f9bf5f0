"""The services of AWS's kind that this Penstock may call: where each is, and as whom it asks.

Nothing is ever sent to AWS by accident: a service without an address here is not called, and
neither the environment nor the files in which boto3 looks for keys by itself are read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config

# What an environment variable calls a service -> what boto3 calls it.
SERVICES = {
    "S3": "s3",
    "LAMBDA": "lambda",
    "STATES": "stepfunctions",
    "CLOUDWATCH": "cloudwatch",
}


class NoEndpoint(Exception):
    """The service has no address here; the message names the variable to set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Where the services are, by boto3's names, and the key with which requests are signed."""

    urls: Mapping[str, str] = field(default_factory=dict)
    region: str = "us-east-1"
    access_key_id: str = ""
    secret_access_key: str = field(default="", repr=False)
    session_token: str = field(default="", repr=False)

    def has(self, service: str) -> bool:
        """Whether this service can be called."""
        return service in self.urls


NOWHERE = Endpoints()


def client(endpoints: Endpoints, service: str, *, read_timeout: int = 30, attempts: int = 2) -> Any:
    """A boto3 client of the service, which gives up on silence after `read_timeout` seconds.

    Raises NoEndpoint.
    """
    if not endpoints.has(service):
        raise NoEndpoint(
            f"This Penstock has no endpoint for {service}. Set {variable_of(service)} to its"
            " address, such as http://127.0.0.1:4566, and start Penstock again."
        )
    return boto3.session.Session().client(
        service,
        endpoint_url=endpoints.urls[service],
        region_name=endpoints.region,
        aws_access_key_id=endpoints.access_key_id,
        aws_secret_access_key=endpoints.secret_access_key,
        aws_session_token=endpoints.session_token or None,
        config=Config(
            connect_timeout=5,
            read_timeout=read_timeout,
            retries={"total_max_attempts": attempts},
            s3={"addressing_style": "path"},
        ),
    )


def variable_of(service: str) -> str:
    """The environment variable that says where the service is."""
    names = {name: variable for variable, name in SERVICES.items()}
    return f"PENSTOCK_ENDPOINT_{names[service]}"
