#!/usr/bin/env python3
"""Takes the README's picture of the console with Debian's chromium: screenshot.py BINARY PICTURE"""
import json
import pathlib
import subprocess
import sys
import tempfile

from PIL import Image
from playwright.sync_api import sync_playwright

BINARY, PICTURE = sys.argv[1:]
EXAMPLES = pathlib.Path(__file__).parents[2] / "Examples"


def main():
    with tempfile.TemporaryDirectory() as data:
        def waybill(*words):
            done = subprocess.run([BINARY, *map(str, words), "--data", data, "--json"], check=True, capture_output=True, text=True)
            return json.loads(done.stdout)

        made = waybill("init", "--organization", "Example Shop", "--email", "you@example.org")
        waybill("import", "sbom", *sorted((EXAMPLES / "sboms").iterdir()), "--org", made["orgToken"], "--product", "Shop")
        waybill("import", "advisories", EXAMPLES / "advisories")
        waybill("import", "vex", *sorted((EXAMPLES / "vex").iterdir()), "--org", made["orgToken"])
        words = [BINARY, "serve", "--listen", "127.0.0.1:0", "--data", data, "--log-level", "error"]
        server = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        try:
            shoot(server.stdout.readline().split()[-1], made["userKey"])
        finally:
            server.terminate()
            server.wait()
    # Few colours are enough, and a tenth of the bytes.
    Image.open(PICTURE).convert("RGB").quantize(32, dither=Image.Dither.NONE).save(PICTURE, optimize=True)


def shoot(address, key):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1100, "height": 720})
        page.goto(address)
        page.fill("input[name=userKey]", key)
        page.click("button")
        for name in ("Shop", "Cart"):
            page.click(f'th a:text-is("{name}")')
            page.wait_for_load_state()
        page.screenshot(path=PICTURE)
        browser.close()


main()
