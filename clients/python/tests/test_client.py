"""The client against a server that answers what the API does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable
from urllib.parse import parse_qs, urlsplit

import pytest

from primis_client import Distribution, PrimisClient, PrimisError

Answer = tuple[int, str]

LAMPORTS = "18446744073709551615"
ROW = {
    "signature": "s",
    "slot": 1,
    "source": "compute",
    "intervalFromUnix": 1,
    "intervalToUnix": 2,
    "distributedAtUnix": 3,
    "amountLamports": LAMPORTS,
    "stakersLamports": LAMPORTS,
    "subsidyLamports": "0",
    "reserveLamports": "0",
    "treasuryLamports": "0",
    "carriedInLamports": "0",
    "carriedOutLamports": "0",
    "totalValueLamports": "0",
}


@contextmanager
def served(answer: Callable[[str, dict[str, str]], Answer]) -> Iterator[PrimisClient]:
    """A client of a server that answers this to a path and a query."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            query = {name: found[0] for name, found in parse_qs(url.query).items()}
            status, body = answer(url.path, query)
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with PrimisClient(f"http://127.0.0.1:{server.server_port}/") as primis:
            yield primis
    finally:
        server.shutdown()
        server.server_close()


def test_distributions_follow_cursors_to_the_end() -> None:
    asked = []

    def answer(path: str, query: dict[str, str]) -> Answer:
        asked.append((path, query))
        pages = {
            None: {
                "distributions": [{**ROW, "slot": 9}, {**ROW, "slot": 8}],
                "nextCursor": "8.0.0",
            },
            "8.0.0": {"distributions": [{**ROW, "slot": 7}], "nextCursor": None},
        }
        return 200, json.dumps(pages[query.get("cursor")])

    with served(answer) as primis:
        rows = list(primis.distributions(limit=2))
    assert [row.slot for row in rows] == [9, 8, 7]
    assert isinstance(rows[0], Distribution)
    assert int(rows[0].stakers_lamports) == 2**64 - 1
    path = "/api/yield/distributions"
    assert asked == [(path, {"limit": "2"}), (path, {"limit": "2", "cursor": "8.0.0"})]


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "invalid_wallet"), (503, "chain_not_indexed"), (504, "timeout")],
)
def test_a_refusal_is_told_by_its_code(status: int, code: str) -> None:
    body = json.dumps({"message": "what to do", "code": code})
    with served(lambda *_: (status, body)) as primis, pytest.raises(PrimisError) as refused:
        primis.positions("nobody")
    assert (refused.value.message, refused.value.code) == ("what to do", code)
    assert refused.value.status == status


@pytest.mark.parametrize("answer", [(200, "<html>"), (200, "{}"), (503, "<html>"), (418, "{}")])
def test_what_is_no_answer_is_told_apart(answer: Answer) -> None:
    with served(lambda *_: answer) as primis, pytest.raises(PrimisError) as refused:
        primis.stats()
    assert refused.value.code == "invalid_answer"


def test_a_server_that_is_not_there() -> None:
    with PrimisClient("http://127.0.0.1:1") as primis, pytest.raises(PrimisError) as refused:
        primis.pools()
    assert (refused.value.code, refused.value.status) == ("unreachable", None)
