"""Reports in Chromium: what a person at a screen, with a keyboard or on paper gets."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipelines.export_job.report_arguments import ReportArguments
from pipelines.report import report
from tests.fixtures.runs.clip_corpus import IN_MEMORY
from tests.fixtures.runs.landmark_corpus import LandmarkCorpus

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
TEXT_CONTRAST = 4.5  # WCAG 2.2, level AA
GRAPHICS_CONTRAST = 3.0

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None or DRIVER is None, reason="no Chromium"),
]


@dataclass
class Browser:
    """Chromium without a screen."""

    driver: Any

    def open(self, path: Path) -> None:
        self.driver.get(path.as_uri())

    def run(self, script: str) -> Any:
        return self.driver.execute_script(script)

    def wait_for(self, condition: str) -> None:
        from selenium.webdriver.support.ui import WebDriverWait

        WebDriverWait(self.driver, 20).until(lambda _: self.run(f"return {condition}"))

    def emulate(self, **features: Any) -> None:
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", features)

    def scroll_through(self) -> None:
        height = self.run("return document.documentElement.scrollHeight")
        for y in range(0, height, 400):
            self.run(f"scrollTo(0, {y})")
        self.wait_for(
            "document.querySelectorAll('figure.chart').length === "
            "document.querySelectorAll('figure[data-drawn]').length"
        )

    @property
    def complaints(self) -> list[dict[str, Any]]:
        return list(self.driver.get_log("browser"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    webdriver = pytest.importorskip("selenium.webdriver")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.add_argument("--window-size=1200,1000")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(DRIVER)
    driver = webdriver.Chrome(options=options, service=service)
    yield Browser(driver)
    driver.quit()


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reports")
    corpus = LandmarkCorpus(folder)
    corpus.write("d", 3, 60)
    corpus.run()
    found = report(ReportArguments(str(corpus.output), quiet=True, beam=IN_MEMORY))
    assert found.written == 4
    return Path(str(found.index)).parent


@pytest.fixture
def page(browser: Browser, reports: Path) -> Browser:
    browser.emulate(media="", features=[])
    browser.open(reports / "report" / "d.html")
    browser.wait_for("document.querySelector('figure[data-drawn]')")
    return browser


def test_timelines_are_drawn_without_a_complaint(page: Browser) -> None:
    page.scroll_through()
    assert page.run("return document.querySelectorAll('canvas').length") > 20
    painted = page.run(
        "return [...document.querySelectorAll('canvas')].every((c) => "
        "c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v) => v > 0))"
    )
    assert painted
    assert page.complaints == []


def test_zoom_by_button_and_keyboard(page: Browser) -> None:
    from selenium.webdriver.common.keys import Keys

    before = page.run("return document.getElementById('range').textContent")
    button = page.driver.find_element("css selector", "[data-do='in']")
    button.send_keys(Keys.ENTER)
    after = page.run("return document.getElementById('range').textContent")
    assert after != before
    page.driver.find_element("css selector", "[data-do='later']").send_keys(Keys.SPACE)
    moved = page.run("return document.getElementById('range').textContent")
    assert moved not in (before, after)
    page.driver.find_element("css selector", "[data-do='all']").click()
    assert page.run("return document.getElementById('range').textContent") == before


def test_zoom_by_dragging(page: Browser) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    before = page.run("return document.getElementById('range').textContent")
    chart = page.driver.find_element("css selector", "figure[data-drawn] .u-over")
    page.run("document.querySelector('figure[data-drawn]').scrollIntoView({block: 'center'})")
    chain = ActionChains(page.driver).move_to_element(chart).click_and_hold()
    chain.move_by_offset(200, 0).release().perform()
    assert page.run("return document.getElementById('range').textContent") != before


def test_the_keyboard_reaches_everything(page: Browser) -> None:
    from selenium.webdriver.common.keys import Keys

    wanted = page.run(
        "return [...document.querySelectorAll('a, button, [tabindex=\"0\"]')]"
        ".filter((e) => !e.hidden && !e.closest('[hidden]')).length"
    )
    page.run("document.activeElement.blur(); scrollTo(0, 0)")
    reached = set()
    for _ in range(wanted + 5):
        page.driver.switch_to.active_element.send_keys(Keys.TAB)
        reached.add(
            page.run(
                "const e = document.activeElement; return e === document.body ? '' : "
                "e.tagName + (e.id || e.dataset.do || e.getAttribute('href') || "
                "e.getAttribute('aria-label'))"
            )
        )
    assert len(reached - {""}) == wanted


CONTRASTS = """
const parse = (c) => c.match(/[\\d.]+/g).slice(0, 3).map(Number);
const light = (c) => { const [r, g, b] = parse(c).map((v) => { v /= 255;
  return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const ground = (e) => { for (; e; e = e.parentElement) {
  const c = getComputedStyle(e).backgroundColor;
  if (!/, 0\\)$/.test(c)) return c; } return 'rgb(255,255,255)'; };
const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p);
  return (x + 0.05) / (y + 0.05); };
const texts = [...document.querySelectorAll('body *')].filter((e) =>
  [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()) &&
  !['SCRIPT', 'STYLE'].includes(e.tagName) && e.getClientRects().length);
const root = getComputedStyle(document.documentElement);
const body = getComputedStyle(document.body);
const probe = document.createElement('i'); document.body.append(probe);
const colour = (name) => { probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color; };
return [Math.min(...texts.map((e) => ratio(getComputedStyle(e).color, ground(e)))),
  Math.min(...['--fill', '--mark'].map((c) => ratio(colour(c), colour('--panel'))))];
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(page: Browser, scheme: str) -> None:
    page.emulate(features=[{"name": "prefers-color-scheme", "value": scheme}])
    text, graphics = page.run(CONTRASTS)
    assert text >= TEXT_CONTRAST
    assert graphics >= GRAPHICS_CONTRAST


def test_on_paper(page: Browser) -> None:
    page.scroll_through()
    page.emulate(media="print")
    assert page.run(
        "return [...document.querySelectorAll('figure.chart')].every((f) => "
        "getComputedStyle(f.querySelector('svg')).display === 'block' && "
        "getComputedStyle(f.querySelector('.uplot')).display === 'none')"
    )
    assert page.run("return getComputedStyle(document.getElementById('tools')).display") == "none"


def test_without_scripts(browser: Browser, reports: Path) -> None:
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.open(reports / "report" / "d.html")
        figures = browser.driver.find_elements("css selector", "figure.chart svg")
        assert len(figures) > 20
        assert all(figure.is_displayed() for figure in figures)
        assert not browser.driver.find_element("id", "tools").is_displayed()
        browser.open(reports / "index.html")
        assert len(browser.driver.find_elements("css selector", "#table a")) == 4
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_the_index(browser: Browser, reports: Path) -> None:
    browser.open(reports / "index.html")
    browser.wait_for("document.documentElement.dataset.ready")

    def ids() -> list[str]:
        return [e.text for e in browser.driver.find_elements("css selector", "tbody a")]

    assert ids() == ["a", "b", "c", "d"]
    browser.driver.find_element("xpath", "//th/button[text()='Frames']").click()
    assert ids()[0] == "d"
    browser.driver.find_element("id", "name").send_keys("c")
    assert ids() == ["c"]
    browser.driver.find_element("css selector", "tbody a").click()
    browser.wait_for("document.title === 'c: report'")
    assert browser.complaints == []
