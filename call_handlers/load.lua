-- A call as it stands, in one round trip.
-- KEYS: state (hash), events (list).
-- Answers false for a call that is not known; else its state, 1 when it has ended, and its events.
local found = redis.call('HMGET', KEYS[1], 'state', 'ended')
if not found[1] then
  return false
end
return {found[1], found[2] and 1 or 0, redis.call('LRANGE', KEYS[2], 0, -1)}
