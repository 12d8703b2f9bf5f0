"""AWS's two ways of putting an operation on the wire, and which of them a request speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.api.protocols.aws_json import AWS_JSON
from pipelines.api.protocols.rpc_v2_cbor import RPC_V2_CBOR

if TYPE_CHECKING:
    from pipelines.api.protocols.protocol import Protocol
    from pipelines.api.received import Received

__all__ = ["AWS_JSON", "RPC_V2_CBOR", "spoken_in"]


def spoken_in(received: Received) -> Protocol:
    """The protocol to answer in, whatever is wrong with the request (spec/api.md §1)."""
    if "smithy-protocol" in received.headers or received.raw_path.startswith("/service/"):
        return RPC_V2_CBOR
    return AWS_JSON
