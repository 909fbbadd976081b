-- Keep a call's newest turn, in one round trip: compare-and-set by turn number.
-- KEYS: state (hash), events (list).  ARGV: turn, state, ttl in seconds, event...
-- Answers false when saved, else the state that another process had stored for this turn or a later,
-- or at which it ended the call.
local stored = redis.call('HMGET', KEYS[1], 'turn', 'ended')
if stored[1] and (stored[2] or tonumber(stored[1]) >= tonumber(ARGV[1])) then
  return redis.call('HGET', KEYS[1], 'state')
end
redis.call('HSET', KEYS[1], 'turn', ARGV[1], 'state', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
if #ARGV > 3 then
  redis.call('RPUSH', KEYS[2], unpack(ARGV, 4))
  redis.call('EXPIRE', KEYS[2], ARGV[3])
end
return false
