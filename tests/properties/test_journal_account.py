"""The account balances at any time, whatever is done to the journal in whichever order; and it is the right one."""

import asyncio
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bounced.store import Journal, archive, arrivals
from bounced.store.account import Arrivals, Decisions
from tests.journal_samples import NOON, SETTINGS, arrival, draft

#: Few, so that reports come again.
REPORTS = st.sampled_from(["r1", "r2", "r3", "r4"])
DRAFTS = st.lists(st.tuples(REPORTS, st.integers(0, 3), st.booleans()), max_size=4)


class JournalMachine(RuleBasedStateMachine):
    """A journal beside a simple model of it: each arrival's state, each event's, each report's rank."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.runner = asyncio.Runner()
        self.arrivals = {}  # number -> state
        self.for_postmaster = set()  # numbers
        self.events = {}  # id -> (number of its arrival, state)
        self.ranks = {}  # report id -> (rank, revision)
        self.counts = Counter()
        self.open()

    def open(self):
        """Open the journal that the folder has."""
        self.journal = Journal(Path(self.folder.name), SETTINGS)
        self.runner.run(self.journal.open())

    def teardown(self):
        self.runner.run(self.journal.close())
        self.runner.close()
        self.folder.cleanup()

    @rule(for_postmaster=st.booleans())
    def keep(self, for_postmaster):
        number = len(self.arrivals)
        self.runner.run(self.journal.keep(arrival(number, for_postmaster=for_postmaster)))
        self.arrivals[number] = "unread" if for_postmaster else "waiting"
        self.for_postmaster |= {number} if for_postmaster else set()

    @precondition(lambda self: self.arrivals)
    @rule(data=st.data(), drafts=DRAFTS)
    def settle(self, data, drafts):
        number = data.draw(st.sampled_from(sorted(self.arrivals)))
        asked = [draft(report, rank, publish=publish) for report, rank, publish in drafts]
        settled = self.runner.run(self.journal.settle(arrival(number).id, asked))
        assert settled.repeated == (self.arrivals[number] != "waiting")
        if settled.repeated:
            return
        made = [event_id for item in drafts if (event_id := self._decide(*item))]
        self.events |= dict.fromkeys(made, (number, "waiting"))
        self.arrivals[number] = "decided" if made else "done"
        assert made == [event.id for event in settled.events]

    def _decide(self, report, rank, publish):
        """What the model expects of one draft: the id of its event, if it has one."""
        self.counts["made"] += 1
        known, revision = self.ranks.get(report, (-1, -1))
        if known >= rank:
            self.counts["duplicate"] += 1
            return None
        self.ranks[report] = (rank, revision + 1)
        if not publish:
            self.counts["not_for_publishing"] += 1
            return None
        return f"{report}/{revision + 1}"

    @precondition(lambda self: self.events)
    @rule(data=st.data(), refused=st.booleans())
    def answer(self, data, refused):
        event_id = data.draw(st.sampled_from(sorted(self.events)))
        number, state = self.events[event_id]
        if state == "waiting":
            self.events[event_id] = (number, "aside" if refused else "published")
        finished = self.arrivals[number] == "decided" and (number, "waiting") not in self.events.values()
        if finished:
            self.arrivals[number] = "done"
        if refused:
            done = list(self.runner.run(self.journal.refuse(event_id, "no")).done)
        else:
            done = self.runner.run(self.journal.published([event_id, event_id]))

        assert ([arrival(number).id] if finished else []) == done

    @precondition(lambda self: self.arrivals)
    @rule(data=st.data(), aside=st.booleans())
    def hand_to_person(self, data, aside):
        number = data.draw(st.sampled_from(sorted(self.arrivals)))
        step = self.journal.set_aside if aside else self.journal.unread
        handed = self.runner.run(step(arrival(number).id, "reason"))
        assert handed == (self.arrivals[number] == "waiting")
        if handed:
            self.arrivals[number] = "aside" if aside else "unread"

    @rule(hours=st.integers(0, 4), days=st.sampled_from([0, 1, 29, 31]))
    def clear_away(self, hours, days):
        """Archived and pruned arrivals stay `done` in the model: the account must go on counting them. Unread ones may be erased."""
        now = NOON + timedelta(hours=hours, days=days)
        self.runner.run(self.journal.archive(now))
        self.runner.run(self.journal.prune(now))
        self.runner.run(self.journal.erase_unread(now))
        for number, state in self.arrivals.items():
            if state == "unread" and arrival(number).at < now - timedelta(days=30):
                self.arrivals[number] = "erased"

    @precondition(lambda self: self.arrivals)
    @rule(data=st.data(), judge=st.booleans())
    def deal_with(self, data, judge):
        """A person gives what waits for him back to be judged, or erases it."""
        number = data.draw(st.sampled_from(sorted(self.arrivals)))
        state, for_postmaster = self.arrivals[number], number in self.for_postmaster
        work = arrivals.release if judge else archive.erase
        dealt_with = self.runner.run(self.journal.database.write(lambda connection: work(connection, arrival(number).id)))
        assert dealt_with == (state in {"unread", "aside"} and not (judge and for_postmaster))
        if dealt_with:
            self.arrivals[number] = "waiting" if judge else "erased"

    @rule()
    def reopen(self):
        self.runner.run(self.journal.close())
        self.open()

    @invariant()
    def balanced(self):
        account = self.runner.run(self.journal.account())
        states = Counter(self.arrivals.values())
        events = Counter(state for _, state in self.events.values())

        assert account.balanced
        assert account.arrivals == Arrivals(
            accepted=len(self.arrivals),
            done=states["done"],
            waiting=states["waiting"],
            decided=states["decided"],
            unread=states["unread"],
            aside=states["aside"],
            erased=states["erased"],
        )
        assert account.decisions == Decisions(
            made=self.counts["made"],
            published=events["published"],
            waiting=events["waiting"],
            duplicate=self.counts["duplicate"],
            not_for_publishing=self.counts["not_for_publishing"],
            aside=events["aside"],
        )


JournalMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
TestAccount = JournalMachine.TestCase
TestAccount.__doc__ = """The account balances and agrees with a model, after every step."""
