"""The life of a call: begin, advance, end. The only orchestration."""
