"""A tracker store that forgets: what was said is gone when the turn ends."""

from collections.abc import Iterable
from typing import Any

from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker


class ForgetfulTrackerStore(TrackerStore):
    """Keeps nothing; named by dotted path in `endpoints.yml`, so `rasa shell` and `rasa run` forget too."""

    def __init__(self, domain: Domain, event_broker: Any = None, **kwargs: Any) -> None:
        """Drops the event broker: it would send each turn elsewhere."""
        super().__init__(domain, None, **kwargs)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Does not save."""

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """Knows nobody."""
        return None

    async def keys(self) -> Iterable[str]:
        """Names nobody."""
        return []
