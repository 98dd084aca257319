"""What a client of a test's server sent."""

import json
from http.server import BaseHTTPRequestHandler
from typing import Any


def sent_json(handler: BaseHTTPRequestHandler) -> dict[str, Any] | None:
    """The body of a request; None where the client has gone before it sent all of it."""
    length = int(handler.headers["Content-Length"])
    sent = handler.rfile.read(length)
    return json.loads(sent) if len(sent) == length else None
