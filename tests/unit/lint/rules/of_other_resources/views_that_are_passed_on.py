"""A part of a client that may live as long as the process, and that an object gets, keeps the client."""

import pymongo
from langchain_mongodb import MongoDBAtlasVectorSearch


def part_given_to_an_object(uri, name, index):
    client = pymongo.MongoClient(uri)
    collection = client[name]["documents"]
    return MongoDBAtlasVectorSearch(collection=collection, index_name=index)


class Store:
    def __init__(self, collection):
        self.collection = collection


def part_given_to_a_class_of_the_file(uri):
    client = pymongo.MongoClient(uri)
    return Store(client["app"]["documents"])


def count(collection):
    return collection.count_documents({})


def part_lent(uri):
    client = pymongo.MongoClient(uri)  # expect: NAQ103@14 client 'client' is never closed; use 'with pymongo.MongoClient(uri) as client'
    return count(client["app"]["documents"])
