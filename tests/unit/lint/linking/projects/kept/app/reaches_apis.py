"""Closes the client of an object that another module makes."""

from app.warehouses import Warehouse


def stop(warehouse: Warehouse):
    warehouse._client.close()
