-- Mark a call as ended, unless it is already or has gone on since.
-- KEYS: state (hash), events (list).  ARGV: the version that ends, or -1 for any; ttl in seconds.
-- Answers 1 when marked, -1 when nothing is known of the call (Redis was emptied), else 0.
local stored = redis.call('HMGET', KEYS[1], 'turn', 'ended')
local version = tonumber(ARGV[1])
if not stored[1] then
  return -1
end
if stored[2] or (version >= 0 and tonumber(stored[1]) > version) then
  return 0
end
redis.call('HSET', KEYS[1], 'ended', 1)
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[2])
return 1
