"""A simulator and its page in a browser, as a person sees and uses them."""

import contextlib
import json
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from websockets.sync.client import connect

TIMEOUT = 20
DESKTOP, PHONE = (1440, 900), (390, 844)
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars",
]  # fmt: skip


class Failure(Exception):
    pass


def until(what, holds, timeout=TIMEOUT):
    """Waits for it, and returns what it was that held."""
    deadline = time.monotonic() + timeout
    while True:
        result = holds()
        if result:
            return result
        if time.monotonic() > deadline:
            raise Failure(f"waited in vain for {what}")
        time.sleep(0.05)


class Simulator:
    """The program, on a free port. It has started when it has told the `last` of its facts."""

    def __init__(self, program, folder, *arguments, listen="127.0.0.1:0", last="flash"):
        self.log = open(folder / "simulator.log", "a+b")
        self.process = subprocess.Popen(
            [program, "--listen", listen, *arguments], stdout=subprocess.PIPE, stderr=self.log, text=True
        )
        self.facts = {}
        for line in self.process.stdout:
            name, _, value = line.strip().partition("  ")
            self.facts[name] = value.strip()
            if name == last:
                break
        else:
            raise Failure(f"the simulator has not started: exit code {self.process.wait()}")

    @property
    def url(self):
        return self.facts["page"]

    def live(self, **options):
        """The WebSocket of the page, for a program."""
        address, _, token = self.url.partition("?")
        return connect(f"{address.replace('http', 'ws', 1)}live?{token}", max_size=None, proxy=None, **options)

    def end(self):
        """Waits for it; returns the exit code."""
        self.process.stdout.read()
        return self.process.wait(60)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)
        self.log.close()


class Browser:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder

    def __enter__(self):
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for flag in [*FLAGS, f"--user-data-dir={self.profile.name}"]:
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
        return self

    def __exit__(self, *_):
        self.driver.quit()
        self.profile.cleanup()

    def look(self, size=DESKTOP, is_dark=False, height=None):
        scheme = "dark" if is_dark else "light"
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        )
        metrics = {"width": size[0], "height": height or size[1], "deviceScaleFactor": 1, "mobile": size == PHONE}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def play(self, scene):
        """A scene in a simulator of its own. At the end the console of the page must be empty."""
        began = time.monotonic()
        print(f"{scene.__name__}: {scene.__doc__.strip()}", end=" ", flush=True)
        self.look()
        with contextlib.ExitStack() as stack:
            page = Page(self, stack)
            try:
                scene(page)
                page.confirm_console()
            finally:
                page.save(scene.__name__)
                self.driver.get("about:blank")  # before the simulator goes away
        print(f"{time.monotonic() - began:.1f} s", flush=True)

    def picture_of(self, scene):
        self.look((1400, 820))
        with contextlib.ExitStack() as stack:
            scene(Page(self, stack))
            return self.driver.get_screenshot_as_png()


class Page:
    """The page of a simulator. `states` are what it was told."""

    def __init__(self, browser, stack):
        self.browser, self.driver, self.stack = browser, browser.driver, stack
        self.simulator = None

    def open(self, *arguments, **options):
        self.simulator = self.start(*arguments, **options)
        self.load()
        return self

    def restart(self):
        """The process ends, and another one begins at the same address."""
        address = self.simulator.url.removeprefix("http://").rstrip("/")
        self.simulator.__exit__()
        until("the page to notice", lambda: self.one("#gone").is_displayed())
        self.simulator = self.start(listen=address)
        until("the page to come back", lambda: not self.one("#gone").is_displayed())
        self.driver.get_log("browser")  # that nobody was there

    def start(self, *arguments, **options):
        return self.stack.enter_context(Simulator(self.browser.program, self.browser.folder, *arguments, **options))

    def load(self):
        self.driver.get(self.simulator.url)
        self.driver.execute_async_script(
            "const done = arguments[0]; import('/page/feed.js').then(feed => { window.states = feed.states; done(); });"
        )
        until("the connectors", lambda: len(self.all("article")) == 2)

    def state(self, name):
        return self.driver.execute_script("return window.states[arguments[0]]", name)

    def connector(self, number=1):
        return self.state("connectors")[number - 1]

    def all(self, css):
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def one(self, css):
        return self.driver.find_element(By.CSS_SELECTOR, css)

    def card(self, number=1):
        return self.all("article")[number - 1]

    def click(self, text, inside="body", timeout=TIMEOUT):
        """The button with this text that can be seen."""
        place = self.one(inside) if isinstance(inside, str) else inside

        def button():
            buttons = place.find_elements(By.CSS_SELECTOR, "button, summary")
            return next((each for each in buttons if each.text.strip() == text and each.is_enabled()), None)

        until(f"the button {text}", button, timeout).click()

    def row(self, label):
        return self.one(f"[role=group][aria-label='{label}']")

    def until_status(self, status, number=1):
        """As the card shows it."""
        shown = lambda: self.card(number).find_element(By.CSS_SELECTOR, ".status").text
        until(f"{status} at connector {number}, it is {shown()}", lambda: shown() == status)

    def until_text(self, css, text):
        until(f"{text} in {css}, which is {self.one(css).text}", lambda: text in self.one(css).text)

    def until_told(self, text):
        until(f"the page to say {text}", lambda: text in self.one("#told").get_attribute("textContent"))

    def online(self):
        self.until_text("#link", "online")
        return self

    def charge(self, number=1, tag="DEADBEEF"):
        """Cable and card, until energy flows."""
        self.click("Plug in", self.card(number))
        self.until_status("Preparing", number)
        self.click(tag, self.card(number))
        self.until_status("Charging", number)
        until("energy", lambda: self.connector(number)["w"] > 0)

    def messages(self, action):
        return [row for row in self.all("#messages details") if row.find_element(By.CSS_SELECTOR, "b").text == action]

    def send(self, **command):
        """A command as a program gives it, beside the page."""
        with self.simulator.live() as socket:
            socket.send(json.dumps(command))
            time.sleep(0.1)

    def drag(self, element, *points):
        """From point to point, in fractions of its width and height from its middle."""
        width, height = element.size["width"], element.size["height"]
        (x, y), *others = [(width * right, height * down) for right, down in points]
        actions = ActionChains(self.driver, duration=60).move_to_element_with_offset(element, x, y).click_and_hold()
        for to_x, to_y in others:
            actions = actions.move_to_element_with_offset(element, to_x, to_y)
        actions.release().perform()

    def width_needed(self):
        return self.driver.execute_script("return document.documentElement.scrollWidth")

    def confirm_console(self):
        messages = [entry["message"] for entry in self.driver.get_log("browser")]
        if messages:
            raise Failure(f"the page has something to say on the console: {messages}")

    def save(self, name):
        """A picture, once the page has drawn what it has."""
        self.driver.execute_async_script(
            "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(done));"
        )
        (self.browser.folder / f"{name}.png").write_bytes(self.driver.get_screenshot_as_png())


def status_of(url, **headers):
    """How a request for the page is answered."""
    try:
        return urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=5).status
    except urllib.error.HTTPError as error:
        return error.code
