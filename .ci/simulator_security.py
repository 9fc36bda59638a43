"""The scenes of the security extension."""

import json
from datetime import datetime, timedelta, timezone

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
    profile = page.row("Profile")
    page.click("1", profile)
    page.until_told("ChangeConfiguration: Rejected")  # there is no password
    page.one("[aria-label='Password of the charge point']").send_keys(KEY)
    page.click("Change", access)
    page.until_told("ChangeConfiguration: Accepted")
    until("the password to be wanted", lambda: access.find_element("css selector", "[type=checkbox]").is_selected())
    page.click("1", profile)
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
    page.click("Memory", "#tabs")
    expect_certificates(page)
    root, row = install_root(page)
    wanted = [*row, "no"]
    page.click("Memory", "#tabs")
    expect_certificates(page, wanted)
    data = page.state("certificates")[0]["data"]
    names = ("hashAlgorithm", "issuerNameHash", "issuerKeyHash", "serialNumber")
    if data != dict(zip(names, root.id().values(), strict=True)):
        raise Failure(f"it is known by {data}")
    page.click("Cut the power", "#point")
    until("darkness", lambda: not page.state("power"), 5)
    page.online()
    expect_certificates(page, wanted)  # after a power cut
    page.driver.execute_script("document.querySelector('section[aria-label=Certificates]').scrollIntoView()")
    page.save("certificates_installed")
    free_call(page, "DeleteCertificate", certificateHashData=data)
    page.until_told("DeleteCertificate: Accepted")
    page.click("Memory", "#tabs")
    expect_certificates(page)


def profiles(page):
    """1 to 3 with the authority of the process: which root and which certificate the connection is made with"""
    page.open("--tls").online()
    data = until("the root", lambda: page.state("certificates"))[0]["data"]
    in_a_year = datetime.now(timezone.utc) + timedelta(days=365)
    root = root_row("Root of the simulator", data["serialNumber"], in_a_year)
    _, other = install_root(page)
    page.click("Memory", "#tabs")
    expect_certificates(page, [*root, "yes"], [*other, "no"])
    free_call(page, "DeleteCertificate", certificateHashData=data)
    page.until_told("DeleteCertificate: Failed")  # it is in use

    profile = page.row("Profile")
    page.one("[aria-label='Password of the charge point']").send_keys(KEY)
    page.click("Change", page.row("Access"))
    page.until_told("ChangeConfiguration: Accepted")
    page.click("2", profile)
    until_profile(page, "2")
    page.click("3", profile)
    page.until_told("ChangeConfiguration: Rejected")  # there is no certificate
    page.click("New certificate", profile)
    page.until_told("ExtendedTriggerMessage: Accepted")
    page.click("Memory", "#tabs")
    own = ["charge point\nits own", "0001\nsigned by Root of the simulator", day(in_a_year)]
    expect_certificates(page, [*root, "yes"], [*other, "no"], [*own, "no"])
    page.click("Central system", "#tabs")
    if "comes as" in profile.text:
        raise Failure(f"a certificate was shown in profile 2: {profile.text}")
    page.click("3", profile)
    until_profile(page, "3")
    page.until_text("[aria-label=Profile]", "comes as 0001")
    page.save("profile_3")
    page.click("Memory", "#tabs")
    expect_certificates(page, [*root, "yes"], [*other, "no"], [*own, "yes"])
    page.driver.execute_script("document.querySelector('section[aria-label=Certificates]').scrollIntoView()")
    page.save("certificates_in_use")

    page.click("Cut the line", "#point")
    page.until_text("#link", "line cut")
    expect_certificates(page, [*root, "no"], [*other, "no"], [*own, "no"])
    page.click("Mend the line", "#point")
    page.online()
    expect_certificates(page, [*root, "yes"], [*other, "no"], [*own, "yes"])
    page.click("Central system", "#tabs")
    page.click("Get", page.row("Diagnostics"))
    page.until_text("[aria-label=Diagnostics]", "CP_1.log")  # over TLS, too


def expect_certificates(page, *wanted):
    shown = lambda: [[cell.strip().replace("\xa0", " ") for cell in row] for row in table(page, "Certificates")]
    until(f"{[*wanted]}, it is {shown()}", lambda: shown() == [*wanted])


def install_root(page):
    """Another one; returns it, and what the table has of it."""
    root = Certificate("root", is_ca=True)
    free_call(page, "InstallCertificate", certificateType="CentralSystemRootCertificate", certificate=root.pem)
    page.until_told("InstallCertificate: Accepted")
    return root, root_row("root", root.id()["serial_number"], root.x509.not_valid_after_utc)


def root_row(name, serial, end):
    return ["central system\nroot", f"{name}\n{serial[:12]}…", day(end)]


def day(date):
    return date.strftime("%Y\u2011%m\u2011%d")


def until_profile(page, profile):
    page.until_told("ChangeConfiguration: Accepted")
    until(f"profile {profile}", lambda: value_of(page, "SecurityProfile") == profile)
    page.online()


def free_call(page, action, **payload):
    page.click("Central system", "#tabs")
    page.driver.execute_script("document.querySelector('details.free').open = true")
    for css, text in (("input", action), ("textarea", json.dumps(payload))):
        field = page.one(f"details.free {css}")
        field.clear()
        field.send_keys(text)
    page.click("Send", "details.free")


SECURITY = [security_events, password, certificates, profiles]
