"""The history against a plain table in memory: SQLite's, and PostgreSQL's in two processes at once, say what it says."""

import asyncio
import contextlib
import itertools
import multiprocessing
import secrets

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from bounced.decide import counting, policy
from bounced.model import Memory
from bounced.store.history import Histories, in_folder, on_server
from tests.service.test_history import BELIEVED, JUDGE, STRANGER, arrival, case, tell
from tests.unit.test_counting import CATEGORIES

RULES = policy.load(CATEGORIES).default
EVENTS = st.tuples(
    st.integers(0, 80),
    st.sampled_from(["full", "soft", "dead", "bare", "net", "what", "list", "ok", "unwanted", "abandoned"]),
    st.integers(0, 12),
    st.sampled_from(["anna@example.org", "bob@example.org"]),
    st.sampled_from([BELIEVED, STRANGER]),
)


class Model:
    """What a plain table of memories says, asked one report after the other."""

    def __init__(self):
        self._memories, self._answered = {}, {}

    def __eq__(self, other):
        return (self._memories, self._answered) == (other._memories, other._answered)

    __hash__ = None

    def tell(self, day, what, report, address, trust):
        """Decide, and remember."""
        now, asked = arrival(day).at, case(what, report, address, trust)
        known = self._answered.get(report) or counting.recall(self._memories.get(address, Memory()), RULES.counting, now)
        decision = JUDGE.decide(asked, known, now).decision
        if trust is BELIEVED and report not in self._answered:
            if what == "ok":
                after = counting.forgive(known.memory, RULES.suppress.kept_when_delivered, now)
            else:
                after = counting.memorise(decision, now, is_slow=asked.finding.fault in policy.SLOW)
            if after != known.memory or decision.points:
                self._memories[address], self._answered[report] = after, known
        return decision


class Node:
    """A process that counts in the database that *engine* (a function and its arguments) gives, in streams of the examples' own."""

    def __init__(self, engine, *arguments, **keywords):
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_count, args=(theirs, engine, arguments, keywords), daemon=True)
        self._process.start()
        theirs.close()

    def ask(self, stream, event):
        """Tell it of *event*; `answer` waits for what it decides."""
        self._pipe.send((stream, event))

    def answer(self):
        """Give its decision."""
        if not self._pipe.poll(60):
            pytest.fail("a process did not answer within 60 s")
        return self._pipe.recv()

    def end(self):
        """End it."""
        self._pipe.close()
        self._process.join(30)


def _count(pipe, engine, arguments, keywords):
    async def serve():
        async with Histories(engine(*arguments, **keywords), commit_seconds=30) as histories:
            with contextlib.suppress(EOFError, ConnectionResetError):
                while True:
                    stream, (day, what, report, address, is_believed) = await asyncio.to_thread(pipe.recv)
                    trust = BELIEVED if is_believed else STRANGER
                    pipe.send((await tell(histories, (day, what, report, address, trust), stream=stream))[0])

    asyncio.run(serve())


def check(nodes):
    """Let *nodes*, which share a database, be told of whatever in whatever order, and compare each decision with the model's."""

    class Machine(RuleBasedStateMachine):
        @initialize()
        def begin(self):
            # Where two orders give the same answers and leave something else, either may have been.
            self.stream, self.models = secrets.token_hex(6), [Model()]

        @rule(event=EVENTS, number=st.integers(0, len(nodes) - 1))
        def one(self, event, number):
            """One node hears of a report."""
            self.ask(number, event)
            self.find([[event]], [nodes[number].answer()])

        @precondition(lambda _: len(nodes) > 1)
        @rule(event=EVENTS)
        def the_same_at_once(self, event):
            """All hear of the same report at the same moment: it counts once, and all say the same."""
            for number in range(len(nodes)):
                self.ask(number, event)
            answers = [node.answer() for node in nodes]
            assert answers[1:] == answers[:-1]
            self.find([[event]], answers[:1])

        @precondition(lambda _: len(nodes) > 1)
        @rule(first=EVENTS, second=EVENTS)
        def two_at_once(self, first, second):
            """Two nodes hear of one report each at the same moment: one of them was the first, also when it is about one address."""
            self.ask(0, first)
            self.ask(1, second)
            answers = [nodes[0].answer(), nodes[1].answer()]
            self.find([[first, second], [second, first]], answers)

        def ask(self, number, event):
            day, what, report, address, trust = event
            nodes[number].ask(self.stream, (day, what, self.id_of(report), address, trust is BELIEVED))

        def find(self, orders, answers):
            named = [[(day, what, self.id_of(report), *rest) for day, what, report, *rest in order] for order in orders]
            self.models = fitting(self.models, named, answers)

        def id_of(self, report):
            return f"{self.stream}-{report}"

    run_state_machine_as_test(Machine, settings=settings(deadline=None, max_examples=50, stateful_step_count=30))


def fitting(models, orders, answers):
    """Give what may be remembered now, where *answers* are those to the events of the first of *orders*."""
    found = []
    for model, order in itertools.product(models, orders):
        copy = _copy(model)
        said = [copy.tell(*event) for event in order]
        if (said if order is orders[0] else said[::-1]) == answers and copy not in found:
            found.append(copy)
    assert found, f"no order gives {answers}"
    return found


def _copy(model):
    copy = Model()
    copy._memories, copy._answered = dict(model._memories), dict(model._answered)
    return copy


def test_file(tmp_path):
    """SQLite says what a plain table would, whatever happens in whatever order."""
    node = Node(in_folder, tmp_path)
    try:
        check([node])
    finally:
        node.end()


def test_two_processes(postgresql):
    """PostgreSQL says it too, to two processes at once."""
    url = postgresql.new_database()
    nodes = [Node(on_server, url, seconds=30) for _ in range(2)]
    try:
        check(nodes)
    finally:
        for node in nodes:
            node.end()
