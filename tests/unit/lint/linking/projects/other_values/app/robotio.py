# settings: {"catalogues": ["files"]}
import io
import sys


def file_writer(path=None, usage=None):
    if path:
        try:
            writer = open(path, "w")
        except OSError:
            usage = f"{usage} file" if usage else "file"
            raise ValueError(f"{usage}: {path}") from None
    else:
        writer = io.StringIO()
    return writer


def reader(path):
    return sys.stdin if path == "-" else open(path)
