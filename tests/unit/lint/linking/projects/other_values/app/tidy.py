# settings: {"catalogues": ["files"]}
"""What is known of files counts here, too, although nothing here says that there are any."""

from app.robotio import file_writer, reader


class Tidy:
    def writer(self, path):
        return file_writer(path, usage="output")

    def in_place(self, model, paths):
        for path in paths:
            self.tidy(model, output=self.writer(path))  # expect: NAQ103@37

    def in_a_block(self, model, path):
        with self.writer(path) as output:
            self.tidy(model, output)

    def tidy(self, model, output=None):
        model.save(output)


def first_line(path):
    file = reader(path)  # expect: NAQ103@12
    return file.readline()


# Silent: no argument says that it makes one.
def of_standard_input():
    return reader("-").read() + file_writer().getvalue()
