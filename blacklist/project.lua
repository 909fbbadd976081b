-- Writes what stands about numbers into the index; the same again changes nothing.
--
-- KEYS  1 head   2 rebuild   3 touched   then for each number its standing in slot 0 and 1
-- ARGV  1 the token of the rebuild that this belongs to, empty for a change made by a person
--       then for each number: kind (a, e, s), its segments (empty to drop them), member of touched
-- While a rebuild runs, a change goes into both slots, and is remembered as touched: the rebuild,
-- which read the record earlier, passes over it. Reply: 1, or 0 when the rebuild is not the one
-- that runs.

local live = 0
if string.sub(redis.call('GET', KEYS[1]) or '0', 1, 1) == '1' then
  live = 1
end
local rebuild = redis.call('GET', KEYS[2])
local token = ARGV[1]
if token ~= '' and rebuild ~= token then
  return 0
end

local function write(key, kind, segments)
  local value, last, before = segments, 0, redis.call('GET', key)
  if before then
    local kept = { a = '', e = '', s = '' }
    for whole, held in string.gmatch(before, '((%l)%l.%d+:[^;]*;)') do
      kept[held] = kept[held] .. whole
    end
    kept[kind] = segments
    value = kept.a .. kept.e .. kept.s
  end
  if value == '' then
    redis.call('DEL', key)
    return
  end
  for ends in string.gmatch(value, '%l%l.(%d+):[^;]*;') do
    ends = tonumber(ends)
    if ends == 0 then
      last = nil
      break
    end
    last = math.max(last, ends)
  end
  if last then
    redis.call('SET', key, value, 'EXAT', last)
  else
    redis.call('SET', key, value)
  end
end

local changed = token ~= '' and redis.call('EXISTS', KEYS[3]) == 1
for number = 0, (#ARGV - 1) / 3 - 1 do
  local kind, segments, member = ARGV[2 + number * 3], ARGV[3 + number * 3], ARGV[4 + number * 3]
  local first = 4 + number * 2
  if token == '' then
    write(KEYS[first + live], kind, segments)
    if rebuild then
      write(KEYS[first + 1 - live], kind, segments)
      redis.call('SADD', KEYS[3], member)
      redis.call('EXPIRE', KEYS[3], 3600)
    end
  elseif not changed or redis.call('SISMEMBER', KEYS[3], member) == 0 then
    write(KEYS[first + 1 - live], kind, segments)
  end
end
if token ~= '' then
  redis.call('EXPIRE', KEYS[2], 3600)
end
return 1
