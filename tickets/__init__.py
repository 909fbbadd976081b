"""The ticket, its reference number, the outbox, and delivery to the back office."""
