from app.ring_one import Ring
