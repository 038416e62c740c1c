from app.deep_three import Three


class Two(Three):
    pass
