"""What a server may send in place of a good reply, now and then with the key that it was asked with."""

import json

from faulty_server import as_json, good_reply

KEY = "sk-very-secret-0123456789"
BROKEN = {
    "an error in the body": lambda body: as_json({"error": {"message": f"overloaded, key {KEY}"}}),
    "HTML": lambda body: (200, "text/html", b"<html><body>Bad gateway</body></html>"),
    "HTML that is called JSON": lambda body: (200, "application/json", b"<html>"),
    "no choices": lambda body: as_json({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1}}),
    "no usage": lambda body: as_json(good_reply(body) | {"usage": None}),
    "null counts": lambda body: as_json(
        good_reply(body) | {"usage": {"prompt_tokens": None, "completion_tokens": None, "total_tokens": None}}
    ),
    "an error beside the choices": lambda body: as_json(good_reply(body) | {"error": {"message": f"died, key {KEY}"}}),
    "an answer that broke off": lambda body: as_json(good_reply(body, content="Fi", finish_reason="error")),
    "a choice that is none": lambda body: as_json(good_reply(body) | {"choices": [None]}),
    "words that are no counts": lambda body: as_json(
        good_reply(body) | {"usage": {"prompt_tokens": "11", "completion_tokens": "2"}}
    ),
    "a stream": lambda body: (200, "text/event-stream", b'data: {"choices": []}\n\ndata: [DONE]\n\n'),
    "half a reply": lambda body: (200, "application/json", json.dumps(good_reply(body)).encode()[:70]),
    "a list": lambda body: as_json([1, 2]),
    "nothing": lambda body: (200, "application/json", b""),
    "a refused prompt": lambda body: as_json({"error": {"message": f"filtered: {KEY}", "code": "content_filter"}}, 400),
    "too long": lambda body: as_json({"detail": "too long"}, 422),
    "a server error": lambda body: as_json({"error": {"message": "oops"}}, 500),
}
