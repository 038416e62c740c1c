from app.base import Closing as Exported, Plain
