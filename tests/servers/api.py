"""The HTTP API as a client of it uses it: JSON out and in, over TCP or a unix socket."""

import http.client
import json
import socket


class Client:
    """Asks the API at *place* (HOST:PORT or unix:PATH) with *token*."""

    def __init__(self, place, token=""):
        self._place, self._token = place, token

    def ask(self, method, path, given=None, *, raw=None, token=None):
        """Ask; give the status, what is answered, and the header."""
        connection = _unix(self._place[5:]) if self._place.startswith("unix:") else http.client.HTTPConnection(self._place, timeout=60)
        wanted = self._token if token is None else token
        headers = {"Authorization": f"Bearer {wanted}"} if wanted else {}
        try:
            connection.request(method, path, raw if given is None else json.dumps(given).encode(), headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or "null"), answer.headers
        finally:
            connection.close()


def _unix(path):
    connection = http.client.HTTPConnection("localhost", timeout=60)
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(path)
    return connection
