"""close() of a browser closes a window only."""

from selenium import webdriver


def the_browser_stays(url):
    browser = webdriver.Firefox()  # expect: NAQ103@15 browser 'browser' is never closed; use 'with webdriver.Firefox() as browser'
    browser.get(url)
    browser.close()


def ended(url):
    browser = webdriver.Firefox()  # expect: NAQ101@15 browser 'browser' is closed by hand; use 'with webdriver.Firefox() as browser'
    try:
        browser.get(url)
    finally:
        browser.quit()
