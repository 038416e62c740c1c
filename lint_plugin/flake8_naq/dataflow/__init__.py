"""From a control-flow graph to a verdict on each acquisition: abstract states, worklist, witnesses, summaries."""
