"""`/me`: one's own account: the password, the second factor, recovery codes, sessions."""

from flask import Blueprint, current_app, flash, redirect, render_template, session, url_for
from flask_babel import gettext as _
from flask_security import check_and_update_authn_fresh, current_user, logout_user
from werkzeug.wrappers import Response

from console.access import own
from console.accounts.sessions import registered
from console.accounts.sign_in import FRESH, GRACE
from console.accounts.store import AccountStore
from people.person import NothingThere


def _own_number() -> str:
    """The number of the session that asks."""
    return str(session.sid)  # type: ignore[attr-defined]  # of Flask-Session


def blueprint() -> Blueprint:
    """For everybody who is in."""
    made = Blueprint("me", __name__)

    @made.get("/me")
    @own()
    def show() -> str:
        sessions = registered().of(current_user.fs_uniquifier, _own_number())
        return render_template("pages/me.html", account=current_user.account, sessions=sessions)

    @made.post("/me/sessions/<name>/end")
    @own()
    def end_session(name: str) -> Response:
        """End another one of one's own; the password is asked for again before (7.5.2)."""
        user = current_user._get_current_object()
        if not check_and_update_authn_fresh(FRESH, GRACE, "session"):
            if user.by_provider:
                flash(_("Sign out and in again first: so it is known who you are."), "warning")
                return redirect(url_for("me.show"))
            return redirect(url_for("security.verify", next=url_for("me.show")))
        if not registered().end(user.fs_uniquifier, name):
            raise NothingThere("there is no such session")
        store: AccountStore = current_app.extensions["security"].datastore
        store.note(user, "session_ended", session=name)
        flash(_("The session is ended."), "success")
        return redirect(url_for("me.show"))

    @made.post("/me/sign-out-everywhere")
    @own()
    def sign_out_everywhere() -> Response:
        """End all sessions of this account, this one too (OWASP ASVS 5.0, 7.4.3)."""
        user = current_user._get_current_object()
        store: AccountStore = current_app.extensions["security"].datastore
        store.set_uniquifier(user)
        store.note(user, "sessions_ended")
        logout_user()
        return redirect(url_for("security.login"))

    return made
