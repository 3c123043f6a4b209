"""A running Chromium that opens pages: wide and narrow, light and dark, with scripts and without. In each look,
nothing may run out of the window, no texts may overlap, and all can be read. It keeps a picture of each."""

import asyncio
import base64
import json
import pathlib

from websockets.asyncio.client import connect

import options
from remote import DevTools

arguments = options.parse("websockets", "--remote", "--screenshots", "--pages")

PROBLEMS = pathlib.Path(__file__).with_name("pages.mjs").read_text()

WINDOWS = {"wide": (1280, 900), "narrow": (390, 844), "narrowest": (360, 640)}

# The cases that can be seen.
CASES = "[...document.querySelectorAll('[data-severity]')].filter((one) => one.checkVisibility()).length"

# The title of a page with a connection shows when it is established.
READY = """(async () => {
  while (document.title.startsWith('connecting')) await new Promise(requestAnimationFrame);
})()"""

EVERY = "document.querySelectorAll('[data-severity]').length"

SET = """((name, value) => {
  const form = document.querySelector('#filters');
  form.elements[name].value = value;
  form.elements[name].dispatchEvent(new Event('input', { bubbles: true }));
})(%s, %s)"""


async def look(remote, page, window, scheme, scripts):
    width, height = WINDOWS[window]
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    await remote.in_page("Emulation.setDeviceMetricsOverride", metrics)
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    await remote.in_page("Emulation.setEmulatedMedia", media)
    await remote.in_page("Emulation.setScriptExecutionDisabled", {"value": not scripts})
    await remote.go(page)
    if scripts:
        await remote.evaluate(READY)
    wrong = await problems(remote, window, scheme)
    await remote.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    opened = await problems(remote, window, scheme)
    await remote.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = false))")
    return wrong + [problem for problem in opened if problem not in wrong]


async def problems(remote, window, scheme):
    width, _ = WINDOWS[window]
    return await remote.evaluate(f"{PROBLEMS}\nproblems({width}, {json.dumps(scheme == 'dark')})")


async def picture(remote, path):
    size = (await remote.in_page("Page.getLayoutMetrics", {}))["cssContentSize"]
    clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 16000), "scale": 1}
    path.write_bytes(base64.b64decode(await remote.screenshot(clip=clip, captureBeyondViewport=True)))


async def use(remote, window):
    """Uses the filters and the button, and returns what does not work."""
    wrong = []
    await remote.evaluate(SET % ("'result'", "''"))
    every = await remote.evaluate(CASES)
    await remote.evaluate(SET % ("'severity'", "'MUST'"))
    must = await remote.evaluate(CASES)
    await remote.evaluate(SET % ("'text'", "'nocasehasthis'"))
    none = await remote.evaluate(CASES)
    if not every > must > none == 0:
        wrong.append(f"of {every} cases, filters show {must} and {none}")
    for scheme in ["light", "dark"]:
        await remote.evaluate("document.querySelector('#theme').click()")
        wrong += await problems(remote, window, scheme)
    # It is kept for the next page.
    await remote.evaluate("document.querySelector('#theme').click()")
    return wrong


async def main():
    folder = pathlib.Path(arguments.screenshots)
    failed = []
    async with connect(arguments.remote, max_size=None, proxy=None, compression=None) as socket:
        remote = DevTools(socket)
        await remote.open_empty()
        for name, page in json.loads(arguments.pages).items():
            for window in WINDOWS:
                for scheme, scripts in [("light", True), ("dark", True), ("dark", False)]:
                    wrong = await look(remote, page, window, scheme, scripts)
                    what = f"{name}-{window}-{scheme}" + ("" if scripts else "-without-scripts")
                    await picture(remote, folder / f"{what}.png")
                    has_filters = await remote.evaluate("document.querySelector('#filters') !== null")
                    if scripts and has_filters:
                        wrong += await use(remote, window)
                    if not scripts and has_filters:
                        shown, every = await remote.evaluate(f"[{CASES}, {EVERY}]")
                        if shown != every:
                            wrong.append(f"without scripts, {shown} of {every} cases are shown")
                    print(f"{what}: {'ok' if not wrong else 'FAILED'}")
                    failed += [f"{what}: {problem}" for problem in wrong]
        await remote.close()
    if failed:
        raise SystemExit("\n".join(failed))


asyncio.run(main())
