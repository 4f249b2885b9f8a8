#!/usr/bin/env python3
"""Signs people in to the console with Debian's chromium and issuers of OpenID Connect (oidc-provider-mock):
sign_in.py BINARY [PART…]

`story`: pages by group, own keys made and revoked, sessions listed and ended; `ends`: what the issuer ends, and what it cannot; `down`: an
issuer that does not answer. And what an attacker would try: `tampering` with tokens and documents, `replay` of answers, also at another
issuer, `redirects` to other sites. Each is refused by a page that says what helps, and has a record. Without parts all are done, and the
audit trail is read."""
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request

from oidc_provider_mock import User, run_server_in_thread
from playwright.sync_api import sync_playwright
from tampering_issuer import DOCUMENTS, TOKENS, TamperingIssuer

EXAMPLES = pathlib.Path(__file__).parents[2] / "Examples"
faults = []

# What the page and the record of each tampering issuer say.
REFUSALS = {
    "unsigned": 'it is signed by "none"', "hmac": 'it is signed by "HS256"', "other-key": "its signature is not right",
    "other-issuer": 'it was issued by "https://evil.example"', "other-audience": 'it is for "somebody-else"',
    "other-nonce": "it belongs to another sign-in (nonce)", "expired": "it ended 3",
    "inward": "169.254.169.254", "keys-inward": "10.0.0.1", "another": "it is about https://evil.example",
}
PARTS = ("story", "ends", "tampering", "replay", "redirects", "down")


def check(is_right, what, seen=""):
    print("ok:   " if is_right else "WRONG:", what, "" if is_right else f"\n       {seen[:600]}", flush=True)
    if not is_right:
        faults.append(what)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Waybill:
    def __init__(self, binary, folder, issuers):
        self.binary, self.data = binary, os.path.join(folder, "data")
        self.products = {}
        self.made = self.run("init", "--organization", "Acme", "--email", "admin@acme.example")
        sbom = next(iter(sorted((EXAMPLES / "sboms").iterdir())))
        for product in ("Shop", "Bank"):
            made = self.run("import", "sbom", str(sbom), "--org", self.made["orgToken"], "--product", product, "--project", f"{product} Cart")
            self.products[product] = made["projects"][0]["productToken"]
        port = free_port()
        self.address = f"http://localhost:{port}"
        secret = os.path.join(folder, "secret")
        pathlib.Path(secret).write_text("s3cret\n")
        settings = {"address": self.address, "issuers": [
            {"id": name, "name": name, "issuer": url, "client": "waybill", "secretFile": secret, "organizations": ["Acme"],
             "linkByEmail": name == "honest", "mapping": [{"group": "developers", "role": "MEMBER", "product": "Shop"}]}
            for name, url in issuers.items()]}
        self.settings = os.path.join(folder, "issuers.json")
        pathlib.Path(self.settings).write_text(json.dumps(settings))
        self.process = subprocess.Popen(
            [binary, "serve", "--data", self.data, "--listen", f"127.0.0.1:{port}", "--sign-in", self.settings, "--log-level", "error"],
            stdout=subprocess.PIPE, text=True)
        if "listening on" not in self.process.stdout.readline():
            sys.exit("the server did not start")

    def run(self, *words):
        done = subprocess.run([self.binary, *words, "--data", self.data, "--json"], capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{words}: {done.stderr}")
        return json.loads(done.stdout) if done.stdout.lstrip().startswith("{") else done.stdout

    def call(self, key):
        """What the API answers to a key, about the product of the developers."""
        body = {"requestType": "getProductVitals", "userKey": key, "productToken": self.products["Shop"]}
        request = urllib.request.Request(self.address + "/api/v1.4", json.dumps(body).encode(), {"Content-Type": "application/json"})
        return json.load(urllib.request.urlopen(request))

    def send(self, path, **fields):
        """The status of a form, as another server sends it."""
        request = urllib.request.Request(self.address + path, urllib.parse.urlencode(fields).encode())
        try:
            return urllib.request.urlopen(request).status
        except urllib.error.HTTPError as error:
            return error.code

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=60)


class People:
    """Browsers of people, each with cookies of its own."""

    def __init__(self, browser, server):
        self.browser, self.server = browser, server

    def page(self):
        context = self.browser.new_context()
        # The issuer's page wants a style sheet from the world.
        context.route("https://**", lambda route: route.abort())
        return context.new_page()

    def begin(self, issuer, path="/", page=None):
        """A browser that is at an issuer, or was refused on the way there."""
        page = page or self.page()
        page.goto(self.server.address + path)
        page.get_by_role("link", name=f"Sign in with {issuer}", exact=True).click()
        page.wait_for_load_state()
        return page

    def choose(self, page, subject):
        """Signs in at the issuer; the browser is back when this returns."""
        page.get_by_role("button", name=subject, exact=True).first.click()
        page.wait_for_url(lambda url: url.startswith(self.server.address))
        # The page after signing in leads on by itself; one that refuses stays.
        page.wait_for_function("document.querySelector('[role=alert]') || !location.pathname.endsWith('/callback')")
        page.wait_for_load_state()
        return page

    def sign_in(self, issuer, subject, path="/"):
        return self.choose(self.begin(issuer, path), subject)

    def answer(self, page, issuer="mock", **fields):
        """The address that leads a browser back from an issuer where it is."""
        state = urllib.parse.parse_qs(urllib.parse.urlsplit(page.url).query)["state"][0]
        return f"{self.server.address}/console/sign-in/{issuer}/callback?" + urllib.parse.urlencode({**fields, "state": state})

    def is_in(self, page):
        page.goto(self.server.address + "/")
        return page.get_by_label("User key").count() == 0


def text(page):
    return " ".join(page.locator("main").inner_text().split())


# MARK: The way through

def story(people, server):
    page = people.sign_in("mock", "ada")
    seen = page.content()
    check(page.url == server.address + "/" and "ada@example.com" in seen, "a developer is signed in, and the session's cookie came along", text(page))
    check("Shop" in seen and "Bank" not in seen, "the group's product is there, the other is not")
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    check(cookies["waybill"]["httpOnly"] and cookies["waybill"]["sameSite"] == "Strict" and "waybill-sign-in" not in cookies,
          "the cookie of the session is for this server alone, that of the way is gone", str(cookies))
    # The same account again, from a page that was asked for.
    place = page.get_by_role("link", name="Shop", exact=True).first.get_attribute("href")
    again = people.sign_in("mock", "ada", place)
    check(again.url == server.address + place, "signing in leads to the page that was asked for", again.url)
    users = server.run("user", "list", "--org", server.made["orgToken"])["users"]
    check(len([user for user in users if user["email"] == "ada@example.com"]) == 1, "both times it is one account", str(users))
    own_keys(page, server)
    sessions(page, again, people)
    leave(page, people)
    refused = people.sign_in("mock", "eve")
    check("None of your groups at mock may use Waybill. Ask an administrator" in text(refused), "whoever has no group reads why", text(refused))
    # As the issuer sends it (RFC 6749 §4.1.2.1); the mock's own refusal lacks the state.
    denied = people.begin("mock")
    denied.goto(people.answer(denied, error="access_denied", error_description="Not you"))
    check("The issuer refused: access_denied Not you." in text(denied), "whoever is refused at the issuer reads so", text(denied))


def own_keys(page, server):
    page.goto(f"{server.address}/console/organization/{server.made['orgToken']}/keys")
    form = page.locator("form", has=page.get_by_label("Name of the key"))
    form.get_by_label("Name of the key").fill("laptop")
    form.get_by_label("The key ends on").fill("2099-12-31")
    form.get_by_role("button", name="Make a key and show it").click()
    page.wait_for_load_state()
    shown = page.locator("section.secret code")
    check(shown.count() == 1, "a person makes a key of their own, which is shown", text(page))
    key = shown.inner_text() if shown.count() else ""
    check("errorCode" not in server.call(key), "the key opens the API", str(server.call(key)))
    page.goto(f"{server.address}/console/organization/{server.made['orgToken']}/keys")
    row = page.get_by_role("row", name="laptop")
    check("read" in row.inner_text() and "2099-12-31" in row.inner_text() and key not in page.content(),
          "the list has its name, scope and end, never the key", text(page))
    row.get_by_role("button").click()
    page.wait_for_load_state()
    check("errorCode" in server.call(key), "revoked, it opens nothing", str(server.call(key)))


def sessions(page, other, people):
    page.goto(f"{people.server.address}/console/organization/{people.server.made['orgToken']}/sessions")
    check("this one" in text(page), "a person sees their sessions", text(page))
    page.get_by_role("button", name="End").first.click()
    page.wait_for_load_state()
    check(not people.is_in(other) and people.is_in(page), "a person ends another session of theirs")


def leave(page, people):
    page.goto(people.server.address + "/")
    page.locator("details.person summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_load_state()
    way = page.get_by_role("link", name="Sign out of mock, too")
    check(way.count() == 1 and "client_id=waybill" in (way.get_attribute("href") or ""), "signing out shows the way out of the issuer", text(page))
    check(not people.is_in(page), "the session has ended")


# MARK: Ends that others decide

def ends(people, server, mock, honest):
    page = people.sign_in("honest", "bob")
    check(people.is_in(page), "a token that is only signed again is accepted: the others fail by what is changed", text(page))
    forged = TamperingIssuer("honest", mock.server_port).key.sign({})
    check(server.send("/console/sign-in/honest/sign-out", logout_token=forged) == 400 and people.is_in(page),
          "a logout token of somebody else ends nothing")
    status = server.send("/console/sign-in/honest/sign-out", logout_token=honest.logout_token("bob"))
    check(status == 200 and not people.is_in(page), "the issuer ends the session by a logout token", str(status))
    page = people.sign_in("mock", "cid")
    check(people.is_in(page), "somebody else is in", text(page))

    def describe(**groups):
        claims = {"email": "cid@example.com", "email_verified": True, **groups}
        request = urllib.request.Request(
            f"http://localhost:{mock.server_port}/users/cid", json.dumps(claims).encode(), {"Content-Type": "application/json"}, method="PUT")
        urllib.request.urlopen(request)
        return people.sign_in("mock", "cid")

    unsaid = describe()
    check("mock does not say which groups you are in." in text(unsaid) and people.is_in(page), "groups that are not named end nothing", text(unsaid))
    refused = describe(groups=["visitors"])
    check("None of your groups" in text(refused) and not people.is_in(page), "without the group the account is closed, with its sessions", text(refused))
    # The account of the only administrator, who is linked by the address, and whose groups make no administrator.
    root = people.sign_in("honest", "root")
    check("is the last administrator with a key here" in text(root) and not people.is_in(root), "the last administrator is not linked away", text(root))


# MARK: Attacks

def tampering(people, server):
    for name in [name for name in TOKENS if name != "honest"]:
        # Each has a person of its own, who would be let in if the token were accepted.
        page = people.sign_in(name, name)
        refused(page, name)
        check(not people.is_in(page), f"{name}: nobody is signed in")
    for name in DOCUMENTS:
        page = people.begin(name)
        check(page.url.startswith(server.address), f"{name}: the browser never left", page.url)
        refused(page, name)


def refused(page, name):
    seen = text(page)
    helps = "A user key works meanwhile." in seen or "the operator has to look" in seen
    check(REFUSALS[name] in seen and helps, f"{name}: the page says why, and what helps", seen)


def replay(people, server):
    visited = []
    page = people.page()
    page.on("request", lambda request: visited.append(request.url) if "/callback?" in request.url else None)
    people.choose(people.begin("mock", page=page), "ada")
    check(people.is_in(page) and len(visited) == 1, "a sign-in whose answer an attacker has seen", str(visited))
    used = urllib.parse.parse_qs(urllib.parse.urlsplit(visited[0]).query)
    # As it was, in the same browser, and in another.
    for browser in (page, people.page()):
        browser.goto(visited[0])
        check("Nobody asked for this answer here. Sign in again" in text(browser), "an answer that was used is refused", text(browser))
    # The old code with a state of now, an answer of one issuer at another one's address, and one that names another.
    for issuer, fields, words in (
            ("mock", {"code": used["code"][0]}, "The issuer gave no ID token"), ("honest", {"code": "x"}, "Nobody asked for this answer here"),
            ("mock", {"code": "x", "iss": "https://evil.example"}, "comes from another issuer: https://evil.example")):
        page = people.begin("mock")
        page.goto(people.answer(page, issuer, **fields))
        check(words in text(page) and not people.is_in(page), f"refused: {words}", text(page))


def redirects(people, server):
    for target in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/console/../../evil"):
        page = people.page()
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{server.address}/console/sign-in/mock?page={urllib.parse.quote(target, safe='')}")
        people.choose(page, "ada")
        check(page.url == server.address + "/" and not any("evil" in urllib.parse.urlsplit(url).netloc for url in asked),
              f"{target}: signing in leads to no other site", page.url)


def down(people, server):
    page = people.begin("gone")
    check("The issuer cannot be asked" in text(page) and "A user key works meanwhile." in text(page), "an issuer that is down is said to be", text(page))
    page.goto(server.address + "/")
    page.get_by_label("User key").fill(server.made["userKey"])
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_load_state()
    check("admin@acme.example" in page.content(), "a local administrator's key works meanwhile", text(page))
    page.goto(f"{server.address}/console/organization/{server.made['orgToken']}/people")
    check("ada@example.com" in text(page), "the administrator sees the people", text(page))


def trail(server):
    """Each refusal has a record with its reason."""
    lines = subprocess.run(
        [server.binary, "audit", "--event", "REFUSED_SIGN_IN", "--data", server.data, "--limit", "1000"], capture_output=True, text=True).stdout
    records = [json.loads(line) for line in lines.splitlines()]
    for name, words in REFUSALS.items():
        found = [record.get("detail", "") for record in records if record.get("subject") == name]
        check(any(words in detail for detail in found), f"{name}: the audit trail has the refusal", lines)
    details = " ".join(record.get("detail", "") for record in records)
    for words in ("None of your groups", "Nobody asked for this answer", "gave no ID token", "from another issuer", "access_denied", "cannot be asked"):
        check(words in details, f"the audit trail has: {words}", details)


def main():
    parts = sys.argv[2:] or PARTS
    if len(sys.argv) < 2 or not set(parts) <= set(PARTS):
        sys.exit(__doc__)

    def user(name, group):
        return User(sub=name, claims={"email": f"{name}@example.com", "email_verified": True, "name": name.title(), "groups": [group]})

    users = [user("ada", "developers"), user("bob", "developers"), user("cid", "developers"), user("eve", "visitors")]
    users += [user(name, "developers") for name in TOKENS if name != "honest"]
    users.append(User(sub="root", claims={"email": "admin@acme.example", "email_verified": True, "groups": ["developers"]}))
    with tempfile.TemporaryDirectory() as folder, run_server_in_thread(user_claims=users) as mock:
        tampering_issuers = {name: TamperingIssuer(name, mock.server_port) for name in [*TOKENS, *DOCUMENTS]}
        issuers = {name: issuer.url for name, issuer in tampering_issuers.items()}
        issuers |= {"mock": f"http://localhost:{mock.server_port}", "gone": f"http://localhost:{free_port()}"}
        server = Waybill(os.path.abspath(sys.argv[1]), folder, issuers)
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
                people = People(browser, server)
                for part in PARTS:
                    if part == "ends" and part in parts:
                        ends(people, server, mock, tampering_issuers["honest"])
                    elif part in parts:
                        globals()[part](people, server)
                browser.close()
        finally:
            server.stop()
        if set(parts) == set(PARTS):
            trail(server)
    print(f"{len(faults)} wrong" if faults else "all is as it should be")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
