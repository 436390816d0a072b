"""A real browser without a window: Debian's Chromium. A pytest plugin: it offers the fixture `browser`."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

_AXE = Path(__file__).parents[2] / ".venv" / "npm" / "node_modules" / "axe-core" / "axe.min.js"


class Browser:
    """The browser, as a person uses it who reads and types."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver
        self.base = ""

    def go(self, path: str) -> None:
        """Open a page of the node at `base`."""
        self.driver.get(self.base + path)

    def find(self, selector: str) -> WebElement:
        """Find an element."""
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def click(self, text: str) -> None:
        """Click the link or button that says *text*, and wait for the page that this leads to."""
        self._follow(self.driver.find_element(By.XPATH, f"//*[self::a or self::button][normalize-space()={json.dumps(text)}]"))

    def type(self, selector: str, text: str) -> None:
        """Type into a field, and send the form."""
        field = self.find(selector)
        field.send_keys(text)
        self._follow(field.find_element(By.XPATH, "ancestor::form//button"))

    def _follow(self, element: WebElement) -> None:
        self.run("window.isBefore = true")
        element.click()
        # Asked in the midst of a change of pages the driver has answered with errors of several kinds.
        WebDriverWait(self.driver, 30, ignored_exceptions=[WebDriverException]).until(
            lambda _: self.run("return !window.isBefore && document.readyState === 'complete'")
        )

    def text(self) -> str:
        """What is to be read."""
        return self.find("body").text

    def run(self, script: str) -> Any:
        """Run a script in the page, as the developer's console would."""
        return self.driver.execute_script(script)

    def faults(self) -> list[str]:
        """Name what axe-core finds to be a serious fault of accessibility, or a critical one."""
        self.run(_AXE.read_text(encoding="utf-8"))
        found = self.driver.execute_async_script("axe.run().then(result => arguments[0](result.violations))")
        serious = [each for each in found if each["impact"] in {"serious", "critical"}]
        return [f"{each['id']}: {node['html']}" for each in serious for node in each["nodes"]]

    def width(self, pixels: int) -> None:
        """Be a window of so many pixels, as a phone's."""
        metrics = {"width": pixels, "height": 800, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def scheme(self, name: str) -> None:
        """Be of somebody who likes it "light" or "dark"."""
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": name}]})


@pytest.fixture(scope="session")
def _driver() -> Iterator[webdriver.Chrome]:
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not program or not driver or not _AXE.exists():
        pytest.fail("this test needs Chromium and axe-core: run `make servers`")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1200,1000"):
        options.add_argument(argument)
    found = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    found.set_page_load_timeout(30)
    found.implicitly_wait(5)
    yield found
    found.quit()


@pytest.fixture
def browser(_driver: webdriver.Chrome) -> Browser:
    """Give a browser that has never been here."""
    _driver.delete_all_cookies()
    return Browser(_driver)
