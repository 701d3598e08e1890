"""A small OpenID provider over real HTTP: it logs one person in without asking and checks what the desk sends, PKCE included.

`tamper` changes the claims of the next token, `sign_with` its key or algorithm, so that a test can hand the desk what an attacker would.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "cashapp", "s3cret & more"


@dataclass
class Provider:
    """What it believes, and what it was asked."""

    address: str = ""
    person: dict[str, object] = field(default_factory=lambda: {"sub": "248289", "preferred_username": "Jane.Doe", "name": "Jane Doe", "groups": ["staff", "ar-clerks"]})
    tamper: dict[str, object] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "k1"}, auto_kid=False))
    sign_with: object = None
    header: dict[str, str] = field(default_factory=lambda: {"alg": "RS256", "kid": "k1"})
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    described: dict[str, object] = field(default_factory=dict)

    def description(self) -> dict[str, object]:
        return {"issuer": self.address, "authorization_endpoint": f"{self.address}/authorize", "token_endpoint": f"{self.address}/token",
                "jwks_uri": f"{self.address}/keys", **self.described}

    def code_for(self, asked: dict[str, str]) -> str:
        code = secrets.token_urlsafe(8)
        self.codes[code] = asked
        return code

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, object]]:
        asked = self.codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        pair = f"{CLIENT}:{SECRET.replace(' ', '%20').replace('&', '%26')}"
        if asked is None or challenge != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        if authorization != f"Basic {base64.b64encode(pair.encode()).decode()}":
            return 401, {"error": "invalid_client"}
        now = int(time.time())
        claims = {"iss": self.address, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"], **self.person, **self.tamper}
        claims = {name: value for name, value in claims.items() if value is not None}
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": jwt.encode(self.header, claims, self.sign_with or self.key, algorithms=["RS256", "HS256", "none"])}


@contextmanager
def provider() -> Iterator[Provider]:
    """On a port of its own, in a thread."""
    told = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, asked = urlsplit(self.path).path, {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            if path == "/authorize":
                self.send_response(302)
                self.send_header("Location", f"{asked['redirect_uri']}?{urlencode({'code': told.code_for(asked), 'state': asked['state']})}")
                self.end_headers()
            elif path == "/keys":
                self.answer(200, {"keys": [told.key.as_dict(private=False)]})
            else:
                self.answer(200 if path == "/.well-known/openid-configuration" else 404, told.description())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.answer(*told.token({name: values[0] for name, values in parse_qs(body).items()}, self.headers.get("Authorization", "")))

        def answer(self, status: int, content: dict[str, object]) -> None:
            text = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield told
    server.shutdown()
    server.server_close()
    thread.join()
