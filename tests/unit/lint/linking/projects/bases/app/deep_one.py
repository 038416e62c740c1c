from app.deep_two import Two


class One(Two):
    pass
