"""Issuers of OpenID Connect that answer as an attacker would have it: each stands before oidc-provider-mock, passes requests on, and signs
ID tokens again with a key of its own, changed in one way."""
import base64
import hashlib
import hmac
import http.client
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa


def part(data):
    """Base64 as in a token (RFC 7515, appendix C)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def words(thing):
    return part(json.dumps(thing).encode())


def claims_of(token):
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


class Key:
    """A key that signs by RS256."""

    def __init__(self):
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def set(self):
        numbers = self.private.public_key().public_numbers()
        long = lambda number: part(number.to_bytes((number.bit_length() + 7) // 8, "big"))
        return {"keys": [{"kty": "RSA", "kid": "1", "use": "sig", "alg": "RS256", "n": long(numbers.n), "e": long(numbers.e)}]}

    def pem(self):
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def sign(self, claims, **head):
        text = words({"alg": "RS256", "kid": "1", **head}) + "." + words(claims)
        return text + "." + part(self.private.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))


def unsigned(claims, key):
    return words({"alg": "none"}) + "." + words(claims) + "."


def hmac_with_public_key(claims, key):
    text = words({"alg": "HS256", "kid": "1"}) + "." + words(claims)
    return text + "." + part(hmac.new(key.pem(), text.encode(), hashlib.sha256).digest())


def changed(**changes):
    return lambda claims, key: key.sign({**claims, **changes})


# How each issuer changes a token; None where it only signs it.
TOKENS = {
    "honest": None,
    "unsigned": unsigned,
    "hmac": hmac_with_public_key,
    "other-key": lambda claims, key: Key().sign(claims),
    "other-issuer": changed(iss="https://evil.example"),
    "other-audience": changed(aud="somebody-else"),
    "other-nonce": changed(nonce="0" * 64),
    "expired": changed(iat=int(time.time()) - 7200, exp=int(time.time()) - 3600),
}
# How each changes the discovery document.
DOCUMENTS = {
    "inward": {"token_endpoint": "http://169.254.169.254/latest/meta-data"},
    "keys-inward": {"jwks_uri": "https://10.0.0.1/keys"},
    "another": {"issuer": "https://evil.example"},
}


class TamperingIssuer:
    def __init__(self, name, behind):
        self.name, self.behind, self.key = name, behind, Key()
        self.tamper = TOKENS.get(name)
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.answer(self)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://localhost:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, request):
        length = int(request.headers.get("Content-Length", 0))
        connection = http.client.HTTPConnection("127.0.0.1", self.behind, timeout=20)
        # With the address of this issuer, which the one behind takes for its own.
        headers = {name: value for name, value in request.headers.items() if name.lower() not in ("connection", "accept-encoding")}
        connection.request(request.command, request.path, request.rfile.read(length), headers)
        response = connection.getresponse()
        body = self.change(request.path, response.read()) if response.status == 200 else response.read()
        request.send_response(response.status)
        for name, value in response.getheaders():
            if name.lower() not in ("content-length", "transfer-encoding", "connection", "date", "server"):
                request.send_header(name, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)
        connection.close()

    def change(self, path, body):
        if path.endswith("/openid-configuration"):
            return json.dumps({**json.loads(body), **DOCUMENTS.get(self.name, {})}).encode()
        if "jwks" in path:
            return json.dumps(self.key.set()).encode()
        if not path.endswith("/token"):
            return body
        answer = json.loads(body)
        claims = claims_of(answer["id_token"])
        answer["id_token"] = self.tamper(claims, self.key) if self.tamper else self.key.sign(claims)
        return json.dumps(answer).encode()

    def logout_token(self, subject):
        """What ends the sessions of a person (OpenID Connect Back-Channel Logout 1.0 §2.4)."""
        now = int(time.time())
        return self.key.sign({
            "iss": self.url, "aud": "waybill", "sub": subject, "iat": now, "exp": now + 120, "jti": str(time.time_ns()),
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}}}, typ="logout+jwt")
