"""Gives functions of another module to others."""

from app.makers import closed as closed_again
from app.makers import opened
