"""What all tests share: the servers that they run."""

pytest_plugins = ["tests.servers.namespace", "tests.servers.postfix", "tests.servers.rabbitmq"]
