#!/usr/bin/env python3
"""Notices by mail, to a server that other people wrote (aiosmtpd, PyPI): STARTTLS, TLS, authentication, a receiver that fails, stalls,
dies and comes back, and a sender that is killed at the worst moment. Argument: the program. Exits 1 when a check fails.
"""
import email
import email.policy
import io
import json
import os
import re
import shutil
import signal
import sqlite3
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
import warnings
import zipfile

# Certificates are verified with the system's authorities; only for this process and its children the test's own is among them.
if "MAIL_TEST_INSIDE" not in os.environ:
    os.environ["MAIL_TEST_INSIDE"] = "1"
    rights = ["--mount"] if os.geteuid() == 0 else ["--user", "--map-root-user", "--mount"]
    os.execvp("unshare", ["unshare", *rights, sys.executable, *sys.argv])

import asyncio
import logging

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from server import ADVISORY, Server

AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
USER, PASSWORD = b"waybill", b"a secret / of mail"
failures = 0
# It warns of what it calls deprecated itself, and shows the faults of clients, which are wanted here.
logging.getLogger("mail.log").setLevel(logging.CRITICAL)
warnings.simplefilter("ignore")


def check(is_good, what):
    global failures
    failures += not is_good
    print(f"{'ok' if is_good else 'NOT OK'}: {what}", flush=True)


class Receiver:
    """A mail server with one step for each message that comes; `take` when there is no step left."""

    def __init__(self, certificate, port=0, implicit=False):
        self.steps, self.messages, self.tried = [], [], []
        self.lock = threading.Lock()
        self.certificate, self.port, self.implicit = certificate, port, implicit
        self.start()

    def start(self):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*self.certificate)
        settings = dict(authenticator=self.sign_in, auth_required=True)
        if self.implicit:
            # aiosmtpd knows no other TLS than that of STARTTLS, and would refuse to sign anybody in.
            settings.update(ssl_context=context, auth_require_tls=False)
        else:
            settings.update(tls_context=context, require_starttls=True, auth_require_tls=True)
        port = self.port or free_port()
        self.controller = Controller(self, hostname="127.0.0.1", port=port, **settings)
        self.controller.start()
        self.port = port

    def stop(self):
        self.controller.stop()

    @property
    def url(self):
        return f"{'smtps' if self.implicit else 'smtp'}://127.0.0.1:{self.port}"

    def sign_in(self, server, session, envelope, mechanism, data):
        return AuthResult(success=(data.login, data.password) == (USER, PASSWORD))

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        message.is_secret = session.ssl is not None or self.implicit
        message.receivers = envelope.rcpt_tos
        with self.lock:
            self.tried.append(message)
            step = self.steps.pop(0) if self.steps else "take"
        if step == "stall":
            await asyncio.sleep(40)
            return "451 too late"
        if callable(step):
            step()
        elif step != "take":
            return step
        with self.lock:
            self.messages.append(message)
        return "250 taken"

    def wait(self, count, seconds=30):
        """Waits for so many messages in all; gives those that came."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and len(self.messages) < count:
            time.sleep(0.1)
        return list(self.messages)


def free_port():
    import socket
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class World(Server):
    """Waybill with one subscriber, and causes for notices."""

    def __init__(self, program):
        super().__init__(program)
        self.process.kill()
        self.process.wait()
        self.certificate()
        self.causes = 0
        with open(os.path.join(self.folder, "password"), "wb") as file:
            file.write(PASSWORD + b"\n")
        bundle = os.path.join(self.folder, "authorities.pem")
        with open(bundle, "w") as file:
            for part in (AUTHORITIES, self.authority):
                if os.path.exists(part):
                    file.write(open(part).read())
        subprocess.run(["mount", "--bind", bundle, AUTHORITIES], check=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def serve(self, receiver, password="password"):
        self.start("--smtp", receiver.url, "--smtp-from", "waybill@acme.example", "--smtp-user", USER.decode(),
                   "--smtp-password-file", self.path(password), "--public-url", "https://waybill.example/")

    def kill(self):
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def end(self):
        self.process.terminate()
        self.process.wait(60)

    def call(self, kind, **fields):
        body = json.dumps({"requestType": kind, "userKey": self.key, **fields}).encode()
        request = urllib.request.Request(f"{self.url}/api/v1.4", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            made = json.loads(answer.read())
        if "errorCode" in made:
            sys.exit(f"{kind}: {made}")
        return made

    def subscribe(self, *events, **fields):
        return self.call("waybillAddSubscription", orgToken=self.org, events=list(events), **fields)["id"]

    def cause(self):
        """A vulnerability of a library that both projects have; gives its name once that is to be said."""
        self.causes += 1
        name = f"CVE-2026-{9000 + self.causes}"
        self.run("import", "advisories", self.file(f"{name}.json", {**ADVISORY, "id": name, "aliases": []}), "--json")
        for _ in range(300):
            if self.rows(f"SELECT 1 FROM notice_item WHERE subject = '{name}' UNION SELECT 1 FROM notice_message WHERE body LIKE '%{name}%'"):
                return name
            time.sleep(0.1)
        sys.exit(f"nobody has anything to say of {name}: {open(self.path('log')).read()[-2000:]}")

    def rows(self, sql):
        base = sqlite3.connect(os.path.join(self.data, "waybill.sqlite"), timeout=30, isolation_level=None)
        try:
            return base.execute(sql).fetchall()
        finally:
            base.close()

    def hurry(self):
        """Has what waits for its time made and sent now."""
        self.rows("UPDATE subscription SET run_at = 1 WHERE run_at > 0 AND rhythm = 'NOW'")
        self.rows("UPDATE notice_message SET run_at = 1 WHERE state = 'PENDING'")

    def until(self, sql, what, seconds=60):
        for _ in range(seconds * 10):
            if self.rows(sql):
                return True
            time.sleep(0.1)
        check(False, f"{what}: {self.rows('SELECT state, attempt, error FROM notice_message')}")
        return False

    def states(self):
        return [state for (state,) in self.rows("SELECT state FROM notice_message ORDER BY id")]


def identifiers(messages):
    return [message["Message-ID"] for message in messages]


def about(messages, name):
    return [message for message in messages if name in message["Subject"]]


def secret(world, receiver):
    """Signed in, after STARTTLS: one message for one cause in two projects."""
    name = world.cause()
    world.hurry()
    messages = receiver.wait(1)
    check(len(messages) == 1, "STARTTLS: one message for one cause in two projects")
    message = messages[0]
    check(message.is_secret and message.receivers == ["admin@acme.example"], "STARTTLS: TLS was spoken, and somebody signed in")
    kinds = [part.get_content_type() for part in message.walk() if not part.is_multipart()]
    check(kinds == ["text/plain", "text/html"], f"two parts say the same: {kinds}")
    text = message.get_body(("plain",)).get_content()
    check(all(word in text for word in (name, "Shop / Cart", "Shop / Search")), "the text names the flaw and both projects")
    page = message.get_body(("html",)).get_content()
    check(name in page and "<td>Cart</td>" in page, "the page does, too")
    check(bool(re.fullmatch(r"<[0-9a-f]{32}@acme.example>", message["References"] or "")), "messages about a flaw are a thread")


def unreliable(world, receiver):
    """Refusals for now, a stall, and hours away: the same message comes once."""
    before = len(receiver.messages)
    receiver.steps = ["451 later", "stall"]
    name = world.cause()
    mine = f"SELECT 1 FROM notice_message WHERE body LIKE '%{name}%' AND "
    for words in ("451", "timeout"):
        # An attempt that comes to nothing else is followed by another.
        for _ in range(3):
            tried = len(receiver.tried)
            world.hurry()
            world.until(mine + "error <> '' AND run_at > 1", "a failure is written down")
            if len(receiver.tried) > tried:
                break
        world.until(mine + f"error LIKE '%{words}%'", f"the reason is written down ({words})")
    receiver.stop()
    world.hurry()
    world.until(mine + "error LIKE '%connect%'", "nobody is there")
    check(world.call("waybillGetSubscriptions", orgToken=world.org)["subscriptions"][0]["waiting"] == 1, "the message waits, and is counted")
    receiver.start()
    world.hurry()
    messages = about(receiver.wait(before + 1), name)
    check(len(messages) == 1, "a receiver that failed, stalled, died and came back has the message once")
    tried = [message for message in receiver.tried if name in message["Subject"]]
    check(len(tried) == 3 and len(set(identifiers(tried))) == 1, "each attempt had the same Message-ID")
    world.until(mine + "state = 'DONE'", "it is done")


def killed(world, receiver):
    """kill -9 before a message is made, and between the receiver's 250 and the row that says so."""
    before = len(receiver.messages)
    name = world.cause()
    world.kill()
    world.serve(receiver)
    world.hurry()
    check(len(about(receiver.wait(before + 1), name)) == 1, "kill -9 before the message was made: it comes")

    receiver.steps = [world.kill]
    name = world.cause()
    world.hurry()
    receiver.wait(before + 2)
    check(world.states()[-1] == "PENDING", "kill -9 while the receiver takes the message: nobody wrote down that it was taken")
    world.serve(receiver)
    time.sleep(3)
    check(len(about(receiver.messages, name)) == 1, "the message is the dead sender's while its lease lasts")
    world.hurry()
    copies = about(receiver.wait(before + 3), name)
    check(len(copies) == 2 and len(set(identifiers(copies))) == 1, "it is sent again, by the same Message-ID, for no one can know")
    world.until(f"SELECT 1 FROM notice_message WHERE body LIKE '%{name}%' AND state = 'DONE'", "it is done")
    time.sleep(3)
    check(len(about(receiver.messages, name)) == 2, "and not once more")


def refused(world, receiver):
    """What is refused for good is set aside, and holds up nothing."""
    before = len(receiver.messages)
    receiver.steps = ["550 nobody of that name"]
    first = world.cause()
    world.hurry()
    world.until(f"SELECT 1 FROM notice_message WHERE body LIKE '%{first}%' AND state = 'FAILED'", "it is given up")
    second = world.cause()
    world.hurry()
    messages = receiver.wait(before + 1)
    check(not about(messages, first) and len(about(messages, second)) == 1, "a message that is refused for good is set aside")
    shown = world.call("waybillGetSubscriptions", orgToken=world.org)["subscriptions"][0]
    check(shown["failed"] == 1 and "550" in shown["lastError"], f"and is shown: {shown}")


def empty(world, receiver):
    """A digest comes when there is nothing to say."""
    before = len(receiver.messages)
    number = world.subscribe("FIX", rhythm="DAILY")
    world.rows(f"UPDATE subscription SET run_at = 1 WHERE id = {number}")
    messages = receiver.wait(before + 1)
    check([message["Subject"] for message in messages[before:]] == ["Daily digest: nothing new"], "an empty digest is sent")
    world.call("waybillRemoveSubscription", orgToken=world.org, subscriptionId=number)


def scheduled(world, receiver):
    """A report that a schedule made comes with the mail."""
    before = len(receiver.messages)
    number = world.subscribe("SCHEDULED_REPORT")
    world.call("waybillAddSchedule", orgToken=world.org, cron="0 0 1 1 *", reportType="OrgInventoryReport", format="json")
    world.rows("UPDATE schedule SET run_at = 1")
    world.until("SELECT 1 FROM notice_item WHERE kind = 'SCHEDULED_REPORT'", "the report is made")
    world.hurry()
    messages = receiver.wait(before + 1)[before:]
    files = [part for message in messages for part in message.iter_attachments()]
    check(len(messages) == 1 and "Scheduled report" in messages[0]["Subject"], "one mail for the report")
    content = files[0].get_payload(decode=True) if len(files) == 1 else b""
    check(zipfile.is_zipfile(io.BytesIO(content)) and files[0].get_filename().endswith(".zip"), "the ZIP is attached, and can be opened")
    world.call("waybillRemoveSubscription", orgToken=world.org, subscriptionId=number)


def strangers(world, receiver):
    """A certificate by an unknown authority, and a wrong password: nothing is sent, and why is shown."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "odd.key", "-out", "odd.pem", "-days", "2", "-subj",
         "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"], cwd=world.folder, check=True, capture_output=True)
    odd = Receiver((world.path("odd.pem"), world.path("odd.key")))
    with open(world.path("wrong"), "w") as file:
        file.write("wrong\n")
    for receiver, password, words in ((odd, "password", "certificate"), (receiver, "wrong", "")):
        world.end()
        world.serve(receiver, password)
        tried = len(receiver.tried)
        name = world.cause()
        world.hurry()
        world.until(f"SELECT 1 FROM notice_message WHERE body LIKE '%{name}%' AND error LIKE '%{words}%' AND error <> ''", words or "sign-in")
        check(len(receiver.tried) == tried and world.states()[-1] == "PENDING", f"nothing is sent: {words or 'a wrong password'}")
    odd.stop()


def main():
    world = World(os.path.abspath(sys.argv[1]))
    certificate = (world.path("tls.pem"), world.path("tls.key"))
    receiver = Receiver(certificate)
    try:
        world.serve(receiver)
        world.subscribe("VULNERABILITY")
        for part in (secret, unreliable, killed, refused, empty, scheduled):
            print(f"-- {part.__doc__}")
            part(world, receiver)
        implicit = Receiver(certificate, implicit=True)
        world.end()
        world.serve(implicit)
        name = world.cause()
        world.hurry()
        check(len(about(implicit.wait(1), name)) == 1, "TLS from the beginning (smtps): the message came, and somebody signed in")
        implicit.stop()
        print(f"-- {strangers.__doc__}")
        strangers(world, receiver)
    finally:
        receiver.stop()
        if world.process.poll() is None:
            world.end()
        if failures:
            print(open(world.path("log")).read()[-4000:])
        shutil.rmtree(world.folder, ignore_errors=True)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
