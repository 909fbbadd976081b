"""Where tickets are delivered, a file a kind."""
