from app.far_four import (
    Closing as FarClosing,
    Plain as Far,
)
