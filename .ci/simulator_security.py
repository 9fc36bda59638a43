"""The scenes of the security extension."""

import json

from authority import Certificate
from selenium.webdriver.common.keys import Keys
from simulator_page import DESKTOP, PHONE, Failure, until

KEY, OTHER_KEY = "a password of 27 characters", "another one that nobody knows"


def security_events(page):
    """by the form: told or not, in the log of the flash, and in the file that GetLog brings"""
    page.open().online()
    raise_event(page, "", "the door")  # the one that stands there
    raise_event(page, "AttemptedReplayAttacks", "")
    raise_event(page, "com.example.CoffeeSpilled", 'on the "front" panel')
    until("all that matter to be told", lambda: len(page.messages("SecurityEventNotification")) == 3)
    told = [row.text for row in page.messages("SecurityEventNotification")]
    for words in ("com.example.CoffeeSpilled", "TamperDetectionActivated", "StartupOfTheDevice"):
        if not any(words in text for text in told):
            raise Failure(f"{words} was not told: {told}")

    page.click("Memory")
    wanted = [
        ["3", 'com.example.CoffeeSpilled\non the "front" panel', "yes"],
        ["2", "AttemptedReplayAttacks", "log only"],
        ["1", "TamperDetectionActivated\nthe door", "yes"],
        ["0", "StartupOfTheDevice", "yes"],
    ]
    shown = lambda: [[number, *others] for number, _, *others in table(page, "Security log")]
    until(f"the log as a table, which is {shown()}", lambda: shown() == wanted)
    if any("boot" in time for _, time, *_ in table(page, "Security log")):
        raise Failure("the date of the boot is not known")
    page.driver.execute_script("document.querySelector('section[aria-label=\"Security log\"]').scrollIntoView()")
    page.save("security_log")
    page.browser.look(PHONE, is_dark=True)
    if page.width_needed() > PHONE[0]:
        raise Failure(f"{page.width_needed()} px needed")
    page.browser.look(DESKTOP)

    page.click("Central system", "#tabs")
    log = page.row("Log")
    page.click("Security", log)
    page.until_told("GetLog: Accepted")
    page.until_text("[aria-label=Log]", "CP_1.security.log")
    page.until_text("[aria-label=Log]", "Uploaded")
    log.find_element("css selector", "summary").click()
    lines = log.find_element("css selector", "pre").text.splitlines()
    if [line.split()[1] for line in lines] != [event.split()[0] for _, event, _ in reversed(wanted)]:
        raise Failure(f"the file is {lines}")
    page.click("Diagnostics", log)
    until("the other log", lambda: "CP_1.log" in log.text)
    page.click("Send", page.row("Extended"))
    page.until_told("ExtendedTriggerMessage: Accepted")
    until("the triggered message", lambda: len(page.messages("LogStatusNotification")) == 5)


def raise_event(page, event, info):
    for label, text in (("Type of the security event", event), ("Info of the security event", info)):
        field = page.one(f"input[aria-label='{label}']")
        if text or "Info" in label:
            field.send_keys(Keys.CONTROL, "a")
            field.send_keys(text or Keys.DELETE)
    before = len(page.state("records")["security_log"])
    page.click("Raise", "#point")
    until("the event in the flash", lambda: len(page.state("records")["security_log"]) == before + 1)


def table(page, title):
    """The cells of each row, at one moment: a table is made anew whenever something has changed."""
    return page.driver.execute_script(
        "return [...document.querySelectorAll(`section[aria-label='${arguments[0]}'] tbody tr`)]"
        ".map(row => [...row.cells].map(cell => cell.innerText))",
        title,
    )


def password(page):
    """another one, a higher profile, and one that the central system does not know"""
    page.open().online()
    access = page.row("Access")
    page.click("Profile 1", access)
    page.until_told("ChangeConfiguration: Rejected")  # there is no password
    page.one("[aria-label='Password of the charge point']").send_keys(KEY)
    page.click("Change", access)
    page.until_told("ChangeConfiguration: Accepted")
    until("the password to be wanted", lambda: access.find_element("css selector", "[type=checkbox]").is_selected())
    page.click("Profile 1", access)
    notes = lambda: [note.text for note in page.all("#messages .note")]
    until("another connection", lambda: sum("connected" in note.split() for note in notes()) == 2)
    page.online()
    until("the profile", lambda: value_of(page, "SecurityProfile") == "1")

    page.click("Keys", "#tabs")
    change_key(page, OTHER_KEY)
    page.until_told("AuthorizationKey: Accepted")
    page.until_text("#link", "not connected")
    newest = lambda: page.state("records")["security_log"][0]["event"]
    until("the cause in the log", lambda: newest() == "FailedToAuthenticateAtCentralSystem")
    page.save("password_refused")
    change_key(page, KEY)
    page.click("Try now", "#point")
    page.online()


def change_key(page, key):
    page.one("#panel-keys input[aria-label=AuthorizationKey]").send_keys(key, Keys.ENTER)


def value_of(page, key):
    return next(each["value"] for each in page.state("keys") if each["name"] == key)


def certificates(page):
    """a root comes and goes: the table has it as it was computed here, over a restart"""
    page.open().online()
    root = Certificate("root", is_ca=True)
    name_hash, serial_number = (root.id()[member] for member in ("issuer_name_hash", "serial_number"))
    page.click("Memory", "#tabs")
    installed = lambda: [[cell.lower() for cell in row] for row in table(page, "Certificates")]
    until("no certificate", lambda: installed() == [])
    free_call(page, "InstallCertificate", certificateType="CentralSystemRootCertificate", certificate=root.pem)
    page.until_told("InstallCertificate: Accepted")
    page.click("Memory", "#tabs")
    wanted = [["central system", name_hash[:12] + "…", serial_number[:12] + "…"]]
    until(f"{wanted}, it is {installed()}", lambda: installed() == wanted)
    page.click("Cut the power", "#point")
    until("darkness", lambda: not page.state("power"), 5)
    page.online()
    until("the root after a power cut", lambda: installed() == wanted)
    page.driver.execute_script("document.querySelector('section[aria-label=Certificates]').scrollIntoView()")
    page.save("certificates_installed")
    data = page.state("certificates")[0]["data"]
    free_call(page, "DeleteCertificate", certificateHashData=data)
    page.until_told("DeleteCertificate: Accepted")
    page.click("Memory", "#tabs")
    until("no certificate", lambda: installed() == [])


def free_call(page, action, **payload):
    page.click("Central system", "#tabs")
    page.driver.execute_script("document.querySelector('details.free').open = true")
    for css, text in (("input", action), ("textarea", json.dumps(payload))):
        field = page.one(f"details.free {css}")
        field.clear()
        field.send_keys(text)
    page.click("Send", "details.free")


SECURITY = [security_events, password, certificates]
