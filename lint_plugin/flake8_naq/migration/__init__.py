"""From by-hand functions and URLs to the managers and the Config of the package that the catalogue names."""
