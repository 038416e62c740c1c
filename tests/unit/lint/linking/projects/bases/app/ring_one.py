from app.ring_two import Ring
