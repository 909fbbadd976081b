-- A call as it stands, in one round trip.
-- KEYS: state (hash), events (list).
-- Answers false for a call that is not known; else lines: 1 when it has ended or 0, its state, its
-- events. One text is read faster than a list, and no line holds a line break, because all are JSON.
local found = redis.call('HMGET', KEYS[1], 'state', 'ended')
if not found[1] then
  return false
end
local lines = redis.call('LRANGE', KEYS[2], 0, -1)
table.insert(lines, 1, found[1])
table.insert(lines, 1, found[2] and '1' or '0')
return table.concat(lines, '\n')
