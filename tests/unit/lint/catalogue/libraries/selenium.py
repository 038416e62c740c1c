"""What selenium opens by a call."""

import selenium.webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.support.ui import WebDriverWait


def never_closed(where):
    it = selenium.webdriver.Chrome(where)  # expect: NAQ103@10 browser 'it' is never closed; use 'with selenium.webdriver.Chrome(where) as it'
    it.get("https://example.org")


def stays_open_on_an_error(where):
    it = selenium.webdriver.Chrome(where)  # expect: NAQ102@10 browser 'it' stays open if line +1 raises; use 'with selenium.webdriver.Chrome(where) as it'
    it.get("https://example.org")
    it.quit()


def by_hand(where):
    it = selenium.webdriver.Chrome(where)  # expect: NAQ101@10 browser 'it' is closed by hand; use 'with selenium.webdriver.Chrome(where) as it'
    try:
        it.get("https://example.org")
    finally:
        it.quit()


def in_a_block(where):
    with selenium.webdriver.Chrome(where) as it:
        it.get("https://example.org")


def only_waits(page):
    driver = selenium.webdriver.Chrome()  # expect: NAQ103@14 browser 'driver' is never closed; use 'with selenium.webdriver.Chrome() as driver'
    driver.get(page)
    WebDriverWait(driver, 10).until(lambda one: one.title)
    ActionChains(driver).move_by_offset(1, 1).perform()


class KeepsAWait:
    def start(self):
        self.driver = selenium.webdriver.Chrome()  # expect: NAQ108@23 browser 'self.driver' is closed by no method of class 'KeepsAWait'; add one that calls 'self.driver.quit()', or use a context manager
        self.wait = WebDriverWait(self.driver, 10)

    def title(self):
        return self.wait.until(lambda one: one.title)
