"""What a supervisor asks its children all day costs little."""

import ssl
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from hotline.probes import http_answers


def test_a_probe_without_tls_prepares_none(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A TLS context takes longer to make than the probe itself: a tenth of a core, all day."""
    made: list[object] = []

    class Counted(ssl.SSLContext):
        """A context that is counted."""

        def __new__(cls, *args: Any) -> Any:
            made.append(args)
            return super().__new__(cls, *args)

    monkeypatch.setattr(ssl, "SSLContext", Counted)
    httpserver.expect_request("/healthz").respond_with_data("ok")
    url = httpserver.url_for("/healthz")
    assert all(http_answers(url) for _ in range(5))
    assert not made


@pytest.mark.parametrize("status", [204, 302, 404, 500])
def test_any_other_status_is_no_answer(httpserver: HTTPServer, status: int) -> None:
    """Only 200 is."""
    httpserver.expect_request("/healthz").respond_with_response(Response(status=status))
    assert not http_answers(httpserver.url_for("/healthz"))


def test_the_whole_address_is_asked(httpserver: HTTPServer) -> None:
    """Path and query."""

    def answer(request: Request) -> Response:
        return Response(status=200 if request.full_path == "/a/b?c=d" else 404)

    httpserver.expect_request("/a/b").respond_with_handler(answer)
    assert http_answers(httpserver.url_for("/a/b") + "?c=d")


def test_nobody_there_is_an_error() -> None:
    """Which is told as no by whoever asks."""
    with pytest.raises(OSError, match="refused"):
        http_answers("http://127.0.0.1:1/healthz")
