"""The HTTP API under `/api/v1`: routes speak HTTP and nothing else, every decision is a room's."""
