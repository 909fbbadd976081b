-- A call came to something: it is taken back from what was counted, and later ones weigh less.
-- `ScreeningModel.served` holds the same rules.
--
-- KEYS  1 what the number's served calls are worth   2 what is counted of the call's trunk   3 the
--       calls of numbers in a row with it
-- ARGV  1 seconds for which it is worth something   2 the class of numbers that were vouched for in
--       part, 0 for none   3, 4 the intervals (ms) of that class and of numbers in a row, 0 for none
--       5 the time in ms, left out for Redis' own

local milliseconds
if ARGV[5] then
  milliseconds = tonumber(ARGV[5])
else
  local time = redis.call('TIME')
  milliseconds = time[1] * 1000 + math.floor(time[2] / 1000)
end
local now = math.floor(milliseconds / 1000)

local state = redis.call('GET', KEYS[1])
local ends, served, untold = 0, 0, 0
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

local class = tonumber(ARGV[2])
local trunk = class > 0 and redis.call('GET', KEYS[2])
if trunk and #trunk == 88 then
  local arrival = struct.unpack('>d', trunk, class * 8 + 9)
  redis.call('SETRANGE', KEYS[2], class * 8 + 8, struct.pack('>d', arrival - tonumber(ARGV[3])))
end
local row = tonumber(ARGV[4]) > 0 and redis.call('GET', KEYS[3])
if row and #row == 8 then
  redis.call('SETRANGE', KEYS[3], 0, struct.pack('>d', struct.unpack('>d', row) - tonumber(ARGV[4])))
end
return served
