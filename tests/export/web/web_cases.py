"""The page of an exported folder in a browser."""

import contextlib
import time

from browser import opened_browser, served

SECONDS = 120


class Page:
    """The page of a folder in a browser."""

    def __init__(self, driver):
        self.driver = driver

    def find(self, selector):
        return self.driver.find_element("css selector", selector)

    def data(self, name):
        return self.driver.execute_script("return document.body.dataset[arguments[0]]", name)

    def wait(self, is_true, what):
        end = time.monotonic() + SECONDS
        while not is_true():
            if time.monotonic() > end:
                raise TimeoutError(f"{what}: {self.find('body').text} {self.driver.get_log('browser')}")
            time.sleep(0.02)

    def open(self, address):
        self.driver.get(address)
        self.wait(lambda: self.data("ready"), "the page is not ready")

    def lines(self, is_line):
        """Sets whether lines are translated as sentences."""
        box = self.find("#split")
        if box.is_selected() == is_line:
            box.click()

    def write(self, text):
        """Writes a text and waits for its translation."""
        script = """
            const source = document.querySelector("#source");
            source.value = arguments[0];
            document.body.dataset.done = "";
            source.dispatchEvent(new InputEvent("input"));
        """
        self.driver.execute_script(script, text)
        self.wait(lambda: self.data("done") == text, "the text is not translated")

    @property
    def translation(self):
        return self.find("#target").get_property("textContent")

    @property
    def alternatives(self):
        return [
            each.get_property("textContent") for each in self.driver.find_elements("css selector", "#alternatives bdi")
        ]


@contextlib.contextmanager
def opened_page(site, profile):
    """Yields the `Page` of a folder and a function that stops its server."""
    with contextlib.ExitStack() as server, opened_browser(profile) as driver:
        address = server.enter_context(served(site))
        page = Page(driver)
        page.open(address)
        yield page, server.close
