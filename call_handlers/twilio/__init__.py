"""The Twilio side: signed webhooks in, TwiML out. It performs turns and decides nothing.

`signature` lets in what Twilio sent, `form` is what it said, `events` what that means to the
dialog, `render` how a turn is put in TwiML, `webhooks` the routes.
"""
