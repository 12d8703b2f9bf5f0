"""What text can be kept: everything but two things that JSON and CBOR can spell."""

from pipelines.core.refusals import InvalidRequest
from pipelines.core.shapes import UNSTORABLE


def readable(text: str) -> str:
    """The same without those two, for what is quoted from others and not refused."""
    return UNSTORABLE.sub("", text)


def check_storable(text: str, member: str) -> None:
    """Raise InvalidRequest for a text that no database keeps; `member` is where it was given."""
    if UNSTORABLE.search(text):
        raise InvalidRequest(
            f"1 validation error detected: Value at '{member}' failed to satisfy constraint:"
            " Member must not contain a null character or half of a surrogate pair"
        )
