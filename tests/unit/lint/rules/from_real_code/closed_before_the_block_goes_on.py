# settings: {"catalogues": ["files"]}
"""Closed inside of its block by hand, since what follows in the block reads the file by its name.

Was a false alarm in nltk: NAQ107 asked to remove the close, which writes what is in the buffer.
"""

import os
import subprocess
import tempfile


def read_by_name(lines, directory):
    with tempfile.NamedTemporaryFile(mode="w", dir=directory, delete=False) as file:
        for line in lines:
            file.write(line)
        file.close()
        return subprocess.run(["repp", file.name], check=True)


def read_by_name_in_a_block_inside(lines):
    with tempfile.NamedTemporaryFile(mode="w", delete=False) as file:
        with open("log", "w") as log:
            file.write(lines)
            file.close()
            log.write("written")
        os.unlink(file.name)


def named_before(lines):
    with tempfile.NamedTemporaryFile(mode="w", delete=False) as file:
        path = file.name
        file.write(lines)
        file.close()  # expect: NAQ107@9 temporary file 'file' is closed by hand inside the block that closes it; remove the call
    return path


def named_after_the_block(lines):
    with tempfile.NamedTemporaryFile(mode="w", delete=False) as file:
        file.write(lines)
        file.close()  # expect: NAQ107@9 temporary file 'file' is closed by hand inside the block that closes it; remove the call
    return file.name
