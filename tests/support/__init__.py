"""Things that several tests share. Nothing here asserts."""
