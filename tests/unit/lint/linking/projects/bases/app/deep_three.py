from app.base import Plain


class Three(Plain):
    pass
