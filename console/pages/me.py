"""`/me`: one's own account: the password, the second factor, recovery codes, sessions."""

from flask import Blueprint, current_app, redirect, render_template, url_for
from flask_security import current_user, logout_user
from werkzeug.wrappers import Response

from console.access import own
from console.accounts.store import AccountStore


def blueprint() -> Blueprint:
    """For everybody who is in."""
    made = Blueprint("me", __name__)

    @made.get("/me")
    @own()
    def show() -> str:
        return render_template("pages/me.html", account=current_user.account)

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
