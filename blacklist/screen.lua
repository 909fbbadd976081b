-- One decision on one call, and the record of the attempt. `blacklist/model.py` holds the same rules.
--
-- Order: allowlist, hard entry (voicemail, block) of the number, of its prefix, call rate, then the
-- hardest of what is milder. Nothing is written but what counts calls.
--
-- Calls are counted by the generic cell rate algorithm (ITU-T I.371). What is kept of a window, or
-- of a class, is its theoretical arrival time: the moment (ms) at which its bucket is empty.
--
-- KEYS  1 head   2, 3 what stands about the number, in slot 0 and 1: the keys end with it, or with
--       the name of a class of callers without one   4 the calls of a few numbers, its own among
--       them, or those of its class   5 prefix rules   6 alerts   7, 8 the calls of the classes
-- ARGV  1 the limits of a number, 2 those of a class, packed (blacklist/layout.py)   3 the time in
--       ms, left out for Redis' own
-- Reply nil to let the call through, else what `layout.answer` reads. It begins with ? when there
--       is no head: then the index is not known to be whole. Before that stands !<code>; when Redis
--       refused to write: then this call was not counted.

local PATIENCE = 300000     -- ms by which a clock that went back is held still
local ALERT_AGAIN = 3600000 -- ms between two alerts of one class
local RANKS = { w = 1, c = 2, l = 3, v = 4, b = 5 }
local HARD = 4              -- the rank from which a caller is kept from an operator
local BESIDE = 7            -- numbers whose calls are kept beside those of another, in one key

local milliseconds
if ARGV[3] then
  milliseconds = tonumber(ARGV[3])
else
  local time = redis.call('TIME')
  milliseconds = time[1] * 1000 + math.floor(time[2] / 1000)
end
local now = math.floor(milliseconds / 1000)
local caller = string.sub(KEYS[2], 12)

-- A write that is refused (a replica, no memory, no disk, no right) ends no decision: what is known
-- still holds. The code of the error goes with the reply.
local refused
local function write(...)
  local done = redis.pcall(...)
  if type(done) == 'table' and done.err and not refused then
    refused = string.find(done.err, 'user executing') and 'NOPERM'  -- it has no code of its own
      or string.match(done.err, '%u%u%u+') or 'ERR'
  end
end

local head = ''
local function reply(decision)
  if not head then
    decision = '?' .. (decision or '')
  end
  if refused then
    decision = '!' .. refused .. ';' .. (decision or '')
  end
  return decision
end

local function alert(window, ends)
  write('XADD', KEYS[6], 'MAXLEN', '~', 1000, '*',
    'caller', caller, 'window', window, 'until', ends)
  write('EXPIRE', KEYS[6], 604800)
end

local disposition, interval, burst, credit = struct.unpack('>c1I4I4I4', ARGV[2])

-- Callers without a number are one flow, for each class of them.
if string.byte(caller) > 57 then
  local state = redis.pcall('GET', KEYS[4])
  local arrival, alerted = 0, 0
  if type(state) == 'string' and #state == 16 then
    arrival, alerted = struct.unpack('>dd', state)
  end
  local room = interval * burst
  if arrival < milliseconds or arrival - milliseconds > room then
    arrival = milliseconds
  end
  local over = arrival + interval - milliseconds > room
  local tell = 0
  if not over then
    arrival = arrival + interval
  elseif alerted > milliseconds or milliseconds - alerted >= ALERT_AGAIN then
    tell, alerted = 1, milliseconds
    alert(0, 0)
  end
  local lasts = math.max(math.ceil(room / 1000) + 1, ALERT_AGAIN / 1000)
  write('SET', KEYS[4], struct.pack('>dd', arrival, alerted), 'EX', lasts)
  return reply(over and (disposition .. 'f0:w:' .. tell .. ':class') or false)
end

local values = redis.call('MGET', KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[7], KEYS[8])
local slot = 2
head = values[1]
if head and string.byte(head) == 49 then
  slot = 3
end

-- What stands about the number: segments `<kind><disposition><reason><until>:<evidence>;`, kinds in
-- the order a (allowed), e (entry), s (strikes, hardest first).
local best, rank, strike
if values[slot] then
  for kind, disposition, reason, ends, evidence in
    string.gmatch(values[slot], '(%l)(%l)(.)(%d+):([^;]*);')
  do
    local moment = tonumber(ends)
    if moment == 0 or moment > now then
      local text = disposition .. reason .. ends .. ':' .. kind .. ':0:' .. evidence
      if kind == 'a' then
        return reply(text)
      elseif kind == 'e' then
        best, rank = text, RANKS[disposition]
      elseif not strike then
        strike = text
      end
    end
  end
end

-- The head names the lengths of prefixes that are in use, longest first: `0 12 9`.
if head and #head > 1 and (rank or 0) < HARD then
  local fields = {}
  for length in string.gmatch(string.sub(head, 3), '%d+') do
    fields[#fields + 1] = string.sub(head, 1, 1) .. string.sub(caller, 1, tonumber(length) - 1)
  end
  for _, rule in ipairs(redis.pcall('HMGET', KEYS[5], unpack(fields))) do
    if rule then
      local disposition, reason, ends, evidence = string.match(rule, '^(%l)(.)(%d+):([^;]*)$')
      if disposition and tonumber(ends) > now then
        if RANKS[disposition] > (rank or 0) then
          best = disposition .. reason .. ends .. ':p:0:' .. evidence
          rank = RANKS[disposition]
        end
        break
      end
    end
  end
end
local hard = rank and rank >= HARD

-- The calls of a few numbers lie in one key, so that there are never more keys than were meant:
-- each number's name, the moment (ms) at which it is empty, and its state, the newest first. What has
-- long been empty goes; and where there are too many, so does the one that is empty first, which is
-- somebody's who called once.
local raw, mine, beside, length = values[4], nil, '', 0
local position, others, ends = 1, nil, nil
while raw and position <= #raw do
  local name = string.byte(raw, position)
  local state = position + name + 10
  local size = string.byte(raw, state - 1)
  if not size or state + size - 1 > #raw then
    break -- not ours
  end
  if string.sub(raw, position + 1, position + name) == caller then
    mine, length = state, size
  else
    local empty = struct.unpack('>d', raw, position + name + 1)
    if empty >= milliseconds - PATIENCE then
      others, ends = others or {}, ends or {}
      others[#others + 1] = string.sub(raw, position, state + size - 1)
      ends[#others] = empty
    end
  end
  position = state + size
end
if others then
  while #others > BESIDE do
    local first = 1
    for place = 2, #ends do
      if ends[place] <= ends[first] then
        first = place
      end
    end
    table.remove(others, first)
    table.remove(ends, first)
  end
  beside = table.concat(others)
end

-- The state: the window that was passed last, the end of its measure (s), the newest call (ms), and
-- the arrival time of every window. A call that a window has no room for is not counted in it.
local rate, alerts, measure, lasts, count = struct.unpack('>c1BI4I4B', ARGV[1])
local window, held, clock, known = 0, 0, milliseconds, 0
if mine and length >= 13 then
  local seen, ends, newest = struct.unpack('>BI4d', raw, mine)
  if newest <= milliseconds + PATIENCE and ends <= newest / 1000 + measure then
    window, held = seen, ends
    clock = math.max(milliseconds, newest)
    known = length
  end
end
local second, over, arrivals, empty = math.floor(clock / 1000), 0, {}, 0
for number = 1, count do
  local every, room = struct.unpack('>dd', ARGV[1], number * 16 - 4)
  local arrival = clock
  if known >= 13 + number * 8 then
    arrival = struct.unpack('>d', raw, mine + number * 8 + 5)
    if arrival < clock or arrival - clock > room then
      arrival = clock
    end
  end
  if arrival + every - clock <= room then
    arrival = arrival + every
  elseif over == 0 then
    over = number
  end
  arrivals[number] = arrival
  if arrival > empty then
    empty = arrival
  end
end

local tell = 0
if over > 0 and not hard then
  if held <= second then
    tell = alerts
  end
  window, held = over, second + measure
  if tell == 1 then
    alert(window, held)
  end
end
if held * 1000 > empty then
  empty = held * 1000
end
write('SET', KEYS[4], struct.pack('>Bc0dBBI4d' .. string.rep('d', count), #caller, caller, empty,
  13 + count * 8, window, held, clock, unpack(arrivals)) .. beside, 'EX', lasts)

if not hard and held > second then
  return reply(rate .. 'f' .. held .. ':r:' .. tell .. ':window ' .. window)
end
if strike and not hard and RANKS[string.sub(strike, 1, 1)] > (rank or 0) then
  best = strike
end
if best then
  return reply(best)
end

-- A call that is let through makes room for a part of one without a number; not a short one's, for
-- it is of those itself.
for place = 5, 6 do
  local state = credit > 0 and string.byte(caller) ~= 42 and values[place]
  if state and #state == 16 then
    local arrival = struct.unpack('>d', state)
    if arrival > milliseconds then
      write('SETRANGE', KEYS[place + 2], 0, struct.pack('>d', arrival - credit))
    end
  end
end
return reply(false)
