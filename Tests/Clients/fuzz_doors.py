"""Throws broken and extreme requests at all doors of a server, for some seconds, from a seed: the same seed throws the same.

    fuzz_doors.py PROGRAM [SECONDS] [SEED]

Fails when the server ends, hangs, answers 5xx, meets an unexpected error, or keeps what was sent to it."""
import base64
import http.client
import json
import os
import random
import re
import socket
import sys
import time
import urllib.parse

from server import SBOM, Server

SECONDS = float(sys.argv[2]) if len(sys.argv) > 2 else 600
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else int(time.time())
NUMBERS = [0, -1, 1, 2**31 - 1, 2**31, -2**31 - 1, 2**53 + 1, 2**63 - 1, 2**63, -2**63, 10**40, 1e308, -1e308, 5e-324, 0.5, 3.0]
TEXTS = ["", " ", "0", "-0", "1e999", "NaN", "null", "true", "\0", "a\0b", "\r\n", "%00", "../../etc/passwd", "' OR 1=1 --", "$1", "{}",
         "javascript:alert(1)", "\u202eevil", "\ud800", "\uffff", "😀" * 50, "x" * 5000, "/(a+)+b/", "=cmd|'/c'!A0", "2026-02-30", "9999-12-31"]
KEYS = ["requestType", "userKey", "orgToken", "productToken", "projectToken", "uuid", "priority", "limit", "filter", "format", "policy",
        "reportType", "pageSize", "page", "expires", "email", "name", "productName", "projectName", "keyUuid", "alertUuids", "status", "values"]


class Fuzz:
    def __init__(self, server, dice):
        self.server, self.dice = server, dice
        self.host, port = server.url.split("//")[1].split(":")
        self.port = int(port)
        self.count = {}
        self.faults = []
        self.sent = b""
        described = json.loads(self.ask("GET", "/api/openapi.json", {}, b"")[1])
        self.fields, self.paths, self.session = set(), ["/"], {}
        self.enter()
        self.calls = sorted(set(re.findall(r'"(?:get|generate|set|add|remove|update|create|save|change|waybill|ignore)[A-Za-z]+"',
                                           json.dumps(described))))

    # -- values

    def value(self, depth=0):
        kind = self.dice.randrange(8 if depth < 4 else 5)
        if kind < 2:
            return self.dice.choice(NUMBERS)
        if kind < 4:
            return self.dice.choice(TEXTS)
        if kind == 4:
            return self.dice.choice([None, True, False, self.server.org, self.server.key, self.server.project["projectToken"]])
        if kind < 6:
            return [self.value(depth + 1) for _ in range(self.dice.randrange(4))]
        return {self.dice.choice(KEYS): self.value(depth + 1) for _ in range(self.dice.randrange(4))}

    def bytes(self, sample):
        """A sample with some bytes changed, doubled, cut out or cut off."""
        data = bytearray(sample)
        for _ in range(self.dice.randrange(1, 8)):
            place = self.dice.randrange(len(data) + 1)
            kind = self.dice.randrange(5)
            if kind == 0:
                data[place:place + 1] = bytes([self.dice.randrange(256)])
            elif kind == 1:
                data[place:place] = self.dice.choice([b"\0", b"\r", b"\n", b" ", b":", b"%", b"\xff", b"\r\n\r\n", b"{", b"[" * 50])
            elif kind == 2:
                data[place:place] = data[place:place + self.dice.randrange(40)]
            elif kind == 3:
                del data[place:place + self.dice.randrange(20)]
            elif self.dice.randrange(6) == 0:
                del data[place:]
        return bytes(data)

    def json(self, value):
        text = json.dumps(value).encode("utf-8", "surrogatepass")
        return self.bytes(text) if self.dice.randrange(4) == 0 else text

    # -- doors

    def api(self):
        body = {"requestType": json.loads(self.dice.choice(self.calls)), "userKey": self.server.key, "orgToken": self.server.org,
                "productToken": self.server.project["productToken"], "projectToken": self.server.project["projectToken"]}
        for _ in range(self.dice.randrange(5)):
            body[self.dice.choice(KEYS[2:])] = self.value()
        if self.dice.randrange(10) == 0:
            body[self.dice.choice(KEYS[:5])] = self.value()
        return "POST", "/api/v1." + str(self.dice.randrange(6)), {"Content-Type": "application/json"}, self.json(body)

    def agent(self):
        diff = [{"coordinates": {"artifactId": "a", "version": self.value()}, "dependencies": [self.value(), {"sha1": self.value()}]}]
        form = {"type": self.dice.choice(["UPDATE", "CHECK_POLICIES", "X"]), "token": self.server.org, "userKey": self.server.key,
                "product": str(self.dice.choice(TEXTS)), "timeStamp": str(self.dice.choice(NUMBERS)), "diff": json.dumps(diff)}
        items = list(form.items())
        self.dice.shuffle(items)
        body = "&".join(f"{n}={urllib.parse.quote(v, errors='surrogatepass')}" for n, v in items).encode()
        return "POST", "/agent", {}, self.bytes(body) if self.dice.randrange(2) else body

    def bom(self):
        document = dict(SBOM, **{self.dice.choice(list(SBOM)): self.value()}) if self.dice.randrange(2) else SBOM
        text = self.json(document)
        if self.dice.randrange(2):
            body = {"projectName": self.dice.choice(["Fuzz", self.value()]), "autoCreate": self.dice.choice([True, "true", self.value()]),
                    "bom": base64.b64encode(text).decode()}
            return "PUT", "/api/v1/bom", {"X-Api-Key": self.server.key, "Content-Type": "application/json"}, self.json(body)
        parts = (b"--b\r\nContent-Disposition: form-data; name=\"projectName\"\r\n\r\nFuzz\r\n--b\r\nContent-Disposition: form-data; "
                 b"name=\"autoCreate\"\r\n\r\ntrue\r\n--b\r\nContent-Disposition: form-data; name=\"bom\"; filename=\"b\"\r\n\r\n"
                 + text + b"\r\n--b--\r\n")
        return "POST", "/api/v1/bom", {"X-Api-Key": self.server.key, "Content-Type": "multipart/form-data; boundary=b"}, self.bytes(parts)

    def vex(self):
        """A statement about the project, as a document of any of the dialects or none."""
        document = self.dice.choice([
            {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
             "vulnerabilities": [{"id": "CVE-2026-0001", "analysis": {"state": self.value()}, "affects": [{"ref": self.value()}]}]},
            {"@context": "https://openvex.dev/ns/v0.2.0", "@id": "a", "author": "a", "timestamp": self.value(), "version": 1,
             "statements": [{"vulnerability": {"name": "CVE-2026-0001"}, "products": [{"@id": "pkg:npm/left-pad@1.3.0"}],
                             "status": self.value()}]},
            {"document": {"category": "csaf_vex", "csaf_version": "2.0", "tracking": {"version": self.value()}},
             "product_tree": {"branches": [self.value()]}, "vulnerabilities": [{"cve": "CVE-2026-0001", "product_status": self.value()}]}])
        body = {"project": self.server.project["projectToken"], "vex": base64.b64encode(self.json(document)).decode()}
        if self.dice.randrange(3) == 0:
            body[self.dice.choice(KEYS)] = self.value()
        return "PUT", "/api/v1/vex", {"X-Api-Key": self.server.key, "Content-Type": "application/json"}, self.json(body)

    def search(self):
        """GET /api/ask, and the state of an upload."""
        if self.dice.randrange(8) == 0:
            token = urllib.parse.quote(str(self.dice.choice(TEXTS)), errors="replace")
            return "GET", "/api/v1/bom/token/" + token, {"X-Api-Key": self.server.key}, b""
        fields = {self.dice.choice(["cve", "purl", "library", "license", "digest", "path", "q"]): self.dice.choice(
            ["CVE-2026-0001", "pkg:npm/left-pad@1.3.0", "pkg:npm/left-pad?vers=vers:npm/*", "left", "MIT", *map(str, TEXTS)])}
        for _ in range(self.dice.randrange(4)):
            name = self.dice.choice(["limit", "cursor", "format", "severity", "exploited", "product", "project", "orgToken", "q", "a"])
            fields[name] = self.dice.choice(["json", "ndjson", "csv", "HIGH", "true", "Shop", str(self.value())])
        return "GET", "/api/ask?" + urllib.parse.urlencode(fields, errors="replace"), {"X-Api-Key": self.server.key}, b""

    def enter(self):
        """A session of the console, the addresses that its pages lead to, and the names of the fields on them."""
        form = urllib.parse.urlencode({"userKey": self.server.key}).encode()
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        origin = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.server.url}
        connection.request("POST", "/console/enter", form, origin)
        cookie = connection.getresponse().getheader("Set-Cookie") or ""
        connection.close()
        self.session = {"Cookie": cookie.split(";")[0]}
        paths, new = set(), {"/"}
        for _ in range(3):
            found = set()
            for path in sorted(new):
                page = self.ask("GET", path, self.session, b"")[1].decode("utf-8", "replace")
                found |= {p for p in re.findall(r'(?:href|action)="(/console[^"#?]*)', page) if not p.endswith((".css", ".svg"))}
                self.fields |= set(re.findall(r'name="([A-Za-z]+)"', page))
            paths |= new
            new = set(sorted(found - paths)[:40])
        self.paths = sorted(paths - {"/console/leave"})

    def console(self):
        if self.dice.randrange(200) == 0:
            self.enter()
        path = self.dice.choice(self.paths + ["/console/report/" + urllib.parse.quote(str(self.dice.choice(TEXTS)), errors="replace")])
        names = self.dice.sample(sorted(self.fields), min(len(self.fields), self.dice.randrange(1, 6)))
        fields = {n: self.dice.choice([str(self.value()), self.server.project["projectToken"]]) for n in names}
        form = urllib.parse.urlencode(fields, errors="replace")
        headers = dict(self.session) if self.dice.randrange(10) else {"Cookie": f"waybill={self.dice.choice(TEXTS[:8])!r}"}
        if self.dice.randrange(2):
            return "GET", path + "?" + form, headers, b""
        # Ends of sessions and of keys are left to the other doors: the fuzz would be outside afterwards.
        if path.startswith(("/console/sessions", "/console/keys", "/console/end")):
            path = "/console/enter"
        headers |= {"Origin": self.server.url, "Content-Type": "application/x-www-form-urlencoded"}
        return "POST", path, headers, self.bytes(form.encode()) if self.dice.randrange(4) == 0 else form.encode()

    def ask(self, method, path, headers, body):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def raw(self):
        """A head with bytes changed, behind it a second request that must not be answered where the first is broken."""
        head = (b"POST /api/v1.4 HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nX-Api-Key: k\r\n\r\n"
                b"2\r\n{}\r\n0\r\n\r\nGET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        # A head that is not whole is cut after 15 seconds; a connection that is kept stays open for longer.
        with socket.create_connection((self.host, self.port), timeout=30) as client:
            self.sent = self.bytes(head)
            client.sendall(self.sent)
            client.shutdown(socket.SHUT_WR)
            answer = b""
            try:
                while piece := client.recv(65536):
                    answer += piece
                    client.settimeout(1)
            except TimeoutError:
                if not answer:
                    raise
        statuses = [int(s) for s in re.findall(rb"HTTP/1\.1 (\d\d\d) ", answer)]
        return max(statuses or [400])

    def once(self):
        door = self.dice.choice(["api"] * 4 + ["agent", "bom", "vex", "search", "console", "console", "raw"])
        request = None
        try:
            if door == "raw":
                status = self.raw()
                request = self.sent
            else:
                request = getattr(self, door)()
                status, _ = self.ask(*request)
        except (http.client.HTTPException, ConnectionError, UnicodeError, ValueError):
            status = 0
        except TimeoutError:
            status, request = 599, request or self.sent
        if status >= 500 and status not in (505, 507):
            self.faults.append((door, status, repr(request)[:2000]))
        self.count[(door, status // 100)] = self.count.get((door, status // 100), 0) + 1


def main():
    server = Server(os.path.abspath(sys.argv[1]))
    print(f"seed {SEED}, {SECONDS:.0f} seconds", flush=True)
    fuzz = Fuzz(server, random.Random(SEED))
    end = time.time() + SECONDS
    while time.time() < end and not fuzz.faults and server.process.poll() is None:
        fuzz.once()
    wrong = [f"{door} answered {status} to {request}" for door, status, request in fuzz.faults]
    if server.process.poll() is not None:
        wrong.append(f"the server ended with {server.process.returncode}")
    else:
        with open(f"/proc/{server.process.pid}/status") as file:
            peak = int(re.search(r"VmHWM:\s+(\d+)", file.read()).group(1)) // 1024
        print(f"peak {peak} MiB")
        if peak > 1024:
            wrong.append(f"the server took {peak} MiB")
        left = os.listdir(os.path.join(server.data, "incoming"))
        if left:
            wrong.append(f"left in incoming: {left[:5]}")
    with open(os.path.join(server.folder, "log")) as file:
        wrong += [line.strip() for line in file if '"request failed"' in line or "Fatal" in line][:5]
    if not fuzz.count.get(("console", 2)):
        wrong.append("no page of the console was seen")
    for (door, kind), count in sorted(fuzz.count.items()):
        print(f"{door}: {count} answers {kind}xx" if kind else f"{door}: {count} connections closed")
    for line in wrong:
        print("WRONG:", line)
    if server.process.poll() is None:
        server.stop()
    sys.exit(1 if wrong else 0)


main()
