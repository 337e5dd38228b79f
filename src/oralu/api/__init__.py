"""The door for the systems of agencies: the same walls, the same acts and the same journal as the screens."""
