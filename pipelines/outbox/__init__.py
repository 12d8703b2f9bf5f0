"""Telling others of what changed: from the record of events to the targets that want to know.

Engine and use cases only write events down.  `spread` finds the targets of each, once, and
`deliver` sends what is due to one target; both may be called at any time and any number of times.
"""

from pipelines.outbox.delivering import clean, deliver
from pipelines.outbox.envelopes import Envelope, envelopes
from pipelines.outbox.spreading import has_targets, spread

__all__ = ["Envelope", "clean", "deliver", "envelopes", "has_targets", "spread"]
