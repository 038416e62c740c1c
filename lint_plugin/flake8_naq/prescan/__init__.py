"""A first look over a function, before its graph is built: what is worth a slot. Judges nothing."""
