"""Chaos: real SMTP sessions through the daemon into a cluster of RabbitMQ, while everything is killed, cut, frozen and filled.

`python -m tests.chaos` runs it (`make chaos`), tests/integration/test_chaos.py a short form; docs/guarantees.md has what came of it.
"""
