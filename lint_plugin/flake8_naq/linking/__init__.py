"""Joins the modules of a project: finds what a file imports, and summarises it for the analysis of that file."""
