from app.far_two import Far, FarClosing
