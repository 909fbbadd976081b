"""Requests that no page of ours makes: refused before anything is asked of a store."""

from flask import Flask, abort, current_app, redirect, render_template, request, session, url_for
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.wrappers import Response

from console.access import permission_of, to_sign_in
from console.pages.blocklist.files import LONGEST_FILE

_OFF = ("security.two_factor_rescue", "security.tf_select")
"""Ways of the library that the console does not have: it sends no mail, and has one factor."""
_CODE = "security.two_factor_token_validation"
_NO_PASSWORD = ("security.change_password",)
"""What is not for those who sign in by the city's provider."""


def refuse_odd(app: Flask) -> None:
    """Before the token of a form is looked at, which reads the form."""

    @app.before_request
    def look() -> None:
        if request.endpoint == "blocklist.preview":
            request.max_content_length = LONGEST_FILE
        if request.endpoint in _OFF:
            abort(404)
        if request.path.startswith("/api/"):
            if "\0" in request.path or "\0" in "".join(request.args.values()):
                abort(404)
            return
        if request.is_json:
            abort(415)
        if "\0" in request.path:
            abort(404)
        given = (*request.args.values(), *request.form.values())
        if any("\0" in one for one in given):
            abort(400)

    @app.before_request
    def keep_to_the_provider() -> None:
        if request.endpoint in _NO_PASSWORD and getattr(current_user, "by_provider", False):
            abort(404)

    @app.before_request
    def sign_nobody_out() -> Response | None:
        """The library ends the session of whoever opens this page without having asked for it, and
        another's page can lead them there (OWASP ASVS 5.0, 3.5.3)."""
        changing = session.get("tf_state") == "validating_profile"
        if request.endpoint == _CODE and current_user.is_authenticated and not changing:
            return redirect(url_for("me.show"))
        return None

    @app.errorhandler(CSRFError)
    def no_token(_error: CSRFError) -> Response:
        """Whoever's session has ended meanwhile is led to the way in."""
        mark = permission_of(current_app, request.endpoint or "")
        if mark != "public" and not current_user.is_authenticated:
            return to_sign_in()
        return Response(render_template("error.html", status=400), status=400, mimetype="text/html")
