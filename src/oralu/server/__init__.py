"""What starts and stops Oralu on one machine: a private PostgreSQL, the web server, the worker."""
