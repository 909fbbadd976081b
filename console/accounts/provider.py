"""`/sign-in/provider`: signing in by the city's own provider (OpenID Connect, by Authlib).

The code flow with PKCE (RFC 7636), a state and a nonce; the token is checked against the provider's
keys. Whether a second factor was asked for is the provider's matter.
"""

from collections.abc import Mapping
from typing import Any

import structlog
from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Blueprint, Flask, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import login_user
from joserfc.errors import JoseError
from requests import RequestException
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from console.accounts.store import User
from console.house import House, Provider
from people.accounts import AccountRefused, standing
from people.identities import account_of, put_out, role_of
from store.sql import reading

log = structlog.get_logger()

TIMEOUT_S = 10
_NAME = "city"


def blueprint(app: Flask, house: House, provider: Provider | None) -> Blueprint:
    """The way to the provider and back; without one there is nothing here."""
    made = Blueprint("provider", __name__)
    client = _client(app, provider)

    @made.get("/sign-in/provider")
    def go() -> AnyResponse:
        if client is None:
            raise NotFound
        back = house.url + url_for("provider.come_back")
        try:
            answer: AnyResponse = client.authorize_redirect(back)
        except (OAuthError, RequestException, JoseError, ValueError) as error:
            return _away(error)
        return answer

    @made.get("/sign-in/provider/back")
    def come_back() -> AnyResponse:
        if client is None or provider is None:
            raise NotFound
        try:
            told: Mapping[str, Any] = client.authorize_access_token()["userinfo"]
        except (OAuthError, RequestException, JoseError, LookupError, ValueError) as error:
            return _away(error)
        return _let_in(house, provider, told)

    return made


def _client(app: Flask, provider: Provider | None) -> Any:
    if provider is None:
        return None
    return OAuth(app).register(
        _NAME,
        client_id=provider.client_id,
        client_secret=provider.client_secret,
        server_metadata_url=f"{provider.issuer}/.well-known/openid-configuration",
        client_kwargs={
            "scope": provider.scope,
            "code_challenge_method": "S256",
            "default_timeout": TIMEOUT_S,
        },
    )


def _let_in(house: House, provider: Provider, told: Mapping[str, Any]) -> AnyResponse:
    groups = told.get(provider.groups_claim, ())
    groups = [groups] if isinstance(groups, str) else groups
    listed = [str(one) for one in groups] if isinstance(groups, list | tuple) else []
    role = role_of(listed, provider.roles)
    if role is None:
        log.info("provider_without_role", groups=len(listed))
        put_out(house.engine, issuer=str(told["iss"]), subject=str(told["sub"]))
        return _refused(_("None of your groups may open the console. An admin can change that."))
    try:
        account = account_of(
            house.engine,
            issuer=str(told["iss"]),
            subject=str(told["sub"]),
            email=str(told.get("email", "")),
            name=str(told.get("name") or told.get("preferred_username") or ""),
            role=role,
            now=house.now(),
            origin=request.remote_addr or "",
        )
    except AccountRefused as error:
        log.info("provider_refused")
        return _refused(str(_(str(error))))
    with reading(house.engine) as connection:
        found = standing(connection, email=account.email)
    assert found is not None
    login_user(User(found), authn_via=["provider"])
    return redirect(url_for("today.show"))


def _refused(why: str) -> AnyResponse:
    return Response(render_template("accounts/refused.html", why=why), status=403)


def _away(error: Exception) -> AnyResponse:
    """The provider does not answer, or what came back is not its own, or is stale."""
    log.warning("provider_failed", error=type(error).__name__)
    flash(_("Signing in by the city's account did not work: try again."), "error")
    return redirect(url_for("security.login"))
