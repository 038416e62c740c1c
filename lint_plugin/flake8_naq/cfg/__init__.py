"""From the syntax of one function to its control-flow graph."""
