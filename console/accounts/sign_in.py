"""Signing in and out: by a password (argon2id) and a second factor, and by an invitation's link.

Flask-Security does it, by these settings. Nothing of it sends mail: who has forgotten a password is
given a new link by an admin (`hotline users invite`, or the page *Users*).
"""

import base64
import hashlib
import hmac
from datetime import timedelta
from typing import Any

from flask import Flask
from flask_babel import gettext as _
from flask_security import (
    LoginForm,
    PasswordUtil,
    Security,
    password_changed,
    tf_disabled,
    tf_profile_changed,
    user_authenticated,
    user_failed_authn,
)

from console.accounts.second_factor import OnceTotp
from console.accounts.store import AccountStore, User
from console.house import House, Serving

SHORTEST_PASSWORD = 12
"""Characters. NIST SP 800-63B-4 asks for 15 where a password stands alone; here it does not."""
LONGEST_PASSWORD = 128
_JUDGED = 72
"""Characters that zxcvbn takes."""
FRESH = timedelta(minutes=15)
"""Changing one's own credentials asks for the password again after this."""
GRACE = timedelta(minutes=2)
"""Once it was asked for, it is not asked for again within this of the last change."""


class Passwords(PasswordUtil):
    """As the library judges them; of a long one, by as much as its judge takes."""

    def validate(
        self, password: str, is_register: bool, **kwargs: Any
    ) -> tuple[list[Any] | None, str]:
        """What is wrong with a password, and the password as it is kept."""
        if len(password) > LONGEST_PASSWORD:
            return [_("At most %(most)s characters.", most=LONGEST_PASSWORD)], password
        faults, judged = super().validate(password[:_JUDGED], is_register, **kwargs)
        return faults, self.normalize(password) if len(password) > _JUDGED else judged


class SignInForm(LoginForm):
    """Address and password. Nobody is remembered beyond the session's own ends."""

    remember = None


def add_sign_in(app: Flask, house: House, serving: Serving) -> Security:
    """Have `app` know who asks."""
    secret = serving.secret
    app.config.update(
        SECURITY_STATIC_FOLDER=None,
        SECURITY_PASSWORD_HASH="argon2",
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        SECURITY_PASSWORD_SINGLE_HASH=True,
        SECURITY_PASSWORD_LENGTH_MIN=SHORTEST_PASSWORD,
        SECURITY_PASSWORD_COMPLEXITY_CHECKER="zxcvbn",
        SECURITY_ZXCVBN_MINIMUM_SCORE=3,
        SECURITY_RETURN_GENERIC_RESPONSES=True,
        SECURITY_API_ENABLED_METHODS=["session"],
        SECURITY_LOGIN_URL="/sign-in",
        SECURITY_LOGOUT_URL="/sign-out",
        SECURITY_CHANGE_URL="/me/password",
        SECURITY_VERIFY_URL="/me/verify",
        SECURITY_TWO_FACTOR_SETUP_URL="/me/second-factor",
        SECURITY_TWO_FACTOR_TOKEN_VALIDATION_URL="/sign-in/code",
        SECURITY_TWO_FACTOR_SELECT_URL="/sign-in/select",
        SECURITY_TWO_FACTOR_RESCUE_URL="/sign-in/rescue",
        SECURITY_MULTI_FACTOR_RECOVERY_CODES_URL="/me/recovery-codes",
        SECURITY_MULTI_FACTOR_RECOVERY_URL="/sign-in/recovery",
        SECURITY_POST_LOGOUT_VIEW="/sign-in",
        SECURITY_POST_CHANGE_VIEW="/me",
        SECURITY_TWO_FACTOR_POST_SETUP_VIEW="/me",
        SECURITY_LOGOUT_METHODS=["POST"],
        SECURITY_LOGOUT_CSRF=True,
        SECURITY_CHANGEABLE=True,
        SECURITY_SEND_PASSWORD_CHANGE_EMAIL=False,
        SECURITY_FRESHNESS=FRESH,
        SECURITY_FRESHNESS_GRACE_PERIOD=GRACE,
        SECURITY_TWO_FACTOR=True,
        SECURITY_TWO_FACTOR_REQUIRED=serving.two_factor,
        SECURITY_TWO_FACTOR_ENABLED_METHODS=["authenticator"],
        SECURITY_TWO_FACTOR_RESCUE_EMAIL=False,
        SECURITY_TWO_FACTOR_ALWAYS_VALIDATE=True,
        SECURITY_TWO_FACTOR_AUTHENTICATOR_VALIDITY=30,  # s, and as much for a clock that is off
        SECURITY_TOTP_SECRETS={"1": _derived(secret, "totp")},
        SECURITY_TOTP_ISSUER="940",
        SECURITY_MULTI_FACTOR_RECOVERY_CODES=True,
        SECURITY_MULTI_FACTOR_RECOVERY_CODES_N=8,
        SECURITY_MULTI_FACTOR_RECOVERY_CODES_KEYS=[_derived(secret, "recovery")],
        SECURITY_LOGIN_USER_TEMPLATE="accounts/sign_in.html",
        SECURITY_CHANGE_PASSWORD_TEMPLATE="accounts/password.html",
        SECURITY_VERIFY_TEMPLATE="accounts/verify.html",
        SECURITY_TWO_FACTOR_SETUP_TEMPLATE="accounts/second_factor.html",
        SECURITY_TWO_FACTOR_VERIFY_CODE_TEMPLATE="accounts/code.html",
        SECURITY_MULTI_FACTOR_RECOVERY_CODES_TEMPLATE="accounts/recovery_codes.html",
        SECURITY_MULTI_FACTOR_RECOVERY_TEMPLATE="accounts/recovery.html",
    )
    store = AccountStore(house.engine)
    security = Security(
        app, store, login_form=SignInForm, totp_cls=OnceTotp, password_util_cls=Passwords
    )
    security.want_json(lambda _request: False)  # pages only: programs have tokens of the API
    _note(app, store)
    return security


def _note(app: Flask, store: AccountStore) -> None:
    """What becomes of credentials, in the audit."""

    @user_authenticated.connect_via(app)
    def signed_in(_app: Flask, user: User, authn_via: Any = (), **_told: object) -> None:
        store.note(user, "signed_in", by=list(authn_via or ()))

    @user_failed_authn.connect_via(app)
    def failed(_app: Flask, user: User, auth_type: str = "", **_told: object) -> None:
        store.note(user, "sign_in_failed", by=auth_type)

    @password_changed.connect_via(app)
    def changed(_app: Flask, user: User, **_told: object) -> None:
        store.note(user, "password_changed")

    @tf_profile_changed.connect_via(app)
    def set_up(_app: Flask, user: User, **_told: object) -> None:
        store.note(user, "second_factor_set")

    @tf_disabled.connect_via(app)
    def disabled(_app: Flask, user: User, **_told: object) -> None:
        store.note(user, "second_factor_removed")


def _derived(secret: str, purpose: str) -> str:
    """A key of its own for each purpose (HKDF's expand step, RFC 5869, 2.3), 32 bytes in base64."""
    made = hmac.digest(secret.encode(), f"hotline-console {purpose}\x01".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(made).decode()
