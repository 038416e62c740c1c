"""From the control-flow graph of a function to a verdict on each resource that it acquires."""
