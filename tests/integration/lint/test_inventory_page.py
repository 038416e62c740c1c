"""The inventory's page in a real browser: what its buttons show. Skipped where there is no Chromium."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import pytest

from lint.process import naq

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
LEAKS = "\n\nasync def leaks():\n    nc = await nats.connect()\n    await nc.publish('a', b'b')\n    await nc.close()\n"
NEVER = "\n\nasync def never():\n    nc = await nats.connect()\n    await nc.publish('a', b'b')\n"
# Presses the buttons that are named in turn, and writes the rows and headings that are seen after each.
PROBE = """
<script>
const seen = () => [...document.querySelectorAll(".left tr.file code, .left td.name code")]
  .filter(e => e.getClientRects().length).map(e => e.textContent);
const found = {};
for (const name of ["only-all", "only-never", "only-leaks", "sort-file"]) {
  document.getElementById(name).click();
  if (name === "sort-file") document.getElementById("only-all").click();
  found[name] = seen();
}
document.body.innerHTML = "<pre>" + JSON.stringify(found) + "</pre>";
</script>
"""


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
def test_the_buttons_show_one_state_or_all_in_either_order(tmp_path: Path) -> None:
    assert CHROMIUM is not None
    (tmp_path / "a.py").write_text("import nats" + LEAKS)
    (tmp_path / "b.py").write_text("import nats" + LEAKS + NEVER)
    page = naq("inventory", "--output-format", "html", cwd=tmp_path).stdout
    (tmp_path / "page.html").write_text(page.replace("</body>", f"{PROBE}</body>"), "utf-8")
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    address = (tmp_path / "page.html").as_uri()
    done = subprocess.run([*command, "--dump-dom", address], capture_output=True, text=True, timeout=120, check=True)
    [found] = re.findall(r"<pre>(.*?)</pre>", done.stdout)
    assert json.loads(unescape(found)) == {
        "only-all": ["b.py", "never", "leaks", "a.py", "leaks"],
        "only-never": ["b.py", "never"],
        "only-leaks": ["b.py", "leaks", "a.py", "leaks"],
        "sort-file": ["a.py", "leaks", "b.py", "leaks", "never"],
    }
