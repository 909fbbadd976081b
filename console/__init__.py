"""What admins and staff use over HTTP: the API of the blocklist, later the web console.

Routes speak HTTP and nothing else: every decision is the register's. Collaborators are handed in;
nothing here reads settings or opens a connection.
"""
