"""simulator.py PROGRAM FOLDER [WORD...]: plays each scene with the simulator PROGRAM in a headless Chromium, or those
that have one of the words in their name, and writes a picture of each into FOLDER. `--picture` renews that of the
README.
"""

import base64
import io
import sys
from pathlib import Path

from PIL import Image
from simulator_fleet import FLEET
from simulator_page import Browser
from simulator_scenes import SCENES, charging_at_its_best

PICTURE = Path(__file__).resolve().parents[1] / "src/guide/simulator.webp"
PICTURE_BYTES_MAX = 60 * 1024


def main():
    program, folder, *words = sys.argv[1:]
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with Browser(program, folder) as browser:
        if words == ["--picture"]:
            return take_picture(browser)
        scenes = [scene for scene in SCENES + FLEET if not words or any(word in scene.__name__ for word in words)]
        if not scenes:
            sys.exit(f"no scene has one of these words: {' '.join(words)}")
        for scene in scenes:
            browser.play(scene)
        print(f"{len(scenes)} scenes, pictures in {folder}")


def take_picture(browser):
    """Small enough to stand at the top of the README."""
    png = browser.picture_of(charging_at_its_best)
    image = Image.open(io.BytesIO(png)).convert("RGB")
    for colours in (256, 192, 128, 96, 64):
        content = io.BytesIO()
        image.quantize(colours, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).convert("RGB").save(
            content, "WEBP", lossless=True, method=6
        )
        if content.tell() <= PICTURE_BYTES_MAX:
            PICTURE.write_bytes(content.getvalue())
            uri = "data:image/webp;base64," + base64.b64encode(content.getvalue()).decode()
            PICTURE.with_suffix(".uri").write_text(uri + "\n")
            return print(f"{PICTURE.name}: {content.tell()} bytes, {image.width} x {image.height}, {colours} colours")
    sys.exit("the picture does not become small enough")


main()
