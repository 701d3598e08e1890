"""OpenID Connect, the part that a desk needs: the authorization code flow with PKCE (OpenID Connect Core 1.0, RFC 7636, RFC 9700).

The provider's description and keys are fetched at each login, which is rare, so that there is nothing to go stale. Whatever does not
hold raises a CashappError that says which check failed; nobody is let in by halves.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import NamedTuple, TypeVar
from urllib.parse import quote, urlencode

import httpx2
import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from cashapp.config import Oidc, only_local
from cashapp.errors import CashappError

ALGORITHMS = ("RS256", "PS256", "ES256", "RS384", "PS384", "ES384", "RS512", "PS512", "ES512", "EdDSA")
"""Signatures by a key that only the provider has; `none` and shared secrets are not among them."""
LEEWAY_SECONDS = 60
TIMEOUT_SECONDS = 10
_BYTES_MAX = 1024 * 1024
Shape = TypeVar("Shape")


class Attempt(NamedTuple):
    """What one browser keeps between leaving for the provider and coming back."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def fresh(cls) -> Attempt:
        """Three secrets of 256 bits."""
        return cls(*(secrets.token_urlsafe(32) for _ in range(3)))

    @classmethod
    def read(cls, cookie: str) -> Attempt:
        """Out of the cookie."""
        parts = cookie.split(".")
        if len(parts) != 3 or not all(parts):
            raise CashappError("this login was not begun here, or longer than ten minutes ago – begin again")
        return cls(*parts)

    @property
    def cookie(self) -> str:
        """As the cookie holds it."""
        return ".".join(self)


class Person(NamedTuple):
    """Who the provider says has logged in, as the desk knows people."""

    subject: str
    login: str
    name: str
    role: str


class _Provider(msgspec.Struct):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    authorization_response_iss_parameter_supported: bool = False


class _Tokens(msgspec.Struct):
    id_token: str


def begin(config: Oidc, attempt: Attempt) -> str:
    """Where the browser goes to log in."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(attempt.verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {"response_type": "code", "client_id": config.client_id, "redirect_uri": config.back, "scope": " ".join(config.scopes), "state": attempt.state,
             "nonce": attempt.nonce, "code_challenge": challenge, "code_challenge_method": "S256"}
    address = _described(config).authorization_endpoint
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"


def finish(config: Oidc, attempt: Attempt, told: dict[str, str]) -> Person:
    """What came back with the browser (`told`, the query of the address), made into a person."""
    if not secrets.compare_digest(told.get("state", "").encode(), attempt.state.encode()):
        raise CashappError("this login was not begun in this browser – begin again")
    if "error" in told:
        raise CashappError(f"the company's login refused: {told['error'][:100]} {told.get('error_description', '')[:300]}".strip())
    provider = _described(config)
    if told.get("iss", config.issuer) != config.issuer or (provider.authorization_response_iss_parameter_supported and "iss" not in told):
        raise CashappError("the answer is not from the company's login – begin again")
    return _person(config, _claims(config, provider, attempt, _exchanged(config, provider, attempt, told.get("code", ""))))


def _described(config: Oidc) -> _Provider:
    found = _decoded(_fetched("GET", f"{config.issuer.rstrip('/')}/.well-known/openid-configuration"), _Provider)
    if found.issuer != config.issuer:
        raise CashappError(f"the company's login calls itself {found.issuer}, cashapp.toml calls it {config.issuer} – they must be the same")
    for address in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri):
        if not address.startswith("https://") and not only_local(address):
            raise CashappError(f"the company's login names {address}, which is not https")
    return found


def _exchanged(config: Oidc, provider: _Provider, attempt: Attempt, code: str) -> str:
    """The code for an id token."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": config.back, "code_verifier": attempt.verifier}
    secret = config.secret()
    headers = {}
    if secret:
        pair = f"{quote(config.client_id, safe='')}:{quote(secret, safe='')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        form["client_id"] = config.client_id
    return _decoded(_fetched("POST", provider.token_endpoint, form, headers), _Tokens).id_token


def _claims(config: Oidc, provider: _Provider, attempt: Attempt, id_token: str) -> dict[str, object]:
    """What the token says, once its signature, issuer, audience, times and nonce hold."""
    keys = _decoded(_fetched("GET", provider.jwks_uri), dict[str, list[dict[str, object]]])
    wanted = jwt.JWTClaimsRegistry(
        leeway=LEEWAY_SECONDS, iss={"essential": True, "value": config.issuer}, aud={"essential": True, "value": config.client_id}, sub={"essential": True},
        exp={"essential": True}, iat={"essential": True}, nonce={"essential": True, "value": attempt.nonce})
    try:
        claims = dict(jwt.decode(id_token, KeySet.import_key_set(keys), algorithms=ALGORITHMS).claims)  # type: ignore[arg-type]  # as the provider wrote it
        wanted.validate(claims)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise CashappError(f"the token of the company's login does not hold: {error}") from error
    audience = claims["aud"]
    if (isinstance(audience, list) and len(audience) > 1 and "azp" not in claims) or claims.get("azp", config.client_id) != config.client_id:
        raise CashappError("the token of the company's login was made for another program")
    return claims


def _person(config: Oidc, claims: dict[str, object]) -> Person:
    subject, login = claims["sub"], claims.get(config.login_claim)
    if not isinstance(subject, str) or not subject or not isinstance(login, str) or not login.strip():
        raise CashappError(f"the company's login does not say who this is: {config.login_claim} is missing – see login_claim in cashapp.toml")
    if config.login_claim == "email" and claims.get("email_verified") is not True:
        raise CashappError("the company's login has not verified this mail address")
    told = claims.get(config.role_claim)
    groups = {told} if isinstance(told, str) else {group for group in told if isinstance(group, str)} if isinstance(told, list) else set()
    role = next((role for group, role in config.roles.items() if group in groups), None)
    if role is None:
        raise CashappError(f"{login} has no role at this desk – {config.role_claim} at the company's login decides, with [oidc.roles] in cashapp.toml")
    name = claims.get("name")
    return Person(f"{config.issuer} {subject}", login.strip().lower(), name if isinstance(name, str) else "", role)


def _decoded(content: bytes, shape: type[Shape]) -> Shape:
    try:
        return msgspec.json.decode(content, type=shape)
    except msgspec.DecodeError as error:
        raise CashappError(f"the company's login answers in a way that is not understood: {error}") from error


def _fetched(method: str, address: str, form: dict[str, str] | None = None, headers: dict[str, str] | None = None) -> bytes:
    try:
        with httpx2.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False) as client:
            answer = client.request(method, address, data=form, headers={"Accept": "application/json"} | (headers or {}))
    except httpx2.HTTPError as error:
        raise CashappError(f"the company's login cannot be reached: {error} – log in by password, or try again") from error
    if answer.status_code != 200 or len(answer.content) > _BYTES_MAX:
        raise CashappError(f"the company's login answers {answer.status_code} at {address.partition('?')[0]}")
    return answer.content
