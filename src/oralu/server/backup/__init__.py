"""Backups and their restoring: what is taken, how it is proven to be whole, how it becomes a register again.

A backup of the private server is physical (the whole cluster and its log), so that any later moment that the log
reaches can be restored. Under DATABASE_URL it is a dump, and a moment in between is the matter of whoever looks after
that server."""
