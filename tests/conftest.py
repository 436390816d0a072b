"""What all tests share: the servers that they run, and that Ctrl-C reaches their processes."""

import signal

pytest_plugins = [f"tests.servers.{name}" for name in ("browser", "namespace", "postfix", "postgresql", "rabbitmq", "webhook")]

# A shell starts what is to run in its background with SIGINT ignored, and every process inherits that.
signal.signal(signal.SIGINT, signal.default_int_handler)
