"""Opens pages of `kt.explain` in a browser, and presses keys."""

_READY = "return document.body.dataset.ready === 'true'"


def open_page(driver, path):
    from selenium.webdriver.support.wait import WebDriverWait  # noqa: PLC0415 (an optional dependency)

    driver.get(path.as_uri())
    WebDriverWait(driver, 30).until(lambda driver: driver.execute_script(_READY))


def find(driver, selector):
    return driver.find_element("css selector", selector)


def canvas_of(driver, view, picture=False):
    return driver.find_elements("css selector", f'[data-name="{view}"] canvas')[picture]


def press(element, *keys):
    from selenium.webdriver.common.keys import Keys  # noqa: PLC0415 (an optional dependency)

    for key in keys:
        element.send_keys(getattr(Keys, key))


def run_on_grid(driver, view, script, picture=False):
    """Runs a script with the `grid` of a view and its place `scroll`, and returns its result.

    The script may use `await nextFrame()`.
    """
    start = (
        "const done = arguments[2];"
        "const nextFrame = () => new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(then)));"
        "const view = page.views.find(({ options }) => options.id === arguments[0]);"
        "const grid = view.grids[Number(arguments[1])], scroll = grid.canvas.parentElement;"
    )
    return driver.execute_async_script(f"{start} (async () => {{ {script} }})().then(done, done);", view, picture)


def scroll_to_grid(driver, view):
    script = "scroll.scrollIntoView({ block: 'center', behavior: 'instant' }); await nextFrame();"
    run_on_grid(driver, view, script)
