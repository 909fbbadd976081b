"""Where sessions are: of people who are in, or half in, in Redis; all others with the browser.

Whoever has given no password costs Redis nothing, however often they come: calls are screened by
that same Redis. What a browser keeps for us is signed, and holds nothing but its own form's token.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import redis
from flask import Flask, Request, Response
from flask.json.tag import TaggedJSONSerializer
from flask_session.redis import RedisSessionInterface
from itsdangerous import BadData, URLSafeTimedSerializer

_INSIDE = ("_user_id", "tf_user_id")
"""What a session has in which a password was right."""
_OUTSIDE = "o."
"""Begins the cookie of every other one; no random number of a session has a point in it."""
_LONGEST = 3500
"""Bytes of a cookie that browsers keep."""


class Sessions(RedisSessionInterface):
    """Flask-Session's, but for those who are not in. `new` is told of each that Redis has anew."""

    def __init__(
        self, app: Flask, client: redis.Redis, prefix: str, secret: str, outside_s: int
    ) -> None:
        super().__init__(app, client, prefix, False, True, app.config["SESSION_ID_LENGTH"])
        self._prefix, self._outside_s = prefix, outside_s
        self.new: Callable[[Any], None] = lambda _session: None
        self._signed = URLSafeTimedSerializer(
            secret, salt="console session", serializer=TaggedJSONSerializer()
        )

    def open_session(self, app: Flask, request: Request) -> Any:
        """The session of this browser, from wherever it is."""
        found = super().open_session(app, request)
        found.was = "" if found.sid.startswith(_OUTSIDE) or not found else found.sid
        found.gone = False
        return found

    def save_session(self, app: Flask, session: Any, response: Response) -> None:
        """Keep it where it belongs now; what it was in Redis ends when it is there no more."""
        if any(name in session for name in _INSIDE):
            if session.sid.startswith(_OUTSIDE):
                session.sid = self._generate_sid(self.sid_length)
        elif session:
            if session.was and session.modified:
                super()._delete_session(self._get_store_id(session.was))
            session.sid = self._written(session)
        super().save_session(app, session, response)

    def kept(self, number: str) -> Any:
        """What the session of this number has; None where there is none. It is not used by this."""
        return super()._retrieve_session_data(self._prefix + number)

    def _written(self, session: Any) -> str:
        text = _OUTSIDE + str(self._signed.dumps(dict(session)))
        kept = {name: session[name] for name in ("_permanent", "csrf_token") if name in session}
        return text if len(text) <= _LONGEST else _OUTSIDE + str(self._signed.dumps(kept))

    def _retrieve_session_data(self, store_id: str) -> Any:
        sid = store_id.removeprefix(self._prefix)
        if not sid.startswith(_OUTSIDE):
            return super()._retrieve_session_data(store_id)
        try:
            return self._signed.loads(sid.removeprefix(_OUTSIDE), max_age=self._outside_s)
        except BadData:
            return None

    def _delete_session(self, store_id: str) -> None:
        if not store_id.startswith(self._prefix + _OUTSIDE):
            super()._delete_session(store_id)

    def _upsert_session(self, lifetime: timedelta, session: Any, store_id: str) -> None:
        if store_id.startswith(self._prefix + _OUTSIDE):
            return
        if session.sid != session.was:
            super()._upsert_session(lifetime, session, store_id)
            self.new(session)
            return
        # One that somebody has signed out of meanwhile is not to come back by a slow request.
        text, seconds = self.serializer.encode(session), int(lifetime.total_seconds())
        session.gone = not self.client.set(store_id, text, ex=seconds, xx=True)

    def should_set_cookie(self, app: Flask, session: Any) -> bool:
        """As ever, but for a session that has ended meanwhile."""
        return not session.gone and bool(super().should_set_cookie(app, session))
