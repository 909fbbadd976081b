-- A call came to something: it is taken back from what was counted, and later ones weigh less.
-- `ScreeningModel.served` holds the same rules.
--
-- KEYS  1 what the number's served calls are worth   2 what is counted of the call's origin   3 the
--       same of all of its trunk whose origin is not named   4 the calls of numbers in a row with it
-- ARGV  1 seconds for which it is worth something, 0 for a caller without a number   2 the class of
--       the caller at its origin, 0 for none   3, 4 the room (ms) that the call makes there, where
--       the origin is named and where it is not   5, 6 the interval and the room (ms) of calls by an
--       origin that came to something   7 the interval (ms) of numbers in a row, 0 for none   8 the
--       time in ms, left out for Redis' own

local milliseconds
if ARGV[8] then
  milliseconds = tonumber(ARGV[8])
else
  local time = redis.call('TIME')
  milliseconds = time[1] * 1000 + math.floor(time[2] / 1000)
end
local now = math.floor(milliseconds / 1000)

local served = 0
if ARGV[1] ~= '0' then
  local state = redis.call('GET', KEYS[1])
  local ends, untold = 0, 0
  if state and #state == 6 then
    ends, served, untold = struct.unpack('>I4BB', state)
  end
  if ends <= now then
    ends, served, untold = 0, 0, 0
  end
  ends = math.max(ends, now + tonumber(ARGV[1]))
  redis.call('SET', KEYS[1],
    struct.pack('>I4BB', ends, math.min(255, served + 1), math.min(255, untold + 1)),
    'EX', ARGV[1])
end

local function moment(state, place)
  return struct.unpack('>d', state, place * 8 - 7)
end
local function keep(key, place, value)
  redis.call('SETRANGE', key, place * 8 - 8, struct.pack('>d', value))
end

local class = tonumber(ARGV[2])
if class > 0 then
  local key, named = KEYS[2], KEYS[2] ~= KEYS[3]
  local state = redis.call('GET', key)
  if named and not state then
    key, named = KEYS[3], false
    state = redis.call('GET', key)
  end
  if state and #state == 48 then
    local every, room = tonumber(ARGV[5]), tonumber(ARGV[6])
    local after = math.max(moment(state, 4), milliseconds) + every
    if named and every > 0 and after - milliseconds <= room then
      keep(key, 4, after)
    end
    keep(key, class, moment(state, class) - tonumber(ARGV[named and 3 or 4]))
  end
end

local row = tonumber(ARGV[7]) > 0 and redis.call('GET', KEYS[4])
if row and #row == 8 then
  keep(KEYS[4], 1, moment(row, 1) - tonumber(ARGV[7]))
end
return served
