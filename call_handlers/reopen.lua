-- Take up again a call that had ended: another message of the same moment tells what came of its last
-- turn. Compare-and-set by version, so that of two processes one does.
-- KEYS: state (hash), events (list).  ARGV: version that is stored, version, state, ttl in seconds,
-- events to keep, event...
-- Answers 1 when taken up, else 0.
if redis.call('HGET', KEYS[1], 'turn') ~= ARGV[1] then
  return 0
end
redis.call('HSET', KEYS[1], 'turn', ARGV[2], 'state', ARGV[3])
redis.call('HDEL', KEYS[1], 'ended')
redis.call('EXPIRE', KEYS[1], ARGV[4])
if ARGV[5] == '0' then
  redis.call('DEL', KEYS[2])
else
  redis.call('LTRIM', KEYS[2], 0, ARGV[5] - 1)
end
if #ARGV > 5 then
  redis.call('RPUSH', KEYS[2], unpack(ARGV, 6))
end
redis.call('EXPIRE', KEYS[2], ARGV[4])
return 1
