#!/usr/bin/env python3
"""Drives the console with Debian's chromium: console.py BINARY FOLDER [--projects N] [PART…]

Parts: `story` (sign in, upload, find, decide, ask, make, download and schedule reports, make a policy, add a person, sign out), and
`administrator`, `member`, `reader` of an organization of N projects, `beginner` of an empty one: each page at three widths, light and
dark. axe finds nothing and nothing is wider than the window. Without parts all are done. Pictures of all pages are left in FOLDER."""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.request

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

EXAMPLES = pathlib.Path(__file__).parents[2] / "Examples"
WIDTHS = (390, 1280, 2560)
PARTS = ("story", "administrator", "member", "reader", "beginner")
PRODUCTS = 20
# Pages about one thing, each found by the first link that leads to one.
ABOUT = ("vulnerability", "library", "licence", "person", "policy")
faults = []


def check(is_right, what):
    if not is_right:
        faults.append(what)
        print("WRONG:", what, flush=True)


class Server:
    """A server with a filled and an empty organization, and people of three roles."""

    def __init__(self, binary, data, projects):
        self.binary, self.data = binary, data
        self.shop = self.waybill("init", "--organization", "Example Shop", "--email", "you@example.org")
        self.empty = self.waybill("init", "--organization", "Empty", "--email", "new@example.org")
        org = self.shop["orgToken"]
        self.made = self.waybill("import", "sbom", *sorted((EXAMPLES / "sboms").iterdir()), "--org", org, "--product", "Shop")
        self.fill(org, projects)
        self.waybill("import", "advisories", EXAMPLES / "advisories")
        self.waybill("import", "vex", *sorted((EXAMPLES / "vex").iterdir()), "--org", org, "--project", self.made["projects"][0]["projectToken"])
        words = [binary, "serve", "--listen", "127.0.0.1:0", "--data", data, "--log-level", "error"]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().split()[-1]
        self.keys = {"administrator": self.shop["userKey"], "member": self.person("member", "MEMBER"),
                     "reader": self.person("reader", "READ_ONLY")}
        licences = {"type": "LICENSE", "licenses": [{"name": "GPL-3.0-only"}]}
        self.call("addOrganizationPolicy", policy={"name": "No GPL", "filter": licences, "action": {"type": "REJECT"}})

    def fill(self, org, projects):
        """Imports so many projects more, each with what the first example has."""
        document = json.loads((EXAMPLES / "sboms" / "cart.cdx.json").read_text())
        for product in range(PRODUCTS):
            numbers = range(product, projects, PRODUCTS)
            with tempfile.TemporaryDirectory() as folder:
                for number in numbers:
                    document["metadata"]["component"]["name"] = f"Service {number + 1}"
                    (pathlib.Path(folder) / f"{number}.cdx.json").write_text(json.dumps(document))
                if numbers:
                    self.waybill("import", "sbom", folder, "--org", org, "--product", f"Division {product + 1}")

    def waybill(self, *words):
        done = subprocess.run([self.binary, *map(str, words), "--data", self.data, "--json"], capture_output=True, text=True)
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
        """The addresses of the pages of an organization that need no name of a thing."""
        root = f"/console/organization/{organization['orgToken']}"
        pages = ["", "/vulnerabilities", "/alerts", "/alerts?state=all", "/reports", "/report", "/report?reportType=OrgAlertsReport",
                 "/imports", "/policies", "/policy?kind=vulnerability", "/policy?kind=families", "/changes", "/knowledge", "/people",
                 "/settings", "/audit", "/sessions", "/keys", "/notices", "/search", "/search?q=pad", "/search?q=nothing+has+this+name",
                 "/search?q=pad&severity=wrong", "/changes?fromDate=2001-01-01&toDate=2001-01-02"]
        found = [(word(f"organization{page}"), root + page) for page in pages]
        if organization is self.shop:
            product, project = self.made["projects"][0]["productToken"], self.made["projects"][0]["projectToken"]
            for page in ("", "/vulnerabilities", "/alerts", "/reports", "/imports", "/policies"):
                found.append((word(f"product{page}"), f"/console/product/{product}{page}"))
            for page in ("", "/vulnerabilities", "/libraries", "/licences", "/alerts", "/paths", "/files", "/reports", "/imports",
                         "/history", "/policies", "/report?reportType=ProjectDiffReport"):
                found.append((word(f"project{page}"), f"/console/project/{project}{page}"))
        return found + [("api", "/api"), ("nothing", "/nothing")]


def word(address):
    """An address as a part of a file's name."""
    return re.sub(r"[^A-Za-z0-9]+", "-", address)


def sign_in(page, server, key):
    page.goto(server.address)
    page.fill("input[name=userKey]", key)
    page.click("button")
    page.wait_for_load_state()


def judge(page, title, picture=None):
    """What axe finds at each width, in the light and in the dark, and whether the page is as wide as the window."""
    page.evaluate(Axe().axe_script)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("light", "dark"):
            # Without transitions, in the midst of which axe would see the colours.
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            # In the dark nothing but the colours differs.
            rules = ', runOnly: ["color-contrast"]' if scheme == "dark" else ""
            found = page.evaluate(f'axe.run(document, {{resultTypes: ["violations"]{rules}}})')
            for violation in found["violations"]:
                nodes = "; ".join(node["html"][:160] for node in violation["nodes"][:3])
                check(False, f"{title} {width} {scheme}: {violation['id']} ({violation['help']}): {nodes}")
            if picture:
                page.screenshot(path=f"{picture}-{width}-{scheme}.png", full_page=True)
        check(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{title} {width}: wider than the window")


def look_at_all(browser, server, role, folder):
    organization = server.empty if role == "beginner" else server.shop
    key = server.empty["userKey"] if role == "beginner" else server.keys[role]
    # axe is a script, which the pages do not allow.
    page = browser.new_context(bypass_csp=True).new_page()
    page.goto(server.address)
    judge(page, f"{role} entrance")
    sign_in(page, server, key)
    places, about = server.places(organization), {}
    while places:
        name, address = places.pop(0)
        said = page.goto(server.address + address)
        title = f"{role} {name}"
        if said.status == 403 and role in ("member", "reader"):
            continue
        check(said.status == (404 if name == "nothing" else 200), f"{title}: HTTP {said.status}")
        check("<script" not in said.text(), f"{title}: a script")
        judge(page, title, folder / f"{role}-{name}" if role in ("administrator", "beginner") else None)
        for kind in ABOUT:
            link = re.search(rf'href="(/console/[a-z]+/[^"/]+/{kind}/[^"]+)"', said.text())
            if link and kind not in about:
                about[kind] = True
                places.append((kind, link.group(1)))
    if role == "administrator":
        check(set(about) == set(ABOUT), f"{role}: pages about {sorted(set(ABOUT) - set(about))} were not found")
    page.context.close()
    print(role, "seen", flush=True)


def wait_for(page, selector):
    """Loads a page again until something is there."""
    for _ in range(60):
        if page.locator(selector).count():
            return True
        time.sleep(1)
        page.reload()
    return False


def story(browser, server):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    page = context.new_page()
    refused = []
    page.on("console", lambda message: refused.append(message.text) if "Content Security" in message.text else None)
    sign_in(page, server, server.shop["userKey"])
    upload_and_decide(page)
    ask_and_report(page)
    make_a_policy(page)
    key = add_a_person(page)
    check(not refused, f"story: the browser refused {refused[:1]}")
    page.click("details.person summary")
    page.click("text=Sign out")
    check(page.locator("input[name=userKey]").count() == 1, "story: signed out")
    page.go_back()
    page.reload()
    check(page.locator("input[name=userKey]").count() == 1, "story: nothing is seen after signing out")
    sign_in(page, server, key)
    check(page.locator("h1").inner_text() == "Example Shop", "story: the added person sees the organization")
    context.close()
    print("story told", flush=True)


def upload_and_decide(page):
    page.click("header nav >> text=Imports")
    page.select_option("#field-product-bom", label="Shop")
    page.fill("#field-project-bom", "Uploaded")
    page.set_input_files("#field-file-bom", str(EXAMPLES / "sboms" / "cart.cdx.json"))
    page.click("section:has(h2:text('Upload an SBOM')) button")
    check(wait_for(page, "tbody tr:first-child >> text=done"), "story: the upload is done")

    page.click("tbody a:text-is('Uploaded')")
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
    check(boxes.count() == count - 1, "story: one alert less is open")
    page.reload()
    check(boxes.count() == count - 1, "story: loading again decides nothing")


def ask_and_report(page):
    page.fill("header input[name=q]", "MADE-2026-0001")
    page.press("header input[name=q]", "Enter")
    # Thousands of projects may have it: the first page shows fifty.
    page.fill("#field-project", "Uploaded")
    page.click("text=Show")
    check(page.locator("td a:text-is('Uploaded')").count() > 0, "story: the search finds the upload")
    with page.expect_download() as download:
        page.click("p.export a:text-is('CSV')")
    answer = pathlib.Path(download.value.path()).read_text()
    check("Uploaded" in answer and answer.startswith("product,project,"), "story: the answer is exported")
    page.fill("#field-project", "nothing has this name")
    page.click("text=Show")
    check(page.locator("td a").count() == 0, "story: the search is filtered by project")
    page.go_back()
    page.click("td a:text-is('Uploaded')")
    page.click("nav.tabs >> text=Vulnerabilities")
    page.select_option("select[name=severity]", "high")
    page.click("text=Show")
    page.click("text=Export: these alerts")
    check(page.input_value("select[name=filter-severity]") == "high", "story: the export has the filter of the list")
    page.select_option("select[name=format]", "json")
    page.click("main form button:text('Make the report')")
    check(wait_for(page, "a:text-is('Download')"), "story: the report is made")
    with page.expect_download() as download:
        page.click("a:text-is('Download')")
    check(download.value.suggested_filename.endswith(".zip"), "story: the report is a ZIP")

    page.click("ul.cards a:text-is('Inventory')")
    page.fill("#field-cron", "61 * * * *")
    page.click("main form button:text('Make the report')")
    check(page.locator("#wrong-cron").count() == 1, "story: a wrong time is said beside its field")
    page.fill("#field-cron", "30 6 * * MON")
    page.click("main form button:text('Make the report')")
    check(page.locator("td:text-is('30 6 * * MON')").count() == 1, "story: the schedule is listed")
    page.click("section:has(h2:text('Made again and again')) button:text('End')")
    check(page.locator("td:text-is('30 6 * * MON')").count() == 0, "story: the schedule is ended")


def make_a_policy(page):
    page.click("header nav >> text=Policies")
    page.click("ul.cards a:text-is('Vulnerabilities')")
    page.fill("input[name='policy.name']", "Nothing critical")
    page.fill("input[name='policy.filter.minScore']", "12")
    page.click("main form button:text('Save')")
    check(page.locator("p.wrong").count() == 1, "story: a wrong score is said beside its field")
    page.fill("input[name='policy.filter.minScore']", "9")
    page.dblclick("main form button:text('Save')")
    page.wait_for_selector("th a:text-is('Nothing critical')")
    check(page.locator("th a:text-is('Nothing critical')").count() == 1, "story: a double click makes one policy")
    page.reload()
    check(page.locator("th a:text-is('Nothing critical')").count() == 1, "story: loading again makes no second policy")
    page.click("button[aria-label='Remove Nothing critical']")
    check(page.locator("th a:text-is('Nothing critical')").count() == 0, "story: the policy is removed")


def add_a_person(page):
    page.click("header nav >> text=People")
    page.fill("input[name='addedUser.email']", "ada@example.org")
    page.select_option("#field-person-role", "MEMBER")
    page.click("main form button:text('Add and show the key')")
    key = page.locator(".secret code").inner_text()
    check(re.fullmatch("[0-9a-f]{64}", key) is not None, "story: the key of the new person is shown")
    # The same form within three seconds is a double click.
    time.sleep(4)
    page.reload()
    check(page.locator(".secret").count() == 0, "story: the key is shown once")
    check(page.locator("th a:text-is('ada@example.org')").count() == 1, "story: loading again adds nobody")
    page.click("header nav >> text=People")
    page.click("th a:text-is('ada@example.org')")
    check("member" in page.locator("dl.facts").inner_text(), "story: the person has the role")
    page.click("header nav >> text=People")
    page.fill("#field-service-name", "Build server")
    page.dblclick("section:has(h2:text('Add a service')) button")
    page.wait_for_selector(".secret code")
    page.click("header nav >> text=People")
    check(page.locator("td:text-is('Build server')").count() == 1, "story: a double click adds one service")
    return key


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--projects", type=int, default=0)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=[])
    wanted = parser.parse_intermixed_args()
    wanted.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        server = Server(wanted.binary, data, wanted.projects)
        try:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            for part in wanted.parts or PARTS:
                if part == "story":
                    story(browser, server)
                else:
                    look_at_all(browser, server, part, wanted.folder)
            browser.close()
        finally:
            server.process.terminate()
            server.process.wait()
    print(f"{len(faults)} wrong" if faults else f"nothing wrong; pictures in {wanted.folder}")
    sys.exit(1 if faults else 0)


main()
