"""Signing in: Flask-Security on the house's own accounts, its sessions in Redis, and its limits."""
