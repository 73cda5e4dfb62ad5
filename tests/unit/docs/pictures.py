"""The pictures of the README, made of the demo: ``python -m tests.unit.docs.pictures``.

The picture of the report needs Chromium and its driver.
"""

import shutil
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from numpy.typing import NDArray

from openface_core.media import open_media
from pipelines.demo import demo
from pipelines.demo_corpus.arguments import RESULTS_FOLDER, DemoArguments
from pipelines.export import export
from pipelines.export_job.arguments import ExportArguments
from tests.fixtures.places import REPOSITORY

PICTURES = REPOSITORY / "docs" / "images"
CLIP, FRAME = "brows_and_smile", 112
WIDTH_PX, HEIGHT_PX = 1000, 1200
QUALITY = 82


def main() -> int:
    """Make both pictures."""
    PICTURES.mkdir(exist_ok=True)
    with TemporaryDirectory() as name:
        folder = Path(name)
        demo(DemoArguments(str(folder), run=True, quiet=True))
        results = folder / RESULTS_FOLDER
        export(
            ExportArguments(
                str(results), str(folder / "exports"), ("overlay",), (CLIP,), quiet=True
            )
        )
        write(PICTURES / "overlay.jpg", frame_of(folder / "exports" / "overlay" / f"{CLIP}.mp4"))
        page = results / "report" / "report" / f"{CLIP}.html"
        write(PICTURES / "report.jpg", screenshot(page))
    return 0


def frame_of(video: Path) -> NDArray[np.uint8]:
    with open_media(str(video)) as media:
        return next(frame.image for frame in media if frame.index == FRAME)


def screenshot(page: Path) -> NDArray[np.uint8]:
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or "chromium"
    for argument in ("--headless=new", "--no-sandbox", "--hide-scrollbars"):
        options.add_argument(argument)
    options.add_argument(f"--window-size={WIDTH_PX},{HEIGHT_PX + 200}")
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    with webdriver.Chrome(options=options, service=service) as driver:
        driver.get(page.as_uri())
        driver.execute_script("document.getElementById('face-0').scrollIntoView()")
        driver.execute_script("document.getElementById('tools').hidden = true")
        time.sleep(1)
        content = np.frombuffer(driver.get_screenshot_as_png(), np.uint8)
    picture = cv2.imdecode(content, cv2.IMREAD_COLOR)
    assert picture is not None
    return np.asarray(picture[:HEIGHT_PX], dtype=np.uint8)


def write(path: Path, picture: NDArray[np.uint8]) -> None:
    cv2.imwrite(str(path), picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])


if __name__ == "__main__":
    sys.exit(main())
