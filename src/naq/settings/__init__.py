"""How settings are read and refused: server URLs, files and variables, words for what is wrong. Knows no defaults."""
