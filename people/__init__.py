"""Who may change what: roles, PINs, tokens, and the audit of what they did."""
