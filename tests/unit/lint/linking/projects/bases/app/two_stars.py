from app.base import *
from somewhere import *
