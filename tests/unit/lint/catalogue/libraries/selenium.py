"""What selenium opens by a call."""

import selenium.webdriver


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
