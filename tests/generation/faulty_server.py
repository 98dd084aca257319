"""A server with the OpenAI API that does what hosted servers do: each request is answered by the function `faults`
gives for its question, or else well."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sent_json import sent_json

Reply = tuple[int, str, bytes]


def good_reply(body: dict[str, Any], **message: Any) -> dict[str, Any]:
    """A whole reply with as many choices as were asked for."""
    choices = []
    for index in range(body.get("n", 1)):
        choice: dict[str, Any] = {"index": index, "finish_reason": message.get("finish_reason", "stop")}
        text = message.get("content", f"{body.get('seed', 0) % 7 + index}")
        tokens = [{"token": "a", "logprob": -0.5}, {"token": "b", "logprob": -1.5}]
        choice["logprobs"] = {"content": tokens} if body.get("logprobs") else None
        extra = {k: v for k, v in message.items() if k not in ("content", "finish_reason")}
        if "messages" in body:
            choice["message"] = {"role": "assistant", "content": text, **extra}
        else:
            choice["text"] = text
        choices.append(choice)
    count = 2 * len(choices)
    usage = {"prompt_tokens": 11, "completion_tokens": count, "total_tokens": 11 + count}
    return {"id": "x", "object": "o", "created": 0, "model": "m", "choices": choices, "usage": usage}


def as_json(content: Any, status: int = 200) -> Reply:
    return status, "application/json", json.dumps(content).encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        server = self.server
        if (body := sent_json(self)) is None:
            return
        text = body.get("prompt") or body["messages"][-1]["content"]
        with server.lock:
            server.requests.append(body | {"authorization": self.headers.get("Authorization", "")})
            number = len(server.requests)
        fault = server.faults(number, text, server.requests[number - 1])
        status, kind, data = fault if fault is not None else as_json(good_reply(body))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        if fault is not None and server.retry_after is not None:
            self.send_header("Retry-After", server.retry_after)
        if fault is not None and server.location is not None:
            self.send_header("Location", server.location)
        self.end_headers()
        if fault is not None and server.trickling is not None:
            with suppress(OSError):
                for place in range(len(data)):
                    self.wfile.write(data[place : place + 1])
                    if server.trickling.wait(0.1):
                        return
        # A body that ends early: as much as the fault gives of what it announced.
        self.wfile.write(data[: server.cut] if fault is not None and server.cut else data)
        if fault is not None and server.cut:
            self.close_connection = True

    def log_message(self, *words):
        pass


@contextmanager
def faulty_server() -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.requests, server.lock, server.cut = [], threading.Lock(), 0
    # What faults are sent with: a header that asks to wait or to go elsewhere, or byte by byte until the event is set.
    server.retry_after = server.location = server.trickling = None
    server.faults = lambda number, text, body: None
    server.url = f"http://127.0.0.1:{server.server_port}/v1"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def on_question(mark: str, reply: Callable[[dict[str, Any]], Reply]) -> Callable[..., Reply | None]:
    """A fault for the requests whose text holds `mark`."""
    return lambda number, text, body: reply(body) if re.search(mark, text) else None
