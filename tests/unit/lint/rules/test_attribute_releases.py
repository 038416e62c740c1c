"""What may release the attribute `nc`, or hand on what it holds."""

from __future__ import annotations

import ast

import pytest
from flake8_naq.rules.attribute_releases import is_released_elsewhere, loses_release, may_be_released, releases_in
from flake8_naq.rules.attributes import kept_on_self
from lint.dataflow.problems import CONNECTION, FILE, module


@pytest.mark.parametrize(
    ("statement", "may_release"),
    [
        ("self.nc.close()", True),
        ("self.nc.drain", True),
        ("self.nc.flush()", False),
        ("self.other.close()", False),
        ("self.nc[0].close()", True),
        ("(await self.nc).close()", True),
        ("keep(self.nc)", True),
        ("keep(name=self.nc)", True),
        ("print(self.nc)", False),
        ("keep(self.other)", False),
        ("keep((1, self.nc))", True),
        ("keep([self.nc, 1])", True),
        ("keep({self.nc})", True),
        ("keep(self.nc if x else None)", True),
        ("keep(None if x else self.nc)", True),
        ("keep(1 if self.nc else 2)", False),
        ("x[0] = self.nc", True),
        ("x[0] = self.other", False),
        ("x.all = [self.nc]", True),
        ("x.all = {1: self.nc}", True),
        ("x.all = self.nc", False),
        ("x = [self.nc]", False),
        ("x = self.nc", False),
        ("with self.nc: pass", True),
        ("for x in self.nc: pass", True),
        ("for x in (self.other, self.nc): pass", True),
        ("[x for x in [self.nc]]", True),
        ("match self.nc:\n  case x: pass", True),
        ("getattr(self, 'nc')", True),
        ("getattr(self, 'other')", False),
        ("getattr(self.nc, 'close', None)", True),
        ("getattr(self.nc, 'is_closed', None)", False),
        ("def f():\n  x = self.nc\n  getattr(x, 'drain')()", True),
        ("hasattr(self, 'nc')", False),
        ("hasattr(other, 'nc')", True),
        ("proxies.get('nc')", False),
        ("proxies.pop('nc', None)", False),
        ("proxies.close('nc')", True),
        ("proxies.get(1, 'nc')", True),
        ("proxies['nc']", False),
        ("proxies[('nc',)]", True),
        ("vars(self)['nc']", True),
        ("vars(self).get('nc')", True),
        ("self.__dict__['nc']", True),
        ("__slots__ = ('nc', 'url')", False),
        ("closed = ('nc', 'url')", True),
        ("if 'nc' in settings: pass", False),
        ("if 'nc' not in settings: pass", False),
        ("if 'nc' == name: pass", True),
        ("subprocess.run(['nc', '-l'])", False),
        ("subprocess.run(args=('nc', '-l'))", False),
        ("logging.getLogger('nc')", False),
        ("subprocess.run(['nc', '-l'], self)", True),
        ("subprocess.run(['nc', '-l'], cwd=self.cwd)", False),
        ("subprocess.run(close('nc'))", True),
        ("operator.attrgetter('nc')", True),
        ("unknown.run(['nc', '-l'])", True),
        ("setattr(self, 'nc', None)", True),
        ("nc = getattr(self, 'nc', None)", True),
        ("if getattr(self, 'nc', None) is None: pass", True),
        ("def f():\n  x = self.nc\n  x.close()", True),
        ("def f():\n  x = self.nc\n  x.flush()", False),
        ("def f():\n  x = self.nc\n  y.close()", False),
        ("def f():\n  x = self.nc or y\n  x.close()", True),
        ("def f():\n  x = self.other or self.y\n  x.close()", False),
        ("def f():\n  x = self.nc\n  keep(x)", True),
        ("def f():\n  x = self.nc\n  print(x)", False),
        ("def f():\n  x = self.nc\n  with x: pass", True),
        ("def f():\n  x = self.nc\n  with y: pass", False),
        ("async def f():\n  (x := self.nc) and x.close()", True),
        ("def f(x):\n  self.nc = x\n  later(x.close)", True),
        ("def f(x):\n  self.nc = x\n  x.close()", False),
        ("def f(x):\n  self.other = x\n  later(x.close)", False),
    ],
)
def test_releases_in(statement: str, may_release: bool) -> None:
    facts = module(f"{statement}\n")
    found = any(releases_in(facts, node, "nc", CONNECTION) for node in ast.walk(facts.tree))
    assert found is may_release


@pytest.mark.parametrize(
    ("statement", "may_release"),
    [
        ("bus.nc.close()", True),
        ("self.nc.close()", False),
        ("getattr(bus, 'nc').close()", True),
        ("getattr(self, 'nc').close()", False),
        ("getattr(bus, nc).close()", False),
        ("getattr(bus, 'nc')\nfind(bus, 'nc').close()", False),
        ("getattr(bus, 'nc').flush()", False),
        ("def f():\n  x = getattr(bus, \"nc\", None)\n  if x: x.close()", True),
        ("def f():\n  x = getattr(bus, 'nc', None) if bus else None\n  if x: x.close()", True),
        ("def f():\n  x = getattr(bus, 'nc', None)\n  x.flush()", False),
        ("def f():\n  x = getattr(bus, 'other', None)\n  x.close()", False),
        ("keep(getattr(bus, 'nc'))", True),
        ("keep(hasattr(bus, 'nc'))", False),
    ],
)
def test_code_outside_of_the_class(statement: str, may_release: bool) -> None:
    assert is_released_elsewhere(module(f"{statement}\n"), "nc", CONNECTION) is may_release


@pytest.mark.parametrize(
    ("expression", "lost"),
    [
        ("self.nc.close()", True),
        ("cls.nc.drain()", True),
        ("C.nc.close()", True),
        ("type(self).nc.close()", True),
        ("self.nc.flush()", False),
        ("self.other.close()", False),
        ("other.nc.close()", False),
        ("self.nc.close", False),
        ("close(self.nc)", False),
    ],
)
def test_loses_release(expression: str, lost: bool) -> None:
    facts = module(f"class C:\n    def f(self): {expression}\n")
    owner = next(one for one in facts.scopes.values() if one.qualname == "C")
    assert loses_release(ast.parse(expression, mode="eval").body, "nc", CONNECTION, owner) is lost
    assert not loses_release(ast.parse(expression, mode="eval").body, "nc", FILE, owner)


@pytest.mark.parametrize(
    ("bases", "body", "may_release"),
    [
        ("", "", False),
        ("object", "", False),
        ("abc.ABC", "", False),
        ("make()", "", True),
        ("object, make()", "", True),
        ("abc.ABC, make()", "", True),
        ("Local", "", False),
        ("Closing", "", True),
        ("metaclass=abc.ABCMeta", "", False),
        ("metaclass=make()", "", True),
        ("", "    async def stop(self): await self.nc.close()\n", True),
        ("", "    def get(self): return self.nc\n    async def stop(self): await self.get().close()\n", True),
        ("", "    def get(self): return self.nc\n    async def stop(self): await self.other().close()\n", False),
        ("", "    def get(self):\n        x = y = self.nc\n        return x\n    def stop(self): self.get().close()\n", True),
    ],
)
def test_may_be_released(bases: str, body: str, may_release: bool) -> None:
    facts = module(
        "import abc\nclass Local: pass\nclass Closing:\n    async def stop(self): await self.nc.close()\n"
        f"class C({bases}):\n    def f(self): self.nc = 1\n{body}"
    )
    owner = next(one for one in facts.scopes.values() if one.qualname == "C")
    assert may_be_released(facts, owner, "nc", CONNECTION) is may_release


def test_a_release_on_the_first_line_counts() -> None:
    facts = module("def stop(c): c.nc.close()\nclass C:\n    def f(self): self.nc = 1\n")
    owner = next(one for one in facts.scopes.values() if one.qualname == "C")
    assert may_be_released(facts, owner, "nc", CONNECTION)


def test_a_client_is_opened_by_its_own_attribute() -> None:
    facts = module(
        "import nats\nclass C:\n    async def f(self):\n        self.nc = nats.NATS()\n        await self.nc.connect()\n"
        "        await self.other.connect()\n        await self.nc.flush()\n"
    )
    assert [(ast.unparse(one.call), one.attributes) for one in kept_on_self(facts)] == [("self.nc.connect()", ["nc"])]
