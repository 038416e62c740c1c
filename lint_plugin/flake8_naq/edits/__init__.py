"""From one version of a file to the next: edits applied to a text, shared lines split, imports in order."""
