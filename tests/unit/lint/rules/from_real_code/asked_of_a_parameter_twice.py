# settings: {"catalogues": ["files"]}
"""A file is opened and closed where the same question about a parameter has the same answer.

Was a false alarm in fsspec and telepot: the second question was taken to have either answer, so that NAQ102
said that the file stays open.
"""


def isfilelike(file):
    return hasattr(file, "read")


def opened_unless_it_is_a_file(response, local):
    if isfilelike(local):
        out = local
    else:
        out = open(local, "wb")  # expect: NAQ101
    try:
        out.write(response.read())
    finally:
        if not isfilelike(local):
            out.close()


def opened_in_a_condition(response, local):
    out = local if isfilelike(local) else open(local, "wb")  # expect: NAQ101
    try:
        out.write(response.read())
    finally:
        if not isfilelike(local) and "out" in locals():
            out.close()


def opened_for_a_text(response, local):
    if isinstance(local, (str, bytes)):
        out = open(local, "wb")  # expect: NAQ101
    else:
        out = local
    try:
        out.write(response.read())
    finally:
        if isinstance(local, (str, bytes)):
            out.close()


def asked_of_another(response, local, other):
    out = open(local, "wb") if isinstance(local, str) else local  # expect: NAQ102
    try:
        out.write(response.read())
    finally:
        if isinstance(other, str):
            out.close()


def asked_after_it_has_changed(response, local):
    out = open(local, "wb") if isinstance(local, str) else local  # expect: NAQ102
    local = response.name
    try:
        out.write(response.read())
    finally:
        if isinstance(local, str):
            out.close()


# The answer of another function may be another one by then.
def waited_for(job, is_done):
    if is_done(job):
        return
    out = open("log", "wb")  # expect: NAQ101
    try:
        while not is_done(job):
            out.write(job.output())
    finally:
        out.close()
