"""Tests of what runs the tests: whole runs, in processes and folders of their own, of parts that are made up."""
