# settings: {"resource": [{"name": "session", "acquire": ["shop.Session"], "release-methods": ["close"]}]}
"""Owner classes with a base that declares methods, and with methods that give the object to other code."""

import copy
import threading
from abc import ABC, abstractmethod

import shop


class Store(ABC):
    fast = False

    @abstractmethod
    def get(self, key):
        """Return a value."""

    @abstractmethod
    def close(self):
        raise NotImplementedError

    def first(self):
        return self.get("first")

    def slowly(self):
        cloned = copy.copy(self)
        cloned.fast = False
        return cloned

    def slowly_first(self):
        return self.slowly().first()


class ShopStore(Store):
    def __init__(self, url=None):
        super().__init__()
        self.session = shop.Session(url or "shop", key=self.fast and 1)

    def get(self, key):
        return self.session.get(key)

    def close(self):
        self.session.close()


def never_closed():
    store = ShopStore()  # expect: NAQ114@13 ShopStore 'store' opens a session (line -10) and is never closed; call 'store.close()' in a 'finally'
    return store.first()


def closed():
    store = ShopStore()
    try:
        return store.first()
    finally:
        store.close()


# Silent: a method of the base gives the object to other code.
def shared():
    store = ShopStore()
    return store.slowly()


def shared_by_another_method():
    store = ShopStore()
    return store.slowly_first()


# Silent: the base closes, knows the attribute, or gives the object away where it is made.
class Ending(ABC):
    def __exit__(self, *args):
        self.close()


class Knowing(ABC):
    def reset(self):
        self.session.close()


class Restarting:
    def restart(self):
        self.close()


class Delegating:
    def __getattr__(self, name):
        return getattr(self.inner, name)


class Built(metaclass=shop.Meta):
    pass


class Registering:
    def __init__(self):
        ALL.append(self)


class Passing:
    def register(self):
        ALL.append(self.give)

    def give(self):
        ALL.append(self)


class Asking:
    @property
    def view(self):
        return View(self)


class OfEnding(Ending):
    def __init__(self):
        self.session = shop.Session()

    def close(self):
        self.session.close()


class OfKnowing(Knowing):
    def __init__(self):
        self.session = shop.Session()

    def close(self):
        self.session.close()


class OfRestarting(Restarting):
    def __init__(self):
        self.session = shop.Session()

    def close(self):
        self.session.close()


class OfDelegating(Delegating):
    def __init__(self):
        self.session = shop.Session()

    def close(self):
        self.session.close()


class OfBuilt(Built):
    def __init__(self):
        self.session = shop.Session()

    def close(self):
        self.session.close()


class OfRegistering(Registering):
    def __init__(self):
        super().__init__()
        self.session = shop.Session()

    def close(self):
        self.session.close()


class OfPassing(Passing):
    def __init__(self):
        self.session = shop.Session()

    def close(self):
        self.session.close()


class OfAsking(Asking):
    def __init__(self):
        self.session = shop.Session()

    def close(self):
        self.session.close()


class OfAnother(shop.Base):
    def __init__(self):
        self.session = shop.Session()

    def close(self):
        self.session.close()


class OfAThread(threading.Thread):
    def __init__(self):
        super().__init__()
        self.session = shop.Session()

    def run(self):
        ALL.append(self)

    def close(self):
        self.session.close()


ALL = []
View = dict


def of_ending():
    one = OfEnding()
    one.session.get("a")


def of_knowing():
    one = OfKnowing()
    one.session.get("a")


def of_restarting():
    one = OfRestarting()
    one.session.get("a")


def of_delegating():
    one = OfDelegating()
    one.session.get("a")


def of_built():
    one = OfBuilt()
    one.session.get("a")


def of_registering():
    one = OfRegistering()
    one.session.get("a")


def of_passing():
    one = OfPassing()
    one.session.get("a")


def of_asking():
    one = OfAsking()
    one.session.get("a")


def of_another():
    one = OfAnother()
    one.session.get("a")


def of_a_thread():
    one = OfAThread()
    one.session.get("a")


class Plain:
    def __init__(self):
        self.session = shop.Session()

    def close(self):
        self.session.close()


# A method of the class itself gives the object to other code.
class Sharing:
    def __init__(self):
        self.session = shop.Session()

    def child(self):
        return View(parent=self)

    def get(self):
        return self.session.get("a")

    def close(self):
        self.session.close()


def plain():
    one = Plain()  # expect: NAQ114@11 Plain 'one' opens a session (line -22) and is never closed; call 'one.close()' in a 'finally'
    one.session.get("a")


def sharing_is_not_used():
    sharing = Sharing()  # expect: NAQ114@15 Sharing 'sharing' opens a session (line -18) and is never closed; call 'sharing.close()' in a 'finally'
    return sharing.get()


def sharing_is_used():
    sharing = Sharing()
    return sharing.child()


# Silent: what is opened depends on more than a call.
class Chosen:
    def __init__(self, given=None):
        self.session = given or shop.Session()

    def get(self):
        return self.session.get("a")

    def close(self):
        self.session.close()


def chosen(given):
    one = Chosen(given)
    return one.get()
