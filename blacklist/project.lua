-- Writes what stands about numbers into the index; the same again changes nothing.
--
-- KEYS  1 head   2 rebuild   3 touched   then the numbers' standings: each in slot 0 and in slot 1,
--       or, for a rebuild, each in the slot that it writes
-- ARGV  1 the token of the rebuild that this belongs to, empty for a change made by a person
--       then what holds for one number or for several in a row: kind (a, e, s) and its segments
--       (none to drop them) as one, and how many numbers
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

local ends = {} -- by value: most are alike

local function last_of(value)
  local last = 0
  for moment in string.gmatch(value, '%l%l.(%d+):[^;]*;') do
    if tonumber(moment) == 0 then
      return 0
    end
    last = math.max(last, tonumber(moment))
  end
  return last
end

local function write(key, kind, segments)
  local value, before = segments, redis.call('GET', key)
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
  local last = ends[value] or last_of(value)
  ends[value] = last
  if last > 0 then
    redis.call('SET', key, value, 'EXAT', last)
  else
    redis.call('SET', key, value)
  end
end

local function touched(verb, key, kind)
  return redis.call(verb, KEYS[3], kind .. '+' .. string.match(key, '%d+$'))
end

local changed = token ~= '' and redis.call('EXISTS', KEYS[3]) == 1
local at = 4
for run = 2, #ARGV, 2 do
  local kind, segments = string.sub(ARGV[run], 1, 1), string.sub(ARGV[run], 2)
  for _ = 1, tonumber(ARGV[run + 1]) do
    local key = KEYS[at]
    if token == '' then
      write(KEYS[at + live], kind, segments)
      if rebuild then
        write(KEYS[at + 1 - live], kind, segments)
        touched('SADD', key, kind)
        redis.call('EXPIRE', KEYS[3], 3600)
      end
      at = at + 2
    else
      if not changed or touched('SISMEMBER', key, kind) == 0 then
        write(key, kind, segments)
      end
      at = at + 1
    end
  end
end
if token ~= '' then
  redis.call('EXPIRE', KEYS[2], 3600)
end
return 1
