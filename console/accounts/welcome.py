"""`/welcome`: whoever holds an invitation's link sets the password of their account, once.

The link's text leaves the address at once and waits in the session: so it stands in no history and
no bookmark.
"""

from flask import Blueprint, Response, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_security import current_user, hash_password, logout_user
from flask_security.proxies import _security
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from console.house import House
from people.invitations import INVITATION, accept_invitation, invited

_KEPT = "invitation"


def blueprint(house: House) -> Blueprint:
    """The way in for somebody new."""
    made = Blueprint("welcome", __name__)

    @made.get("/welcome/<invitation>")
    def arrive(invitation: str) -> AnyResponse:
        if not INVITATION.fullmatch(invitation):
            raise NotFound
        is_one = invited(house.engine, invitation, house.now()) is not None
        if is_one and current_user.is_authenticated:  # no made-up link signs anybody out
            logout_user()
        session[_KEPT] = invitation
        return redirect(url_for("welcome.set_password"))

    @made.route("/welcome", methods=["GET", "POST"])
    def set_password() -> AnyResponse:
        account = invited(house.engine, session.get(_KEPT, ""), house.now())
        if account is None:
            return Response(render_template("accounts/no_invitation.html"), status=404)
        faults: list[str] = []
        if request.method == "POST":
            chosen, again = request.form.get("password", ""), request.form.get("again", "")
            found, chosen = _security.password_util.validate(chosen, True, name=account.name)
            faults = [str(one) for one in found or ()]
            if chosen != _security.password_util.normalize(again):
                faults.append(_("The two passwords are not the same."))
            if not faults:
                origin = request.remote_addr or ""
                text, now = session.pop(_KEPT), house.now()
                if accept_invitation(
                    house.engine, text, hash_password(chosen), now=now, origin=origin
                ):
                    flash(_("Your password is set. Sign in with it."), "success")
                    return redirect(url_for("security.login"))
                return Response(render_template("accounts/no_invitation.html"), status=404)
        page = render_template("accounts/welcome.html", account=account, faults=faults)
        return Response(page, status=422 if faults else 200)

    return made
