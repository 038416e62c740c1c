"""Work over many files: check, fix, plan, on several processes; and files written whole or not at all."""
