"""The scenes. Each begins with a page or opens one, and fails by a Failure."""

import json
import time

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from simulator_harm import HARM
from simulator_page import DESKTOP, PHONE, Failure, until
from simulator_security import SECURITY


def expect(holds, what):
    if not holds:
        raise Failure(what)


def session(page):
    """by clicks: cable, card, pause, card, cable; the messages beside their answers"""
    page.open().online().charge()
    card = page.card()
    expect("may charge" in card.text and "cable locked" in card.text, f"the card says {card.text}")
    page.click("Pause", card)
    page.until_status("SuspendedEV")
    page.click("Go on", card)
    page.until_status("Charging")
    until("an id of the transaction", lambda: page.connector()["transaction"]["id"] == 1)
    page.click("DEADBEEF", card)
    page.until_status("Finishing")
    page.click("Unplug", card)
    page.until_status("Available")

    until("the end of the transaction", lambda: page.messages("StopTransaction"))
    (start,) = page.messages("StartTransaction")
    until("the answer beside its call", lambda: "Accepted" in start.text and "ms" in start.text)
    start.find_element("css selector", "summary").click()
    until("both frames", lambda: len(start.find_elements("css selector", "pre")) == 2)
    frames = [pre.text for pre in start.find_elements("css selector", "pre")]
    expect(json.loads(frames[0])[2] == "StartTransaction", f"the call is {frames[0]}")
    expect(json.loads(frames[1])[2]["transactionId"] == 1, f"the answer is {frames[1]}")
    page.click("Copy", start)
    page.until_told("Frame copied")
    newest = page.all("#messages details summary b")[0].text
    expect(newest == "StatusNotification", f"the newest message is {newest}")

    page.one("#search").send_keys("stoptrans")
    until("one message found", lambda: [row.text for row in page.all("#messages summary b")] == ["StopTransaction"])
    (block,) = until("the block", lambda: page.state("transactions"))
    expect((block["id"], block["id_tag"], block["reason"]) == (1, "DEADBEEF", "Local"), f"the block is {block}")
    page.one("#search").send_keys(Keys.CONTROL, "a", Keys.DELETE)
    page.click("Save")
    page.until_told("messages saved")


def limit_drawn(page):
    """with the mouse ahead of now: the profile is installed, and the car obeys it"""
    page.open().online().charge()
    page.click("+")
    # From now on 11 A at half the height of the plot, later 0.
    page.drag(page.one(".plot canvas"), (0.2, -0.13), (0.3, -0.13), (0.31, 0.26), (0.4, 0.26))
    page.until_told("Limit drawn at connector 1: Accepted")
    limit = until("half of the height", lambda: between(6, page.connector()["limit"], 28))
    until("the car to obey", lambda: between(0, page.connector()["a"], limit + 0.1))
    (profile,) = until("the profile in the flash", lambda: page.state("records")["profiles"])
    expect(any(period["limit"] <= 1 for period in profile["periods"]), f"no zero was drawn: {profile}")
    ahead = until("the schedule ahead", lambda: page.state("schedules")["1"]["periods"])
    expect(len(ahead) >= 2, f"the schedule ahead is {ahead}")
    page.click("Memory")
    page.until_text("#panel-memory", "TxDefaultProfile")


def between(least, value, most):
    return value if value and least < value < most else None


def power_cut(page):
    """in a transaction and offline: it boots from its flash, and everything is delivered once"""
    page.open().online().charge()
    page.click("Cut the line", "#point")
    page.until_text("#link", "line cut")
    page.click("DEADBEEF", page.card())
    page.until_status("Finishing")
    page.click("Unplug", page.card())
    page.until_status("Available")
    page.charge(2)  # the cache knows the card
    waiting = until("waiting messages", lambda: page.state("charge point")["journal"]["waiting"])
    page.browser.look(DESKTOP, is_dark=True)
    page.click("Cut the power", "#point")
    until("darkness", lambda: page.one("#power").text == "no power", 5)
    page.save("power_cut_dark")
    until("power", lambda: page.one("#power").text == "power")
    page.until_status("Finishing", 2)  # the cable is still there
    page.until_text("#link", "line cut")  # no boot mends it
    after = page.state("charge point")["journal"]["waiting"]
    expect(after >= waiting, f"{waiting} messages waited before the power cut, {after} after it")
    page.click("Mend the line", "#point")
    page.online()
    until("all delivered", lambda: page.one("#waiting").text == "all delivered")
    until("both ends", lambda: len(page.messages("StopTransaction")) == 2)
    blocks = until("both blocks named", lambda: named(page.state("transactions")))
    expect([block["reason"] for block in blocks] == ["Local", "PowerLoss"], f"the blocks are {blocks}")


def power_cuts(page):
    """one after the other, in the middle of what it writes: no transaction is lost, none told twice"""
    page.open().online()
    connected = lambda: page.state("charge point")["link"]["accepted"] and page.state("power")
    sessions = 6
    with page.simulator.live() as socket:
        send = lambda **command: socket.send(json.dumps(command))
        for _ in range(sessions):
            send(cmd="plug_in", connector=1)
            page.until_status("Preparing")
            send(cmd="swipe", id_tag="DEADBEEF", connectors=[1])
            send(cmd="power_cut")
            until("darkness", lambda: not page.state("power"), 5)
            until("power", connected)
            send(cmd="plug_out", connector=1)
            page.until_status("Available")
    until("all delivered", lambda: page.state("charge point")["journal"]["waiting"] == 0)
    with page.simulator.live() as socket:
        told = next(news for news in iter(lambda: json.loads(socket.recv()), None) if news.get("add") == "message")
    frames = [json.loads(message["text"]) for message in told["values"]]
    answers = {frame[1]: frame[2] for frame in frames if frame[0] == 3}
    begun = {
        answers[frame[1]]["transactionId"]
        for frame in frames
        if action(frame) == "StartTransaction" and frame[1] in answers
    }
    ends = {frame[1]: frame[3]["transactionId"] for frame in frames if action(frame) == "StopTransaction"}
    expect(sorted(ends.values()) == sorted(begun), f"begun: {begun}; ended: {ends}")
    expect(begun, "no power cut has met a transaction")
    page.click("DEADBEEF", page.card())  # and the next is as ever
    page.click("Plug in", page.card())
    page.until_status("Charging")


def action(frame):
    return frame[2] if frame[0] == 2 else None


def named(blocks):
    return blocks if all(block["id"] and block["reason"] for block in blocks) else None


def central_system(page):
    """by hand: every button of it does what it says"""
    page.open().online()
    page.click("Plug in", page.card())
    page.until_status("Preparing")
    remote = page.row("Remote")
    page.click("Start", remote)
    page.until_status("Charging")
    until("an id of the transaction", lambda: page.connector()["transaction"]["id"])
    page.click("Set", page.row("Limit"))
    until("the limit", lambda: page.connector()["limit"] == 10)
    page.click("Clear all", page.row("Limit"))
    until("no limit", lambda: page.connector()["limit"] is None)
    page.click("Stop", remote)
    page.until_status("Finishing")
    page.click("Unlock", remote)
    page.until_told("UnlockConnector: Unlocked")
    page.click("Unplug", page.card())
    page.until_status("Available")
    page.click("For this tag", page.row("Reserve"))
    page.until_status("Reserved")
    page.click("Cancel", page.row("Reserve"))
    page.until_status("Available")
    page.click("Inoperative", page.row("Service"))
    page.until_status("Unavailable")
    page.click("Operative", page.row("Service"))
    page.until_status("Available")
    page.row("Service").find_element("css selector", "input").click()
    page.click("Inoperative", page.row("Service"))
    page.until_status("Unavailable", 2)
    page.click("Operative", page.row("Service"))
    page.until_status("Available", 2)
    page.click("Send all", page.row("Local list"))
    until("the list in the flash", lambda: len(page.state("records")["list"]) == 4)
    page.click("Send", page.row("Trigger"))
    page.until_told("TriggerMessage: Accepted")
    until("the triggered message", lambda: page.messages("Heartbeat"))
    page.click("Get", page.row("Diagnostics"))
    page.until_text("[aria-label=Diagnostics]", "CP_1.log")
    page.click("Update", page.row("Firmware"))
    until("the bar to move", lambda: 0.1 < float(page.one("#update").get_attribute("value")) < 0.95)
    page.save("firmware_update")
    until("the new firmware", lambda: "wallbox" in (page.state("charge point")["firmware"] or ""), 30)
    until("another boot", lambda: len(page.messages("BootNotification")) == 2)
    page.online()
    page.click("Soft", page.row("Reset"))
    page.until_told("Reset: Accepted")
    until("another boot", lambda: len(page.messages("BootNotification")) == 3)
    page.online()


def keys(page):
    """are changed in place; what is wrong is refused"""
    page.open().online()
    page.click("Keys")
    field = page.one("#panel-keys input[aria-label=HeartbeatInterval]")
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys("777", Keys.ENTER)
    page.until_told("HeartbeatInterval: Accepted")
    value = lambda: next(key["value"] for key in page.state("keys") if key["name"] == "HeartbeatInterval")
    until("the new value", lambda: value() == "777")
    field = page.one("#panel-keys input[aria-label=HeartbeatInterval]")
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys("often", Keys.ENTER)
    until("a refusal", lambda: page.one("#told").get_attribute("data-tone") == "bad")
    expect(value() == "777", f"the value is {value()}")
    expect(not page.all("#panel-keys input[aria-label=NumberOfConnectors]"), "NumberOfConnectors can be written")


def console(page):
    """takes any command, and shows the reply"""
    page.open().online()
    page.click("Commands")
    page.click("Send", "#panel-commands")
    until("the state", lambda: page.all(".replies pre") and '"online": true' in page.one(".replies pre").text)
    line = page.one("#panel-commands textarea")
    for command, reply in (
        ('{"cmd":"nonsense"}', "no such command"),
        ("{", "JSON"),
        ('{"cmd":"set_meter","connector":1,"wh":4321}', "done"),
    ):
        line.clear()
        line.send_keys(command)
        page.click("Send", "#panel-commands")
        until(f"a reply to {command}", lambda reply=reply: reply in page.one(".replies pre").text)
    until("the meter", lambda: page.connector()["wh"] == 4321)


def faults(page):
    """by error code, and a lock that is jammed"""
    page.open().online().charge()
    card = page.card()
    page.click("Raise", card)
    page.until_status("Faulted")
    until("the report", lambda: any("GroundFailure" in row.text for row in page.messages("StatusNotification")))
    page.browser.look(DESKTOP, is_dark=True)
    page.save("faults_dark")
    page.click("Clear", card)
    until("an end of it", lambda: page.connector()["status"] != "Faulted")
    card.find_element("css selector", "input[type=checkbox]").click()
    until("a jammed lock", lambda: page.connector()["jammed"])
    page.click("Unlock", page.row("Remote"))
    page.until_told("UnlockConnector: UnlockFailed")


def phone(page):
    """width: nothing to scroll sideways, light and dark"""
    page.open().online().charge()
    for width in (360, 390):
        page.browser.look((width, 844))
        time.sleep(0.3)
        expect(page.width_needed() <= width, f"{width} px wide, {page.width_needed()} needed")
        for tab in ("Keys", "Memory", "Commands", "Central system"):
            page.click(tab, "#tabs")
            expect(page.width_needed() <= width, f"{tab} on {width} px: {page.width_needed()} needed")
    whole = page.driver.execute_script("return document.documentElement.scrollHeight")
    page.browser.look(PHONE, height=whole)
    time.sleep(0.5)
    page.save("phone_whole")
    page.browser.look(PHONE, is_dark=True)


def keyboard(page):
    """and screen reader: everything is reached by it and has a name"""
    page.open().online()
    nodes = page.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    kinds = (
        "button",
        "textbox",
        "searchbox",
        "checkbox",
        "combobox",
        "tab",
        "spinbutton",
        "progressbar",
        "image",
        "log",
    )
    role = lambda node: node.get("role", {}).get("value")
    named = [node for node in nodes if role(node) in kinds and not node.get("ignored")]
    nameless = [node for node in named if not node.get("name", {}).get("value")]
    expect(len(named) > 40, f"only {len(named)} controls")
    expect(not nameless, f"without a name: {[(role(node), node['nodeId']) for node in nameless]}")

    focus = lambda: page.driver.switch_to.active_element
    body = page.one("body")
    for _ in range(100):
        body.send_keys(Keys.TAB) if focus() == body else focus().send_keys(Keys.TAB)
        if focus().text == "Plug in":
            break
    focus().send_keys(Keys.ENTER)
    page.until_status("Preparing")
    page.driver.execute_script("document.getElementById('tab-central').focus()")
    focus().send_keys(Keys.ARROW_RIGHT)
    expect(focus().text == "Keys" and page.one("#panel-keys").is_displayed(), "arrows do not move between tabs")
    page.driver.execute_script("document.querySelector('canvas').focus()")
    focus().send_keys(Keys.ARROW_LEFT)
    expect(page.one("#live").get_attribute("aria-pressed") == "false", "the plot does not scroll by keys")
    focus().send_keys(Keys.END)
    expect(page.one("#live").get_attribute("aria-pressed") == "true", "the plot does not come back")


def charging_at_its_best(page):
    """both connectors, a limit, a schedule ahead: the picture of the README"""
    page.open().online()
    page.charge()
    page.click("Van", page.card(2))
    page.charge(2, "CAFE0001")
    page.click("+")
    time.sleep(6)
    steps = (0.2, -0.13), (0.3, -0.13), (0.3, 0.05), (0.36, 0.05), (0.36, -0.1), (0.41, -0.1), (0.41, 0), (0.43, 0)
    page.drag(page.one(".plot canvas"), *steps)
    ActionChains(page.driver).move_to_element(page.one("#date")).perform()
    time.sleep(12)
    page.driver.execute_script("document.activeElement.blur()")


SCENES = [
    session,
    limit_drawn,
    power_cut,
    power_cuts,
    central_system,
    keys,
    console,
    faults,
    phone,
    keyboard,
    *SECURITY,
    *HARM,
]
