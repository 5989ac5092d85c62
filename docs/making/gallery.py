"""The pictures of the gallery, made anew: `python docs/making/gallery.py`, with Playwright and Chromium."""

import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import city
from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).parent.parent / "gallery"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def make(wanted):
    """Run each command in a folder of its own, and keep the chart or the look of the page it wrote."""
    pictures = tomllib.loads((FOLDER / "pictures.toml").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as made, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        subprocess.run(["carecircles", "init", "mydistrict"], cwd=made, check=True)
        city.write(Path(made) / "city")
        for name, picture in pictures.items():
            if wanted and name not in wanted:
                continue
            subprocess.run(picture["command"].split(), cwd=made, check=True)
            written = Path(made) / picture["file"]
            if written.suffix == ".png":
                shutil.copyfile(written, FOLDER / f"{name}.png")
                continue
            page = browser.new_page(viewport={"width": 1200, "height": 750})
            page.goto(written.as_uri())
            page.wait_for_timeout(1500)
            page.screenshot(path=FOLDER / f"{name}.png")
            page.close()
        browser.close()


if __name__ == "__main__":
    make(sys.argv[1:])
