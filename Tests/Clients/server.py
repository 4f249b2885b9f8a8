"""A Waybill server of the test's own on loopback, with an organization and some content."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

SBOM = {
    "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
    "components": [
        {"type": "library", "bom-ref": "app", "group": "org.example", "name": "web", "version": "1.0",
         "purl": "pkg:maven/org.example/web@1.0", "licenses": [{"license": {"id": "Apache-2.0"}}],
         "hashes": [{"alg": "SHA-1", "content": "aa11bb22cc33dd44ee55ff6600112233445566aa"}],
         "copyright": "Copyright 2020 A. Writer"},
        {"type": "library", "bom-ref": "pad", "name": "left-pad", "version": "1.3.0",
         "purl": "pkg:npm/left-pad@1.3.0", "licenses": [{"license": {"id": "MIT"}}, {"license": {"name": "House"}}]},
    ],
    "dependencies": [{"ref": "app", "dependsOn": ["pad"]}],
}
ADVISORY = {
    "id": "GHSA-aaaa-bbbb-cccc", "aliases": ["CVE-2026-0001"], "modified": "2026-01-01T00:00:00Z",
    "published": "2026-01-01T00:00:00Z", "summary": "Invented.", "details": "Invented.",
    "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"}],
    "affected": [{"package": {"ecosystem": "npm", "name": "left-pad"},
                  "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "1.3.1"}]}]}],
}
TEXTS = {
    "Apache-2.0": "Apache License\nVersion 2.0, January 2004\n\nTERMS AND CONDITIONS",
    "MIT": "MIT License\n\nCopyright (c) <year> <copyright holders>\n\nPermission is hereby granted",
}


class Server:
    def __init__(self, program, tls=False, flags=()):
        self.program = program
        self.folder = tempfile.mkdtemp(prefix="waybill-clients-")
        self.data = os.path.join(self.folder, "data")
        made = self.run("init", "--organization", "Acme", "--email", "admin@acme.example", "--json")
        self.org, self.key = made["orgToken"], made["userKey"]
        path = self.file("bom.json", SBOM)
        for project in ("Cart", "Search"):
            self.project = self.run(
                "import", "sbom", path, "--org", self.org, "--product", "Shop", "--project", project, "--json"
            )["projects"][0]
        self.run("import", "advisories", self.file("advisory.json", ADVISORY), "--json")
        for license, text in TEXTS.items():
            self.run("import", "licenses", self.file(f"{license}.json", {"licenseId": license, "licenseText": text}), "--json")
        self.start(*(self.certificate() if tls else []), *flags)

    def start(self, *flags):
        """Serves on a port that is free."""
        self.process = subprocess.Popen(
            [self.program, "serve", "--data", self.data, "--listen", "127.0.0.1:0", *flags], stdout=subprocess.PIPE, text=True,
            stderr=open(os.path.join(self.folder, "log"), "a"))
        for line in self.process.stdout:
            if "listening on " in line:
                self.url = line.split("listening on ")[1].strip()
                return
        sys.exit("the server did not start: " + open(os.path.join(self.folder, "log")).read())

    def certificate(self):
        """A certificate for 127.0.0.1 by an authority of our own, which clients are told of by `self.authority`."""
        def openssl(*arguments):
            subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)

        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "2",
                "-subj", "/CN=Test authority")
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "tls.key", "-out", "tls.csr", "-subj", "/CN=127.0.0.1")
        with open(os.path.join(self.folder, "names"), "w") as file:
            file.write("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
        openssl("x509", "-req", "-in", "tls.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
                "-extfile", "names", "-out", "tls.pem")
        self.authority = os.path.join(self.folder, "ca.pem")
        return ["--tls-certificate", os.path.join(self.folder, "tls.pem"),
                "--tls-key", os.path.join(self.folder, "tls.key")]

    def file(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, "w") as file:
            json.dump(content, file)
        return path

    def run(self, *arguments):
        done = subprocess.run([self.program, *arguments, "--data", self.data], capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{arguments}: {done.stderr}")
        return json.loads(done.stdout)

    def stop(self):
        self.process.terminate()
        self.process.wait(60)
        shutil.rmtree(self.folder)
