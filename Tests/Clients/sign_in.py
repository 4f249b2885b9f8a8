#!/usr/bin/env python3
"""Signs people in to the console with Debian's chromium and an issuer of OpenID Connect (oidc-provider-mock): sign_in.py BINARY

A developer is let in and sees the one product of their group; whoever has no group reads why; keys work; signing out leads to the issuer."""
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile

from oidc_provider_mock import User, run_server_in_thread
from playwright.sync_api import sync_playwright

EXAMPLES = pathlib.Path(__file__).parents[2] / "Examples"
faults = []


def check(is_right, what):
    print("ok:   " if is_right else "WRONG:", what, flush=True)
    if not is_right:
        faults.append(what)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Waybill:
    def __init__(self, binary, folder, issuer):
        self.binary, self.data = binary, os.path.join(folder, "data")
        self.made = self.run("init", "--organization", "Acme", "--email", "admin@acme.example")
        sbom = next(iter(sorted((EXAMPLES / "sboms").iterdir())))
        for product in ("Shop", "Bank"):
            self.run("import", "sbom", str(sbom), "--org", self.made["orgToken"], "--product", product, "--project", f"{product} Cart")
        port = free_port()
        self.address = f"http://localhost:{port}"
        settings = {"address": self.address, "issuers": [{
            "id": "mock", "name": "Mock", "issuer": issuer, "client": "waybill", "organizations": ["Acme"],
            "mapping": [{"group": "developers", "role": "MEMBER", "product": "Shop"}]}]}
        path = os.path.join(folder, "issuers.json")
        pathlib.Path(path).write_text(json.dumps(settings))
        self.process = subprocess.Popen(
            [binary, "serve", "--data", self.data, "--listen", f"127.0.0.1:{port}", "--sign-in", path, "--log-level", "error"],
            stdout=subprocess.PIPE, text=True)
        if "listening on" not in self.process.stdout.readline():
            sys.exit("the server did not start")

    def run(self, *words):
        done = subprocess.run([self.binary, *words, "--data", self.data, "--json"], capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{words}: {done.stderr}")
        return json.loads(done.stdout) if done.stdout.lstrip().startswith("{") else done.stdout

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=30)


def sign_in(browser, server, subject, path="/"):
    """A browser of its own that has come back from the issuer."""
    page = browser.new_context().new_page()
    page.goto(server.address + path)
    page.get_by_role("link", name="Sign in with Mock").click()
    page.get_by_role("button", name=subject, exact=True).first.click()
    page.wait_for_load_state("networkidle")
    return page


def story(browser, server):
    page = sign_in(browser, server, "ada")
    page.wait_for_url(server.address + "/")
    text = page.content()
    check("ada@example.com" in text, "a developer is signed in, and the session's cookie came along")
    check("Shop" in text and "Bank" not in text, "the group's product is there, the other is not")
    # The same account again, from a page that was asked for.
    place = page.get_by_role("link", name="Shop", exact=True).first.get_attribute("href")
    again = sign_in(browser, server, "ada", place)
    again.wait_for_url(server.address + place)
    check(True, "signing in leads to the page that was asked for")
    page.locator("details.person summary").click()
    page.get_by_role("button", name="Sign out").click()
    check(page.get_by_role("link", name="Sign out of Mock, too").count() == 1, "signing out shows the way out of the issuer")
    page.goto(server.address + "/")
    check(page.get_by_label("User key").count() == 1, "the session has ended")

    refused = sign_in(browser, server, "eve")
    check("None of your groups at Mock may use Waybill." in refused.content(), "whoever has no group reads why")
    refused.goto(server.address + "/console/sign-in/mock/callback?code=x&state=y")
    check("nobody asked" in refused.content().lower(), "an answer that nobody asked for is refused")
    refused.goto(server.address + "/")
    refused.get_by_label("User key").fill(server.made["userKey"])
    refused.get_by_role("button", name="Sign in", exact=True).click()
    check("admin@acme.example" in refused.content(), "a key works beside the issuer")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    people = [
        User(sub="ada", claims={"email": "ada@example.com", "email_verified": True, "name": "Ada", "groups": ["developers"]}),
        User(sub="eve", claims={"email": "eve@example.com", "email_verified": True, "groups": ["visitors"]}),
    ]
    with tempfile.TemporaryDirectory() as folder, run_server_in_thread(user_claims=people) as issuer:
        server = Waybill(os.path.abspath(sys.argv[1]), folder, f"http://localhost:{issuer.server_port}")
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
                story(browser, server)
                browser.close()
        finally:
            server.stop()
        trail = subprocess.run(
            [server.binary, "audit", "--event", "REFUSED_SIGN_IN", "--data", server.data], capture_output=True, text=True)
        check("None of your groups" in trail.stdout, "the audit trail has the refusal")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
