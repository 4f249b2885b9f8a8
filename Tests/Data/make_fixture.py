#!/usr/bin/env python3
"""Makes a fixture of the schema that a built Waybill has: `make_fixture.py WAYBILL FOLDER` (`make schema-fixture`).

FOLDER gets a folder `schema-N`, where N is the number of the newest step of the schema, with
    data.tar.gz        a data directory (SQLite) after use: every kind of content, a finished report, an upload that waits
    backup.gz          a backup of it, with artifacts
    postgresql.sql.gz  the same contents as a plain dump of PostgreSQL
    reports/           reports that this Waybill made of it, unpacked; they are never changed
    fixture.json       tokens, the administrator's key (made up, like all contents) and the list of the reports

Only Python's library is used, and PostgreSQL 15 from Debian.
"""
import base64
import contextlib
import gzip
import http.client
import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import urllib.parse
import zipfile
from pathlib import Path

POSTGRESQL = "/usr/lib/postgresql/15/bin"
HIGH = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
LOW = "CVSS:3.1/AV:L/AC:H/PR:L/UI:N/S:U/C:N/I:N/A:L"

# What `waybill update` reads, as a mirror has it.
MIRROR = {
    "kev/known_exploited_vulnerabilities.json":
        '{"dateReleased":"2026-03-01T10:00:00Z","vulnerabilities":[{"cveID":"CVE-2026-0001","dateAdded":"2026-02-03"}]}',
    "epss/epss_scores-current.csv.gz":
        "#model_version:v1,score_date:2026-03-01T00:00:00Z\ncve,epss,percentile\nCVE-2026-0001,0.5,0.9\n",
    "eol/nginx.json":
        '{"result":{"name":"nginx","identifiers":[{"id":"pkg:docker/library/nginx","type":"purl"}],'
        '"releases":[{"name":"1.27","releaseDate":"2024-05-29","isEol":true,"eolFrom":"2025-04-23"}]}}',
}


# MARK: Documents

def component(ref, purl, licenses, **more):
    kind, rest = purl.removeprefix("pkg:").split("/", 1)
    path, version = rest.rsplit("@", 1)
    names = urllib.parse.unquote(path).split("/")
    made = {"type": "library", "bom-ref": ref, "name": names[-1], "version": version.split("?")[0], "purl": purl,
            "licenses": licenses, **more}
    if len(names) > 1:
        made["group"] = "/".join(names[:-1])
    return made


def license(name):
    return {"license": {"id": name}}


def sha1(digit):
    return [{"alg": "SHA-1", "content": digit * 40}]


PAD = component("pad", "pkg:npm/left-pad@1.3.0", [license("MIT")], hashes=sha1("a"), copyright="Copyright 2018 A. Writer",
                supplier={"name": "Padders"}, description="Pads on the left.")
PARSER = component("parser", "pkg:maven/org.example/parser@2.4.1?type=jar", [{"expression": "Apache-2.0 OR GPL-2.0-only"}],
                   hashes=sha1("b"), externalReferences=[{"type": "website", "url": "https://parser.example.org/"}],
                   evidence={"occurrences": [{"location": "lib/parser.jar"}, {"location": "old/parser.jar"}]})
OLD_PARSER = component("old-parser", "pkg:maven/org.example/parser@1.9", [license("GPL-2.0-only")])
HOUSE = component("house", "pkg:maven/com.acme.house/tools@7", [{"license": {"name": "Acme House License"}}])
GEM = component("gem", "pkg:gem/sinatra@2.0.1", [license("MIT"), license("BSD-3-Clause")])
GO = component("go", "pkg:golang/github.com/example/router@v1.2.3", [license("GPL-3.0-only")])
DEB = component("deb", "pkg:deb/debian/openssl@3.0.15-1~deb12u1?arch=amd64&distro=debian-12", [license("OpenSSL")])
SCOPED = component("scoped", "pkg:npm/%40acme/cart@0.1.0", [])
BARE = {"type": "library", "bom-ref": "bare", "name": "Bare \u00c4\u03a9\u4e2d \U0001F4E6 & <name>", "version": "1"}


def cyclonedx(name, components, **more):
    tree = [{"ref": "root", "dependsOn": [components[0]["bom-ref"]]},
            {"ref": components[0]["bom-ref"], "dependsOn": [one["bom-ref"] for one in components[1:]]}]
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
            "serialNumber": "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
            "metadata": {"timestamp": "2026-01-02T03:04:05Z", "component":
                         {"type": "application", "bom-ref": "root", "name": name, "version": "1.0"}},
            "components": components, "dependencies": tree, **more}


STATEMENTS = {"vulnerabilities": [
    {"id": "CVE-2026-1001", "analysis": {"state": "not_affected", "justification": "code_not_reachable", "detail": "never called"},
     "affects": [{"ref": "parser"}]},
    {"id": "CVE-2026-1002", "analysis": {"state": "exploitable"}, "affects": [{"ref": "pad"}]},
    {"id": "CVE-2020-9999", "description": "Known to this document alone.", "affects": [{"ref": "house"}]}]}


def spdx(name, packages, files):
    def ident(text):
        return "SPDXRef-" + text
    found = [{"SPDXID": ident("root"), "name": name, "versionInfo": "2.0", "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
              "licenseConcluded": "NOASSERTION", "licenseDeclared": "NOASSERTION", "copyrightText": "NOASSERTION"}]
    for ref, purl, declared in packages:
        bare, version = purl.split("?")[0].rsplit("@", 1)
        found.append({
            "SPDXID": ident(ref), "name": bare.rsplit("/", 1)[1], "versionInfo": version, "downloadLocation": "https://example.org/x.tgz",
            "filesAnalyzed": False, "licenseConcluded": "NOASSERTION", "licenseDeclared": declared,
            "copyrightText": "Copyright 2019 B. Writer", "supplier": "Organization: Example", "externalRefs": [
                {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}]})
    relations = [{"spdxElementId": "SPDXRef-DOCUMENT", "relatedSpdxElement": ident("root"), "relationshipType": "DESCRIBES"}]
    relations += [{"spdxElementId": ident("root"), "relatedSpdxElement": ident(ref), "relationshipType": "DEPENDS_ON"}
                  for ref, _, _ in packages]
    relations += [{"spdxElementId": ident(packages[0][0]), "relatedSpdxElement": ident(f"file{number}"),
                   "relationshipType": "CONTAINS"} for number in range(len(files))]
    return {"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": name,
            "documentNamespace": f"https://example.org/spdx/{name}", "packages": found, "relationships": relations,
            "creationInfo": {"created": "2026-01-02T03:04:05Z", "creators": ["Tool: made-up"]},
            "hasExtractedLicensingInfos": [
                {"licenseId": "LicenseRef-own", "name": "Own License", "extractedText": "Do as you like."}],
            "files": [{"SPDXID": ident(f"file{number}"), "fileName": path, "licenseConcluded": "MIT",
                       "licenseInfoInFiles": ["MIT"], "copyrightText": "NOASSERTION",
                       "checksums": [{"algorithm": "SHA1", "checksumValue": digit * 40}]}
                      for number, (path, digit) in enumerate(files)]}


def advisory(name, alias, package, fixed, vector, **more):
    ecosystem, package = package.split("/", 1)
    kind = "SEMVER" if ecosystem == "npm" else "ECOSYSTEM"
    return {"id": name, "aliases": [alias], "modified": "2026-02-01T00:00:00Z", "published": "2026-01-10T00:00:00Z",
            "summary": f"Flaw in {package}", "details": f"{package} before {fixed} is flawed.\n\nUpdate it.",
            "severity": [{"type": "CVSS_V3", "score": vector}],
            "affected": [{"package": {"ecosystem": ecosystem, "name": package},
                          "ranges": [{"type": kind, "events": [{"introduced": "0"}, {"fixed": fixed}]}]}],
            "references": [{"type": "WEB", "url": f"https://example.org/{name}"}],
            "database_specific": {"cwe_ids": ["CWE-79"]}, **more}


ADVISORIES = [
    advisory("GHSA-aaaa-bbbb-cc01", "CVE-2026-1001", "Maven/org.example:parser", "2.4.2", HIGH),
    advisory("GHSA-aaaa-bbbb-cc02", "CVE-2026-1002", "npm/left-pad", "1.3.1", HIGH),
    advisory("GHSA-aaaa-bbbb-cc03", "CVE-2026-1003", "RubyGems/sinatra", "2.2.0", LOW),
    advisory("GHSA-aaaa-bbbb-cc04", "CVE-2026-1004", "Go/github.com/example/router", "1.3.0", HIGH),
    advisory("DSA-9999-1", "CVE-2026-1005", "Debian:12/openssl", "3.0.15-1~deb12u2", LOW),
    advisory("GHSA-aaaa-bbbb-cc06", "CVE-2026-1006", "npm/left-pad", "1.3.2", LOW, withdrawn="2026-02-01T00:00:00Z"),
]
VERSIONS = [
    {"purl": "pkg:npm/left-pad", "versions": [
        {"version": "1.3.0", "publishedAt": "2018-04-09T00:00:00Z"}, {"version": "1.3.1", "publishedAt": "2026-01-20T00:00:00Z"},
        {"version": "2.0.0", "publishedAt": "2026-02-20T00:00:00Z"}]},
    {"purl": "pkg:maven/org.example/parser", "versions": [
        {"version": "2.4.1", "publishedAt": "2020-01-01T00:00:00Z"}, {"version": "2.5", "publishedAt": "2025-01-01T00:00:00Z"}]},
]
PODS = {"apiVersion": "v1", "kind": "List", "items": [
    {"kind": "Pod", "metadata": {"name": "web-1", "namespace": "shop"},
     "spec": {"containers": [{"name": "web", "image": "registry.example.org/web:2.1"}]},
     "status": {"phase": "Running", "containerStatuses": [{"name": "web", "image": "x", "imageID": "web@sha256:" + "c" * 64}]}}]}
POLICIES = [
    ("organization", "No GPL 3", {"type": "LICENSE", "licenses": [{"name": "GPL-3.0-only"}]}, "REJECT"),
    ("organization", "Permissive", {"type": "LICENSE_GROUP", "licenseGroups": ["Permissive"]}, "APPROVE"),
    ("organization", "Scores", {"type": "VULNERABILITY_SCORE", "minScore": 9}, "ALERT"),
    ("organization", "Tickets", {"type": "VULNERABILITY_SEVERITY", "severities": ["HIGH", "CRITICAL"]}, "CREATE_ISSUE"),
    ("organization", "Old", {"type": "LIBRARY_AGE", "days": 1500}, "ALERT"),
    ("product", "Own", {"type": "IN_HOUSE"}, "APPROVE"),
    ("product", "Somebody else's", {"type": "HELD_BY_SOMEBODY"}, "REASSIGN"),
    ("product", "Names", {"type": "RESOURCE_NAME", "pattern": "*pars?r*"}, "REJECT"),
    ("project", "Also here", {"type": "LIBRARY_COORDINATES", "pattern": "com.acme.house:*"}, "APPROVE"),
]
# What is kept: the type, the scope, the format and filters.
REPORTS = [(kind, scope, form, filters) for kind, scope, form, filters in (
    [(name, "organization", "json", {}) for name in (
        "OrgInventoryReport", "OrgLicensesReport", "OrgVulnerabilityReport", "OrgAlertsReport", "OrgIgnoreAlertsReport",
        "OrgResolvedAlertsReport", "OrgSecurityAlertsReport", "OrgLibrarySecurityAlertsReport", "OrgEarlyWarningsReport",
        "OrgEarlyWarningsAlertReport", "OrgLicenseAndComplianceAlertReport", "OrgHistoryReport", "OrgMembersReport",
        "OrgAttributesReport", "OrgEffectiveLicensesReport", "OrgEffectiveUsageAnalysisReport", "OrgInHouseReport",
        "OrgBugsReport", "OrgLibraryLocationReport", "OrgSourceFileInventoryReport", "OrgClusterInventoryReport",
        "OrgContainerVulnerabilityReport", "PluginRequestHistoryReport", "PluginPolicyViolationReport", "ChangeLogReport")]
    + [("OrgInventoryReport", "rival", "json", {}), ("ProductInventoryReport", "product", "csv", {}),
       ("ProductLicenseCompatibilityReport", "product", "json", {}), ("ProductAttributionReport", "product", "txt", {}),
       ("ProjectInventoryReport", "project", "xml", {}), ("ProjectVulnerabilityReport", "project", "csv", {}),
       ("ProjectSBOMReport", "project", "json", {"standard": "CycloneDX", "version": "1.6", "maxDepthLevel": "9"}),
       ("ProjectSBOMReport", "other", "json", {"standard": "SPDX", "version": "2.3"})])]


# What a supplier says of a library, in a document of its own (OpenVEX).
SUPPLIER = {
    "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.org/vex/1", "author": "Supplier",
    "timestamp": "2025-03-01T00:00:00Z", "version": 1, "statements": [
        {"vulnerability": {"name": "CVE-2025-7001"}, "products": [{"@id": "pkg:npm/left-pad@1.3.0"}],
         "status": "not_affected", "justification": "vulnerable_code_not_present"},
        {"vulnerability": {"name": "CVE-2025-7002"}, "products": [{"@id": "pkg:npm/nowhere@1"}], "status": "fixed"}]}


# MARK: Waybill

class Waybill:
    """The program on one data directory, and a server on it while `serving`."""

    def __init__(self, program, data):
        self.program, self.data = str(program), str(data)

    def run(self, *arguments, place=None):
        command = [self.program, *map(str, arguments), *(["--data", self.data] if place is None else place)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{command}: {done.stderr}{done.stdout}")
        return json.loads(done.stdout) if "--json" in arguments else done.stdout

    def serving(self, *flags):
        self.server = subprocess.Popen(
            [self.program, "serve", "--data", self.data, "--listen", "127.0.0.1:0", "--retention-days", "3650",
             "--webhook-targets", "http://127.0.0.1:9/", "--log-level", "error", *flags], stdout=subprocess.PIPE, text=True)
        return self

    def __enter__(self):
        for line in self.server.stdout:
            if "listening on " in line:
                self.address = line.split("listening on http://")[1].strip()
                return self
        sys.exit("the server did not start")

    def __exit__(self, *_):
        self.server.terminate()
        self.server.wait(60)

    def send(self, method, path, body, headers=None):
        connection = http.client.HTTPConnection(self.address, timeout=60)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()

    def call(self, request, key, headers=None, mayFail=False, **fields):
        body = json.dumps({"requestType": request, "userKey": key, **fields})
        status, answer = self.send("POST", "/api/v1.4", body, {"Content-Type": "application/json", **(headers or {})})
        if answer[:2] == b"PK":
            return answer
        made = json.loads(answer)
        if "errorCode" in made and not mayFail:
            sys.exit(f"{request} {fields}: {made}")
        return made


class World:
    """Fills a data directory by commands and calls, as people would."""

    def __init__(self, program, folder):
        self.folder = folder
        self.waybill = Waybill(program, folder / "data")
        made = self.waybill.run("init", "--organization", "Acme", "--email", "admin@acme.example", "--json")
        self.key, self.tokens = made["userKey"], {"organization": made["orgToken"]}
        made = self.waybill.run("init", "--organization", "Rival", "--email", "admin@rival.example", "--json")
        self.tokens["rival"] = made["orgToken"]

    def file(self, name, content):
        path = self.folder / name
        path.write_text(json.dumps(content))
        return path

    def sbom(self, document, product, project, organization="organization"):
        made = self.waybill.run(
            "import", "sbom", self.file("bom.json", document), "--org", self.tokens[organization], "--product", product,
            "--project", project, "--json")
        return made["projects"][0]

    def scope(self, kind):
        word = {"organization": "orgToken", "product": "productToken"}.get(kind, "projectToken")
        return {word: self.tokens[kind]}

    def call(self, request, scope="organization", **fields):
        return self.waybill.call(request, fields.pop("key", self.key), **self.scope(scope), **fields)

    def imports(self):
        self.sbom(cyclonedx("web", [PARSER, PAD, GEM]), "Shop", "Cart")
        made = self.sbom(cyclonedx("web", [PARSER, PAD, HOUSE, OLD_PARSER, GO, BARE], **STATEMENTS), "Shop", "Cart")
        self.tokens.update(product=made["productToken"], project=made["projectToken"])
        made = self.sbom(spdx("search", [
            ("pad", "pkg:npm/left-pad@1.3.0", "MIT"), ("gem", "pkg:gem/sinatra@2.0.1", "MIT AND BSD-3-Clause"),
            ("own", "pkg:generic/own@3", "LicenseRef-own")], [("./src/a.c", "d"), ("./src/b.c", "e")]), "Shop", "Search")
        self.tokens["other"] = made["projectToken"]
        self.sbom(cyclonedx("image", [DEB, PAD]), "Images", "registry.example.org/web:2.1")
        self.sbom(cyclonedx("rival", [PAD, GO]), "Theirs", "Secret", "rival")
        folder = self.folder / "advisories"
        folder.mkdir()
        for one in ADVISORIES:
            (folder / f"{one['id']}.json").write_text(json.dumps(one))
        self.waybill.run("import", "advisories", folder)
        lines = self.folder / "versions.jsonl"
        lines.write_text("".join(json.dumps(one) + "\n" for one in VERSIONS))
        self.waybill.run("import", "versions", lines)
        self.waybill.run(
            "import", "licenses", self.file("MIT.json", {"licenseId": "MIT", "licenseText": "Permission is hereby granted."}))
        mirror = self.folder / "mirror"
        for name, text in MIRROR.items():
            (mirror / name).parent.mkdir(parents=True, exist_ok=True)
            (mirror / name).write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        self.waybill.run("update", "--from", mirror)
        self.waybill.run(
            "import", "vex", self.file("vex.json", SUPPLIER), "--org", self.tokens["organization"])
        self.waybill.run(
            "import", "kubernetes", self.file("pods.json", PODS), "--org", self.tokens["organization"], "--cluster", "east")

    def people(self):
        keys = {}
        for name in ("reader", "member"):
            user = {"name": name.title(), "email": f"{name}@acme.example"}
            keys[name] = self.call("createUser", addedUser=user)["userToken"]
        self.call("createServiceUser", addedUser={"name": "Builder"})
        self.call("createGroup", group={"name": "Developers", "description": "who build"})
        self.call("addUsersToGroups", assignedUsers=[[{"name": "Developers"}, [{"email": "member@acme.example"}]]])
        self.call("setOrganizationAssignments", readOnlyUsers={"userAssignments": [{"email": "reader@acme.example"}]})
        self.call("setProductAssignments", "product", productMembership={"groupAssignments": [{"name": "Developers"}]})
        self.call("regenerateUserKey", email="member@acme.example", expires="2035-01-01 00:00:00")
        # Refused to a reader, and remembered.
        refused = self.call("createProduct", key=keys["reader"], productName="Mine", mayFail=True)
        assert refused["errorCode"] == 5001, refused
        form = urllib.parse.urlencode({"userKey": self.key})
        self.waybill.send("POST", "/console/enter", form, {"Content-Type": "application/x-www-form-urlencoded"})

    def library(self, name):
        found = self.call("librarySearch", searchValue=name)["libraries"]
        return next(one["keyUuid"] for one in found if one["version"] != "1.9")

    def curation(self):
        pad, parser, house = (self.library(name) for name in ("left-pad", "parser", "tools"))
        for scope, name, filters, action in POLICIES:
            self.call(f"add{scope.title()}Policy", scope, policy={"name": name, "filter": filters, "action": {"type": action}})
        self.call("waybillAddInHouseRule", rule={"type": "LIBRARY_COORDINATES", "pattern": "com.acme.house:*", "description": "ours"})
        self.call("waybillMarkInHouse", keyUuids=[self.library("own")], reason="made here")
        self.call("waybillSetLicenses", keyUuid=parser, licenses=["Apache-2.0"], reference="asked the author")
        self.call("waybillAddAttribute", attribute={"name": "Owner", "context": "ORGANIZATION", "type": "TEXT"})
        self.call("waybillAddAttribute", attribute={"name": "Reviewed", "context": "PRODUCT", "type": "LINK", "description": "where"})
        self.call("waybillSetAttributeValue", keyUuid=pad, attribute="Owner", value="Ann")
        self.call("waybillSetAttributeValue", "product", keyUuid=pad, attribute="Reviewed", value="https://example.org/r")
        self.call("setLibraryNotice", libraryUUID=pad, text="Line one\nLine two", reference="https://example.org/notice")
        self.call("waybillSetBugs", keyUuid=house, bugs=[
            {"bug": "TOOLS-1", "severity": "CRITICAL", "title": "It breaks", "reported": "2026-01-05", "url": "https://example.org/1"},
            {"bug": "TOOLS-2", "severity": "LOW", "title": "It creaks", "status": "CLOSED"}])
        self.call("changeOriginLibrary", targetKeyUuid=pad, sourceFiles=["e" * 40], userComments="copied from there")
        self.call("saveProductTag", "product", tagKey="team", tagValue="blue")
        self.call("saveProjectTag", "project", tagKey="stage", tagValue="test")
        alerts = self.call("getProjectAlertsByType", "project", alertType="SECURITY_VULNERABILITY")["alerts"]
        names = {one["vulnerability"]["name"]: one["alertUuid"] for one in alerts}
        self.call("ignoreAlerts", alertUuids=[names["CVE-2026-1004"]], comments="not ours to mend")
        self.call("waybillDecide", "project", vulnerability="CVE-2026-1002", purl="pkg:npm/left-pad", versions="vers:npm/<2.0.0",
                  reason="workaround", comments="input is checked before", expires="2035-01-01", review="2030-01-01")
        tasks = self.call("getDomainPendingTasks")["pendingTaskInfos"]
        self.call("closePendingTask", taskUUID=tasks[0]["uuid"], status="Rejected", comments="no")
        issues = self.call("fetchProjectPolicyIssues", "project")["issues"]
        self.call("updateExternalIntegrationIssues", "project", wsPolicyIssueItemUuid=issues[0]["policyViolations"][0]["issueUuid"],
                  externalIssues=[{"identifier": "T-1", "url": "https://example.org/T-1", "status": "open"}])

    def agent(self):
        diff = [{"coordinates": {"artifactId": "agent", "version": "1.0"}, "dependencies": [
            {"groupId": "org.example", "artifactId": "parser", "version": "2.4.1", "dependencyType": "MAVEN", "sha1": "f" * 40,
             "children": [{"artifactId": "left-pad", "version": "1.3.0", "dependencyType": "NPM"}]}]}]
        for kind in ("UPDATE", "CHECK_POLICY_COMPLIANCE"):
            form = urllib.parse.urlencode({
                "type": kind, "agent": "fs-agent", "agentVersion": "1", "token": self.tokens["organization"], "userKey": self.key,
                "product": "Shop", "timeStamp": "1767323045", "scanComment": "build 7", "diff": json.dumps(diff)})
            status, answer = self.waybill.send(
                "POST", "/agent", form, {"Content-Type": "application/x-www-form-urlencoded"})
            assert json.loads(answer)["status"] == 1, answer

    def automation(self):
        hook = self.call("waybillAddWebhook", url="http://127.0.0.1:9/hook")["id"]
        self.call("waybillAddSubscription", events=["VULNERABILITY", "REPORT"], webhookId=hook, severity="high", rhythm="WEEKLY")
        self.call("waybillAddSchedule", "product", cron="0 0 29 2 *", reportType="ProductInventoryReport", format="json")
        made = self.call("generateProjectReportAsync", "project", reportType="ProjectInventoryReport", format="json",
                         headers={"Idempotency-Key": "once"})
        uuid = made["asyncProcessStatus"]["uuid"]
        while True:
            status = self.call("getAsyncProcessStatus", uuid=uuid)["asyncProcessStatus"]["status"]
            assert status != "FAILED"
            if status == "SUCCESS":
                return uuid

    def settle(self):
        while self.call("waybillGetProcesses")["processes"]:
            pass

    def upload(self):
        """An upload that waits, as no worker runs."""
        body = json.dumps({"projectName": "Late", "parentName": "Shop", "autoCreate": True, "bom": base64.b64encode(
            json.dumps(cyclonedx("late", [GEM])).encode()).decode()})
        status, answer = self.waybill.send(
            "PUT", "/api/v1/bom", body, {"X-Api-Key": self.key, "Content-Type": "application/json"})
        assert status == 200, answer
        return json.loads(answer)["token"]


# MARK: PostgreSQL

class Cluster:
    """A PostgreSQL of its own in a temporary folder, reached by a socket."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="waybill-pg-", dir="/tmp")
        self.user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] if os.getuid() == 0 else []
        if self.user:
            shutil.chown(self.folder, "postgres")
        self.tool("initdb", "-D", f"{self.folder}/data", "-N", "-U", "waybill", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8")
        options = f"-c listen_addresses= -c unix_socket_directories={self.folder} -c fsync=off"
        self.tool("pg_ctl", "-D", f"{self.folder}/data", "-w", "-s", "-l", f"{self.folder}/log", "-o", options, "start")
        self.place = ["-h", self.folder, "-U", "waybill"]
        self.tool("createdb", *self.place, "fixture")
        self.url = f"postgresql:///fixture?host={self.folder}&user=waybill"
        return self

    def tool(self, name, *arguments):
        # No pipe: a server that is started would keep it open.
        with tempfile.TemporaryFile() as out:
            done = subprocess.run([*self.user, f"{POSTGRESQL}/{name}", *arguments], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                  cwd="/")
            out.seek(0)
            text = out.read()
        if done.returncode:
            sys.exit(f"{name}: {text.decode()}")
        return text

    def __exit__(self, *_):
        self.tool("pg_ctl", "-D", f"{self.folder}/data", "-w", "-s", "-m", "immediate", "stop")
        shutil.rmtree(self.folder)


# MARK: The fixture

def members(archive):
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {entry.filename: opened.read(entry) for entry in opened.infolist()}


def keep_reports(waybill, tokens, folder):
    (folder / "reports").mkdir()
    kept = []
    for kind, scope, form, filters in REPORTS:
        path = Path(waybill.data).parent / "report.zip"
        waybill.run("report", kind, "--scope", tokens[scope], "--format", form, "--filter", json.dumps(filters), "--output", path)
        found = members(path.read_bytes())
        assert len(found) == 1, f"{kind} has {len(found)} parts"
        name = "-".join([kind, scope, *(filters[key] for key in ("standard", "version") if key in filters)]) + "." + form
        (folder / "reports" / name).write_bytes(*found.values())
        kept.append({"file": name, "type": kind, "scope": scope, "format": form, "filter": filters})
    return kept


def seal(path):
    """Makes the database one file, without a log beside it, names the tables that nothing filled, and gives its schema."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        tables = [name for name, in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        empty = [name for name in tables if not database.execute(f"SELECT EXISTS (SELECT 1 FROM {name})").fetchone()[0]]
        print(f"tables without rows: {', '.join(empty) or 'none'}")
        return database.execute("SELECT max(number) FROM migration").fetchone()[0]


def pack(path, content):
    path.write_bytes(gzip.compress(content, 9, mtime=0))


def make(program, place):
    temporary = Path(tempfile.mkdtemp(prefix="waybill-fixture-"))
    world = World(program, temporary)
    world.imports()
    with world.waybill.serving():
        world.people()
        world.curation()
        world.agent()
        world.settle()
        report = world.automation()
        world.settle()
    with world.waybill.serving("--workers", "0"):
        upload = world.upload()
        artifact = world.call("downloadAsyncReport", reportStatusUUID=report)
    data = temporary / "data"
    folder = place / f"schema-{seal(data / 'waybill.sqlite')}"
    if folder.exists():
        sys.exit(f"{folder} is there already: a fixture that others rest on is not made again; remove it, if it is yours")
    folder.mkdir()
    for name in ("serve.lock", "waybill.sqlite-wal", "waybill.sqlite-shm"):
        (data / name).unlink(missing_ok=True)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.add(data, "data")
    pack(folder / "data.tar.gz", packed.getvalue())
    world.waybill.run("backup", temporary / "backup", "--with-artifacts")
    pack(folder / "backup.gz", (temporary / "backup").read_bytes())
    with Cluster() as cluster:
        world.waybill.run("migrate", "--from", f"sqlite:{data}/waybill.sqlite", "--to", cluster.url, place=[])
        dump = cluster.tool("pg_dump", *cluster.place, "--no-owner", "--no-privileges", "fixture")
    # psql before 15.14 does not know what newer versions put around the script.
    dump = b"".join(line for line in dump.splitlines(True) if not line.startswith((b"\\restrict", b"\\unrestrict")))
    pack(folder / "postgresql.sql.gz", dump)
    reports = keep_reports(world.waybill, world.tokens, folder)
    version = world.waybill.run("--version", place=[]).strip()
    facts = {"madeBy": version, "administratorKey": world.key, "tokens": world.tokens,
             "report": {"uuid": report, "members": sorted(members(artifact))}, "waitingUpload": upload, "reports": reports}
    (folder / "fixture.json").write_text(json.dumps(facts, indent=2) + "\n")
    shutil.rmtree(temporary)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"{folder}: {size >> 10} KiB, {len(reports)} reports")


if __name__ == "__main__":
    if len(sys.argv) != 3 or not os.access(sys.argv[1], os.X_OK):
        sys.exit(__doc__)
    make(Path(sys.argv[1]).resolve(), Path(sys.argv[2]))
