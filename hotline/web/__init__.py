"""The web application: Twilio's webhooks, the prompts' audio, health and metrics."""
