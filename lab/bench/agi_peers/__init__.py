"""Small FastAGI servers, ours and its peers, that all lead one and the same call.

Each is a process of its own: `python -m lab.bench.agi_peers.NAME PORT`.
"""
