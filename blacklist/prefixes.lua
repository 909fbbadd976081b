-- Writes one prefix rule, or ends a rebuild; either way the head gets the lengths then in use.
--
-- KEYS  1 head   2 rebuild   3 touched   4 prefix rules, by slot and prefix (no plus)
-- ARGV  1 the token of a rebuild, empty for a change made by a person
--       2 `put` or `commit`   3 the prefix without its plus   4 its rule, empty to drop it
-- Reply: 1, or 0 when the rebuild is not the one that runs.

local head = redis.call('GET', KEYS[1])
local live = string.sub(head or '0', 1, 1) == '1' and 1 or 0
local rebuild = redis.call('GET', KEYS[2])
local token = ARGV[1]
if token ~= '' and rebuild ~= token then
  return 0
end

local rules = KEYS[4]

local function write(slot)
  if ARGV[4] == '' then
    redis.call('HDEL', rules, slot .. ARGV[3])
  else
    redis.call('HSET', rules, slot .. ARGV[3], ARGV[4])
  end
end

if ARGV[2] == 'put' then
  local member = 'p' .. ARGV[3]
  if token == '' then
    write(live)
    if rebuild then
      write(1 - live)
      redis.call('SADD', KEYS[3], member)
      redis.call('EXPIRE', KEYS[3], 3600)
    end
  elseif redis.call('SISMEMBER', KEYS[3], member) == 0 then
    write(1 - live)
  end
  if token ~= '' then
    redis.call('EXPIRE', KEYS[2], 3600)
  end
else
  live = 1 - live
  head = tostring(live)
  redis.call('DEL', KEYS[2], KEYS[3])
end

-- Rules that are over go; the lengths of those that count are told in the head, longest first.
local now, last = tonumber(redis.call('TIME')[1]), 0
local lengths, seen = {}, {}
local all = redis.call('HGETALL', rules)
for at = 1, #all, 2 do
  local slot, length = string.sub(all[at], 1, 1), #all[at]
  local ends = tonumber(string.match(all[at + 1], '^%l.(%d+):')) or 0
  local current = slot == tostring(live)
  if ends <= now or (ARGV[2] == 'commit' and not current) then
    redis.call('HDEL', rules, all[at])
  else
    last = math.max(last, ends)
    if current and not seen[length] then
      seen[length] = true
      lengths[#lengths + 1] = length
    end
  end
end
if last > 0 then
  redis.call('EXPIREAT', rules, last)
end
if head then
  table.sort(lengths, function(one, other) return one > other end)
  redis.call('SET', KEYS[1], live .. (#lengths > 0 and ' ' .. table.concat(lengths, ' ') or ''))
end
return 1
