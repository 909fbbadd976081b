"""What admins and staff use over HTTP: the console's pages, and the API (`api/`).

Routes speak HTTP and nothing else: every decision is a room's below. Collaborators are handed in;
nothing here reads settings or opens a connection.
"""
