from app.base import Closing, Plain
