"""
The site as somebody opens it from disk, without a network: `python docs/making/looking.py build/site`.

On a phone and at a desk nothing is asked of the network, no script fails, no page is wider than the window, search finds in both
languages, maps are alive, and axe-core has nothing serious to say. Ends with status 1 where that is not so.
"""

import shutil
import sys
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import TimeoutError, sync_playwright

WIDTHS = (390, 1440)
PAGES = (
    "index.html",
    "tutorial/01-first-look.html",
    "howto/own-district.html",
    "zh/howto/own-district.html",
    "reference/commands/evaluate.html",
    "reference/api/equity.html",
    "reference/glossary.html",
    "explanation/formulas.html",
    "gallery/index.html",
)
ASKED = {  # where a search must lead
    "budget phases": "howto/sites.html",
    "助餐服务": "zh/",
    "居家养老服务中心": "zh/howto/own-district.html",
    "坐标系": "zh/howto/office-workbook.html",
}
OURS = ("file:", "data:", "about:", "blob:")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]


def look(site):
    """All that is wrong with the site, a line each."""
    wrong = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        for width in WIDTHS:
            context = browser.new_context(viewport={"width": width, "height": 900}, offline=True)
            page = _opened(context, wrong)
            for name in PAGES:
                where = f"{name} at {width}"
                page.goto((site / name).as_uri())
                page.wait_for_load_state("load")
                if (more := page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
                    wrong.append(f"{where}: wider than the window by {more}")
                if missing := page.evaluate(
                    "[...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src)"
                ):
                    wrong.append(f"{where}: no picture {missing}")
                maps = page.locator("iframe[srcdoc]")
                if (
                    maps.count()
                    and not maps.first.content_frame.locator(".leaflet-container").count()
                ):
                    wrong.append(f"{where}: a map that is not alive")
                wrong += [f"{where}: {said}" for said in serious(page)] if width == 390 else []
            for query, target in ASKED.items():
                where = f"search for {query!r} at {width}"
                page.goto(f"{(site / 'search.html').as_uri()}?q={query}")
                # results come one after another: wait for the one, not for the first
                found = page.locator("#search-results li a")
                try:
                    found.and_(page.locator(f'[href*="{target}"]')).first.wait_for(timeout=20_000)
                except TimeoutError:
                    links = [link.get_attribute("href") for link in found.all()]
                    wrong.append(f"{where}: {links[:5]}, not {target}")
            context.close()
        browser.close()
    return wrong


def _opened(context, wrong):
    """A page that tells what its scripts fail at and what it asks for."""
    page = context.new_page()
    page.on("pageerror", lambda err: wrong.append(f"{page.url}: {err}"))

    def heard(request):
        if not request.url.startswith(OURS):
            wrong.append(f"{page.url}: asks for {request.url}")

    page.on("request", heard)
    return page


def serious(page):
    """What axe-core calls serious or critical, beside the maps, which have tests of their own."""
    found = Axe().run(page, context={"exclude": [["iframe"]]})
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:200]}"
        for one in found.response["violations"]
        if one["impact"] in ("serious", "critical")
    ]


if __name__ == "__main__":
    problems = look(Path(sys.argv[1]).resolve())
    print(*problems, sep="\n")
    sys.exit(1 if problems else 0)
