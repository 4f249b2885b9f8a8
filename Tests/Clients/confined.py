"""Runs the program as one of the units of the package would: with its filter of system calls, its capabilities, its mask and its
limits, as far as a process can do that to itself. Then it works: an organization, an upload, a pattern, reports in all ways that
need a library of their own, a page, and the end.

    confined.py PROGRAM UNIT

Fails when the unit's command is none of the program, when something does not work, or when the filter lets through what it must not.
What systemd alone can do (what the process sees of the machine) is judged by `systemd-analyze security`."""
import base64
import ctypes
import json
import os
import re
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request

NUMBERS = "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"
ARCHITECTURE = 0xC000003E  # AUDIT_ARCH_X86_64
KILL, ALLOW, REFUSE = 0x80000000, 0x7FFF0000, 0x00050000 | 1  # EPERM, as the units say
WRITE, EXECUTE, SHM_EXEC = 2, 4, 0o100000
NOBODY = 65534
libc = ctypes.CDLL(None, use_errno=True)


def settings(unit):
    """The settings of a unit; a name that stands several times has all its values, and an empty one forgets those before."""
    found = {}
    with open(unit) as file:
        for line in file:
            name, sign, value = line.strip().partition("=")
            if sign and not name.startswith("#"):
                found.setdefault(name, []).append(value)
    return found


def calls(words):
    """The names of system calls that a list of names and groups of systemd means."""
    names = set()
    for word in words:
        if not word.startswith("@"):
            names.add(word)
            continue
        text = subprocess.run(["systemd-analyze", "syscall-filter", word], check=True, capture_output=True, text=True).stdout
        names |= calls([line.strip() for line in text.splitlines()[1:] if line.strip() and not line.strip().startswith("#")])
    return names


def statement(code, k, yes=0, no=0):
    return struct.pack("HBBI", code, yes, no, k)


def program(unit):
    """The filter of a unit as instructions of BPF (seccomp(2))."""
    with open(NUMBERS) as file:
        numbers = {name: int(number) for name, number in re.findall(r"#define __NR_(\w+) (\d+)", file.read())}
    allowed = set()
    for line in unit["SystemCallFilter"]:
        words = line.lstrip("~").split()
        allowed = allowed - calls(words) if line.startswith("~") else allowed | calls(words)
    load, equal, result = 0x20, 0x15, 0x06
    code = [statement(load, 4), statement(equal, ARCHITECTURE, 1, 0), statement(result, KILL), statement(load, 0)]
    if unit.get("MemoryDenyWriteExecute") == ["yes"]:
        # Offsets of struct seccomp_data: the third argument of mmap, mprotect, pkey_mprotect and shmat.
        for name, bits in (("mmap", WRITE | EXECUTE), ("mprotect", EXECUTE), ("pkey_mprotect", EXECUTE), ("shmat", SHM_EXEC)):
            code += [statement(equal, numbers[name], 0, 5), statement(load, 32), statement(0x54, bits), statement(equal, bits, 0, 1),
                     statement(result, REFUSE), statement(load, 0)]
    for name in sorted(allowed & numbers.keys(), key=numbers.get):
        code += [statement(equal, numbers[name], 0, 1), statement(result, ALLOW)]
    code.append(statement(result, REFUSE))
    return b"".join(code)


def confine(unit, code):
    """Makes of the process what systemd would; called between fork and exec."""
    for limit, name in ((resource.RLIMIT_NOFILE, "LimitNOFILE"),):
        if name in unit:
            most = min(int(unit[name][-1]), resource.getrlimit(limit)[1])
            resource.setrlimit(limit, (most, most))
    os.umask(int(unit["UMask"][-1], 8))
    if os.getuid() == 0:
        if unit["CapabilityBoundingSet"] == [""]:
            for capability in range(64):
                libc.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    if libc.prctl(38, 1, 0, 0, 0):  # PR_SET_NO_NEW_PRIVS
        raise OSError(ctypes.get_errno(), "no_new_privs")
    buffer = ctypes.create_string_buffer(code, len(code))
    filter = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    if libc.prctl(22, 2, ctypes.c_char_p(filter), 0, 0):  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER
        raise OSError(ctypes.get_errno(), "seccomp")


def is_refused(unit, code):
    """Whether memory that is written and run, and a call outside of the list, are refused behind the filter."""
    child = os.fork()
    if child == 0:
        confine(unit, code)
        libc.mmap.restype = ctypes.c_void_p
        memory = libc.mmap(None, ctypes.c_size_t(4096), WRITE | EXECUTE, 0x22, -1, ctypes.c_long(0))
        mount = libc.mount(b"none", b"/tmp", b"tmpfs", 0, None)
        os._exit(0 if memory == ctypes.c_void_p(-1).value and mount == -1 else 1)
    return os.waitpid(child, 0)[1] == 0


class Confined:
    def __init__(self, program_path, unit_path):
        self.unit = settings(unit_path)
        self.code = program(self.unit)
        self.folder = tempfile.mkdtemp(prefix="waybill-confined-")
        self.program = os.path.join(self.folder, "waybill")
        shutil.copy(program_path, self.program)
        self.data = os.path.join(self.folder, "data")
        os.mkdir(self.data)
        if os.getuid() == 0:
            os.chmod(self.folder, 0o755)
            os.chown(self.data, NOBODY, NOBODY)
        self.environment = {"PATH": "/usr/bin:/bin", "WAYBILL_DATA": self.data, "WAYBILL_LISTEN": "127.0.0.1:0", "WAYBILL_RESERVE": "0"}

    def start(self, *words, **more):
        return subprocess.Popen([self.program, *words], env=self.environment, cwd="/", preexec_fn=lambda: confine(self.unit, self.code),
                                stdout=subprocess.PIPE, text=True, **more)

    def run(self, *words):
        process = self.start(*words, stderr=subprocess.PIPE)
        output, errors = process.communicate(timeout=120)
        if process.returncode:
            sys.exit(f"waybill {' '.join(words)}: {process.returncode}: {errors[-2000:]}")
        return output

    def initialize(self):
        return json.loads(self.run("init", "--organization", "Acme", "--email", "a@acme.example", "--json"))

    def file(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, 0o644)
        return path


BOM = {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "components": [
    {"type": "library", "bom-ref": "a", "name": "a" * 40 + "!", "version": "1", "purl": "pkg:npm/" + "a" * 40 + "@1",
     "licenses": [{"license": {"id": "MIT"}}]}]}


def command_of(unit):
    """The words of ExecStart behind the program."""
    words = unit["ExecStart"][-1].split()
    if words[0] != "/usr/bin/waybill":
        sys.exit(f"the unit starts {words[0]}")
    return words[1:]


def serve(confined, words):
    """A server does all its kinds of work."""
    made = confined.initialize()
    log = open(os.path.join(confined.folder, "log"), "w+")
    server = confined.start(*words, stderr=log)
    try:
        line = server.stdout.readline()
        if not line.startswith("listening on "):
            log.seek(0)
            sys.exit(f"the server did not start: {line}{log.read()[-2000:]}")
        url = line.split("listening on ")[1].strip()
        with open(f"/proc/{server.pid}/status") as file:
            status = dict(re.findall(r"(\w+):\s+(\S+)", file.read()))
        wanted = {"Seccomp": "2", "NoNewPrivs": "1"} | ({"CapEff": "0" * 16, "CapBnd": "0" * 16} if os.getuid() == 0 else {})
        for name, value in wanted.items():
            if status[name] != value:
                sys.exit(f"{name} is {status[name]}, not {value}")

        def ask(method, path, body=None, **headers):
            request = urllib.request.Request(url + path, data=body, method=method, headers=headers)
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.read()

        def call(name, **fields):
            body = {"requestType": name, "userKey": made["userKey"], "orgToken": made["orgToken"], **fields}
            return ask("POST", "/api/v1.4", json.dumps(body).encode())

        def report(kind, **fields):
            answer = json.loads(call("generateOrganizationReportAsync", reportType=kind, **fields))
            uuid = answer["asyncProcessStatus"]["uuid"]
            for _ in range(600):
                state = json.loads(call("getAsyncProcessStatus", uuid=uuid))["asyncProcessStatus"]
                if state["status"] in ("SUCCESS", "FAILED"):
                    break
                time.sleep(0.1)
            if state["status"] != "SUCCESS" or call("downloadAsyncReport", reportStatusUUID=uuid)[:2] != b"PK":
                sys.exit(f"{kind} {fields}: {state}")

        policy = {"name": "p", "filter": {"type": "RESOURCE_NAME", "pattern": "/(a+)+b/"}, "action": {"type": "REJECT"}}
        if b"errorCode" in (answer := call("addOrganizationPolicy", policy=policy)):
            sys.exit(f"a policy with a pattern: {answer}")
        upload = {"projectName": "P", "projectVersion": "1", "autoCreate": True, "bom": base64.b64encode(json.dumps(BOM).encode()).decode()}
        ask("PUT", "/api/v1/bom", json.dumps(upload).encode(), **{"X-Api-Key": made["userKey"], "Content-Type": "application/json"})
        # XLSX and JSON by our own writers, PDF by pango and harfbuzz, attribution with its texts.
        for kind, fields in (("OrgInventoryReport", {"format": "xlsx"}), ("OrgInventoryReport", {"format": "json"}), ("RiskReport", {}),
                             ("OrgAlertsReport", {"format": "pdf"})):
            report(kind, **fields)
        for path in ("/", "/health/ready", "/metrics"):
            ask("GET", path)
        server.send_signal(signal.SIGTERM)
        # Longer than the grace of 20 seconds, shorter than TimeoutStopSec.
        if server.wait(60) != 0:
            log.seek(0)
            sys.exit(f"the end of the server: {server.returncode}: {log.read()[-2000:]}")
    finally:
        if server.poll() is None:
            server.kill()


def mirror(confined):
    """A mirror with one source."""
    os.mkdir(os.path.join(confined.folder, "kev"))
    confined.file("kev/known_exploited_vulnerabilities.json", json.dumps({
        "catalogVersion": "2026.01.01", "dateReleased": "2026-01-01T00:00:00.0000Z", "count": 1, "vulnerabilities": [
            {"cveID": "CVE-2026-0001", "vendorProject": "v", "product": "p", "vulnerabilityName": "n", "dateAdded": "2026-01-01",
             "shortDescription": "d", "requiredAction": "r", "dueDate": "2026-01-22", "knownRansomwareCampaignUse": "Unknown"}]}))
    return confined.folder


def main():
    confined = Confined(os.path.abspath(sys.argv[1]), sys.argv[2])
    try:
        words = command_of(confined.unit)
        if not is_refused(confined.unit, confined.code):
            sys.exit("the filter lets memory be written and run, or a file system be mounted")
        settings_file = confined.file("waybill.conf", open(os.path.join(os.path.dirname(sys.argv[2]), "waybill.conf")).read())
        words = [settings_file if word == "/etc/waybill/waybill.conf" else word for word in words]
        if words[0] == "serve":
            serve(confined, words)
        elif words[0] == "worker":
            confined.initialize()
            worker = confined.start(*words)
            time.sleep(3)
            worker.send_signal(signal.SIGTERM)
            if worker.wait(60) != 0:
                sys.exit(f"the worker ended with {worker.returncode}")
        else:
            confined.initialize()
            confined.environment["WAYBILL_FROM"] = mirror(confined)
            confined.run(*words)
        print(f"{os.path.basename(sys.argv[2])}: works behind {len(confined.code) // 8} instructions of its filter")
    finally:
        shutil.rmtree(confined.folder, ignore_errors=True)


main()
