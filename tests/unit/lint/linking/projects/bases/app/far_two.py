from app.far_three import *
