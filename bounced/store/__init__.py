"""The store: what lasts between acceptance and publication, and the account that it balances.

It judges nothing and publishes nothing: `Journal` keeps arrivals and the events that they led to.
"""

from bounced.store.account import Account
from bounced.store.arrivals import Held
from bounced.store.journal import Journal
from bounced.store.measure import Measure
from bounced.store.outbox import Draft, Refused, Settled

__all__ = ["Account", "Draft", "Held", "Journal", "Measure", "Refused", "Settled"]
