"""A headless Chromium that opens pages of this machine without a network, and a static server for them."""

import contextlib
import functools
import http.server
import shutil
import threading

import pytest

_CHROMIUM, _DRIVER = (shutil.which(name) for name in ("chromium", "chromedriver"))
_ARGUMENTS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
# No address except this machine's.
_HOSTS = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost"


@contextlib.contextmanager
def opened_browser(folder):
    """Yields a Selenium driver with an empty profile in a folder. Skips the test if there is no Chromium."""
    if not (_CHROMIUM and _DRIVER):
        pytest.skip("chromium or chromedriver is not installed")
    webdriver = pytest.importorskip("selenium.webdriver", reason="the extra `test` is not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = _CHROMIUM
    for argument in (*_ARGUMENTS, _HOSTS, f"--user-data-dir={folder}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(_DRIVER))
    try:
        yield driver
    finally:
        driver.quit()


def resize(driver, width, height=900, scheme="light"):
    """Sets the size of the page in pixels, also below the least width of a window, and the colour scheme."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


@contextlib.contextmanager
def served(folder):
    """Yields the address of a folder on a static server of Python."""
    handler = functools.partial(_QuietHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("localhost", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://localhost:{server.server_port}/"
        finally:
            server.shutdown()


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass
