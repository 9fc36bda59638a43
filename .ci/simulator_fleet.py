"""Scenes of the fleet's page."""

from selenium.webdriver.common.keys import Keys
from simulator_page import DESKTOP, PHONE, Failure, until

CHARGERS = 300


def open_fleet(page, *arguments):
    """A fleet with its own central system."""
    fleet = page.start("--fleet", str(CHARGERS), "--start-over", "1", *arguments, last="page")
    page.driver.get(fleet.url)
    return fleet


def count(page, look):
    """How many chargers look like this, as the page says it."""
    text = page.one(f"#looks [data-look={look}] b").text
    return int("".join(filter(str.isdigit, text)))


def fleet(page):
    """hundreds of chargers in chaos: the grid, the rates, one charger by mouse and keyboard, the verdict"""
    running = open_fleet(page, "--minutes", "20", "--speed", "60", "--visits", "200", "--chaos")
    until("the counts", lambda: page.all("#looks li"))
    until("many to charge", lambda: count(page, "charging") > CHARGERS / 4)
    looks = ("dark", "offline", "idle", "occupied", "charging", "done")
    until("all of them", lambda: sum(count(page, look) for look in looks) == CHARGERS)
    until("some minutes", lambda: page.one("#time").text >= "17:05")
    if "Power cuts" not in page.one("#tiles").text:
        raise Failure("nobody speaks of power cuts")
    rates = [output.text for output in page.all(".rate output")]
    if len(rates) != 6 or not all(any(map(str.isdigit, rate)) for rate in rates):
        raise Failure(f"the rates are {rates}")

    grid = page.one("#grid")
    grid.click()
    until("a charger", lambda: page.one("#charger").is_displayed())
    identity = page.one("#charger h2").text
    grid.send_keys(Keys.ARROW_LEFT, Keys.ENTER)
    until("the one beside it", lambda: page.one("#charger h2").text == f"FLEET{int(identity[5:]) - 1:05}")
    page.until_text("#hint", page.one("#charger h2").text)
    page.browser.look(DESKTOP, is_dark=True)
    page.save("fleet_dark")
    page.browser.look(PHONE)
    until("the width of a phone", lambda: page.width_needed() <= PHONE[0])
    page.save("fleet_phone")
    page.browser.look()
    page.click("Close", "#charger")
    until("no charger", lambda: not page.one("#charger").is_displayed())

    until("the verdict", lambda: page.one("#outcome").is_displayed(), timeout=60)
    page.until_text("#outcome h2", "All sessions were delivered, and none twice")
    if running.end() != 0:
        raise Failure("the fleet has failed")


FLEET = [fleet]
