#!/usr/bin/env python3
"""Drives the console with Debian's chromium: console.py BINARY FOLDER

Each page, for a filled and an empty organization, as administrator, member and reader, at three widths, light and dark: axe finds
nothing, nothing is wider than the window. Then a whole story: sign in, upload, find, decide, make and download a report, sign out.
Pictures of all pages are left in FOLDER."""
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.request

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

BINARY, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2])
EXAMPLES = pathlib.Path(__file__).parents[2] / "Examples"
WIDTHS = (390, 1280, 2560)
SCHEMES = ("light", "dark")
faults = []


def check(is_right, what):
    if not is_right:
        faults.append(what)
        print("WRONG:", what, flush=True)


class Server:
    """A server with a filled and an empty organization, and people of three roles."""

    def __init__(self, data):
        self.data = data
        self.shop = self.waybill("init", "--organization", "Example Shop", "--email", "you@example.org")
        self.empty = self.waybill("init", "--organization", "Empty", "--email", "new@example.org")
        org = self.shop["orgToken"]
        self.made = self.waybill("import", "sbom", *sorted((EXAMPLES / "sboms").iterdir()), "--org", org, "--product", "Shop")
        self.waybill("import", "advisories", EXAMPLES / "advisories")
        self.waybill("import", "vex", *sorted((EXAMPLES / "vex").iterdir()), "--org", org)
        words = [BINARY, "serve", "--listen", "127.0.0.1:0", "--data", data, "--log-level", "error"]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().split()[-1]
        self.keys = {"administrator": self.shop["userKey"], "member": self.person("member", "MEMBER"),
                     "reader": self.person("reader", "READ_ONLY")}

    def waybill(self, *words):
        done = subprocess.run([BINARY, *map(str, words), "--data", self.data, "--json"], capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"waybill {words[0]}: {done.stderr}")
        return json.loads(done.stdout)

    def call(self, request, **fields):
        body = {"requestType": request, "userKey": self.shop["userKey"], "orgToken": self.shop["orgToken"], **fields}
        question = urllib.request.Request(self.address + "/api/v1.4", json.dumps(body).encode(), {"Content-Type": "application/json"})
        answer = json.load(urllib.request.urlopen(question))
        if "errorCode" in answer:
            sys.exit(f"{request}: {answer}")
        return answer

    def person(self, name, role):
        email = f"{name}@example.org"
        return self.call("createUser", addedUser={"name": name, "email": email}, role=role)["userToken"]

    def places(self, organization):
        """The addresses of all pages of an organization."""
        root = f"/console/organization/{organization['orgToken']}"
        pages = ["", "/vulnerabilities", "/alerts", "/reports", "/report", "/imports", "/changes", "/knowledge", "/people", "/audit",
                 "/sessions", "/keys", "/notices", "/search", "/search?q=log4j"]
        found = [(f"organization{page.replace('/', '-').replace('?', '-')}", root + page) for page in pages]
        if organization is self.shop:
            product, project = self.made["projects"][0]["productToken"], self.made["projects"][0]["projectToken"]
            for page in ("", "/vulnerabilities", "/alerts", "/reports", "/imports"):
                found.append((f"product{page.replace('/', '-')}", f"/console/product/{product}{page}"))
            for page in ("", "/vulnerabilities", "/libraries", "/licences", "/alerts", "/reports", "/imports", "/history"):
                found.append((f"project{page.replace('/', '-')}", f"/console/project/{project}{page}"))
        return found + [("api", "/api")]


def sign_in(page, server, key):
    page.goto(server.address)
    page.fill("input[name=userKey]", key)
    page.click("button")
    page.wait_for_load_state()


def judge(page, name, axe):
    """What axe finds, and whether the page is as wide as the window."""
    for violation in axe.run(page).response["violations"]:
        nodes = "; ".join(node["html"][:120] for node in violation["nodes"][:3])
        check(False, f"{name}: {violation['id']} ({violation['help']}): {nodes}")
    check(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{name}: wider than the window")


def look_at_all(browser, server):
    axe = Axe()
    for role, key, organization in [(role, key, server.shop) for role, key in server.keys.items()] + [
            ("beginner", server.empty["userKey"], server.empty)]:
        for width in WIDTHS:
            for scheme in SCHEMES:
                # axe is a script, which the pages do not allow.
                context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
                page = context.new_page()
                page.goto(server.address)
                judge(page, f"entrance {width} {scheme}", axe)
                sign_in(page, server, key)
                for name, address in server.places(organization):
                    said = page.goto(server.address + address)
                    title = f"{role} {name} {width} {scheme}"
                    if said.status == 403 and role in ("member", "reader"):
                        continue
                    check(said.status == 200, f"{title}: HTTP {said.status}")
                    judge(page, title, axe)
                    if role in ("administrator", "beginner"):
                        page.screenshot(path=FOLDER / f"{role}-{name}-{width}-{scheme}.png", full_page=True)
                context.close()
        print(role, "seen", flush=True)


def story(browser, server):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    page = context.new_page()
    refused = []
    page.on("console", lambda message: refused.append(message.text) if "Content Security" in message.text else None)
    sign_in(page, server, server.shop["userKey"])

    page.click("header nav >> text=Imports")
    page.fill("#field-project-bom", "Uploaded")
    page.set_input_files("#field-file-bom", str(EXAMPLES / "sboms" / "cart.cdx.json"))
    page.click("section:has(h2:text('Upload an SBOM')) button")
    for _ in range(60):
        if page.locator("tbody tr:first-child >> text=done").count():
            break
        time.sleep(1)
        page.reload()
    check(page.locator("tbody tr:first-child >> text=done").count() > 0, "story: the upload is done")

    page.fill("header input[name=q]", "Uploaded")
    page.press("header input[name=q]", "Enter")
    page.click("td a:text-is('Uploaded')")
    page.click("nav.tabs >> text=Alerts")
    boxes = page.locator("input[type=checkbox]")
    count = boxes.count()
    check(count > 0, "story: alerts are found")
    boxes.first.check()
    page.click("text=Decide about the chosen")
    check("1 alert chosen" in page.content(), "story: the decision shows what it covers")
    page.fill("#field-expires", "2001-01-01")
    page.fill("#field-comments", "kept <b>words</b>")
    page.click("main form button:text('Decide')")
    check(page.locator("#wrong-expires").count() == 1, "story: a wrong day is said beside its field")
    check(page.input_value("#field-comments") == "kept <b>words</b>", "story: what was typed is kept")
    page.fill("#field-expires", "")
    page.click("main form button:text('Decide')")
    page.wait_for_load_state()
    check(page.locator("input[type=checkbox]").count() == count - 1, "story: one alert less is open")

    page.click("nav.tabs >> text=Reports")
    page.click("ul.cards a:text-is('Vulnerabilities')")
    page.select_option("select[name=format]", "json")
    page.click("main form button:text('Make the report')")
    for _ in range(60):
        if page.locator("a:text-is('Download')").count():
            break
        time.sleep(1)
        page.reload()
    with page.expect_download() as download:
        page.click("a:text-is('Download')")
    check(download.value.suggested_filename.endswith(".zip"), "story: the report is a ZIP")

    page.click("details.person summary")
    page.click("text=Sign out")
    check(page.locator("input[name=userKey]").count() == 1, "story: signed out")
    check(not refused, f"story: the browser refused {refused[:1]}")
    context.close()


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        server = Server(data)
        try:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            story(browser, server)
            look_at_all(browser, server)
            browser.close()
        finally:
            server.process.terminate()
            server.process.wait()
    print(f"{len(faults)} wrong" if faults else f"nothing wrong; pictures in {FOLDER}")
    sys.exit(1 if faults else 0)


main()
