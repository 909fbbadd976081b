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
--       them   5 prefix rules   6 alerts   7 what is counted of its trunk   8 what its served calls
--       are worth   and of a number that is vouched for in part, and of a caller without one:
--       9 what is counted of its origin   10 the same of all of its trunk whose origin is not named
--       11 the calls of numbers in a row with it
-- ARGV  1 who vouches for the caller: A, B, C or -   2 the time in ms, left out for Redis' own
-- The limits, `screen_origins.lua` and `screen_places.lua` are written into it where it says so
-- (blacklist/limits.py).
-- Reply nil to let the call through, else what `layout.answer` reads. It begins with ? when there
--       is no head: then the index is not known to be whole. Before that stands !<code>; when Redis
--       refused to write: then this call was not counted.

local PATIENCE = 300000     -- ms by which a clock that went back is held still
local ALERT_AGAIN = 3600000 -- ms between two alerts of one class
local RANKS = { w = 1, c = 2, l = 3, v = 4, b = 5 }
local HARD = 4              -- the rank from which a caller is kept from an operator
local BESIDE = 7            -- numbers whose calls are kept beside those of another, in one key
local STRUCK = 255          -- the number of the window of those who were struck lately
local TRUNK, ORIGIN = '>ddd', '>dddddd'

-- LIMITS

local milliseconds
if ARGV[2] then
  milliseconds = tonumber(ARGV[2])
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

-- What is counted of a trunk: the moment (ms) at which those who repeat are forgotten, until when one
-- of its classes is crowded, and its calls while one was.
local trunk, changed
local function keep_trunk()
  write('SET', KEYS[7], struct.pack(TRUNK, unpack(trunk)), 'EX', stays)
end
local function read_trunk(state)
  if type(state) == 'string' and #state == 24 then
    trunk = { struct.unpack(TRUNK, state) }
  else
    trunk = { 0, 0, 0 }
  end
end

-- By how much calls weigh less: where many numbers repeat on one trunk, it is the city's night and
-- not the callers'.
local function load_at(moment)
  if trunk[1] - moment > top then -- the clock went back
    trunk[1] = 0
  end
  if every_repeat > 0 and trunk[1] > moment then
    return math.min(most, 1 + math.floor((trunk[1] - moment) / each))
  end
  return 1
end
-- ORIGINS

local values = redis.call('MGET', KEYS[1], KEYS[2], KEYS[3], KEYS[4],
  unpack(KEYS, 7, math.min(9, #KEYS)))
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

-- PLACES

-- The state: the window that was passed last, the end of its measure (s), the newest call (ms), and
-- the arrival time of every window. A call that a window has no room for is not counted in it.
local window, held, clock, known, before = 0, 0, milliseconds, 0, 0
if mine and length >= 13 then
  local seen, ends, newest = struct.unpack('>BI4d', raw, mine)
  if newest <= milliseconds + PATIENCE and ends <= newest / 1000 + measure then
    window, held, before = seen, ends, newest
    clock = math.max(milliseconds, newest)
    known = length
  end
end
local second, over, arrivals, empty = math.floor(clock / 1000), 0, {}, 0

-- Calls that came to something are taken back, and later ones weigh less for a long time. Where many
-- numbers repeat on one trunk, it is the city's night and not the callers': all weigh less.
local trusted, back, weight, load = false, 0, 1, 1
if values[6] and #values[6] == 6 then
  local ends, served, untold = struct.unpack('>I4BB', values[6])
  if ends > second then
    trusted, back, weight = true, untold, times
  end
  if untold > 0 then
    write('SET', KEYS[8], struct.pack('>I4BB', ends, served, 0), 'KEEPTTL')
  end
end
if values[5] then
  read_trunk(values[5])
  load = load_at(clock)
  weight = weight * load
end

local repeats, often = false, false
for number = 1, count do
  local every, room = everies[number], rooms[number]
  local arrival = clock
  if known >= 13 + number * 8 then
    arrival = struct.unpack('>d', raw, mine + number * 8 + 5)
    if arrival - clock > room then
      arrival = clock
    end
    arrival = math.max(clock, arrival - back * every)
  end
  local next, last = arrival + every / weight, narrow == 1 and number == count
  if last then
    often = arrival - clock >= every
  end
  if next - clock <= room then
    if number == count and every_repeat > 0 then
      repeats = arrival - clock < mark and mark <= next - clock
    end
    arrival = next
  elseif not last then
    over = over > 0 and over or number
  elseif over == 0 and not trusted and strike then
    -- The first step alone, and lately.
    local ends = tonumber(string.match(strike, '^..(%d+)'))
    over = ends > second + fresh and STRUCK or 0
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
empty = math.max(empty, held * 1000, clock + within)
write('SET', KEYS[4], struct.pack(packing, #caller, caller, empty,
  13 + count * 8, window, held, clock, unpack(arrivals)) .. beside, 'EX', lasts)

if not hard and held > second then
  local evidence = window == STRUCK and 'struck' or 'window ' .. window
  return reply(rate .. 'f' .. held .. ':r:' .. tell .. ':' .. evidence)
end

local numbered = string.byte(caller) > 47
if repeats and not hard and (trusted or vouched < 'B') then
  if not trunk then
    read_trunk()
  end
  trunk[1] = math.min(math.max(trunk[1], clock) + every_repeat, clock + top)
  changed = true
end

-- Numbers that change with every call, shown by a machine, and vouched for by nobody in full: more
-- by one origin than its share. Many in a row; any where little else comes; else who comes again.
if rotation ~= '-' and vouched > 'A' and not trusted and not hard
  and string.sub(caller, 1, #home) == home
then
  if not trunk then
    read_trunk()
  end
  read_origin(values[7])
  local fits, crowded, turned = true, false, nil
  if named or vouched == 'C' then
    fits, crowded = conforms(1, clock, 1)
    keep_origin()
  end
  if crowded or not named then
    local kept, arrival = redis.pcall('GET', KEYS[11]), clock
    if type(kept) == 'string' and #kept == 8 then
      arrival = math.max(clock, struct.unpack('>d', kept))
      if arrival - clock > row_room then
        arrival = clock
      end
    end
    if arrival + row - clock > row_room then
      turned = 'block'
    else
      write('SET', KEYS[11], struct.pack('>d', arrival + row), 'EX', row_lasts)
    end
  end
  if not fits and not turned and load == 1 then
    local since = clock - before
    if named and origin[4] - clock < quiet then
      turned = 'origin'
    elseif often or since >= after and since <= within then
      turned = named and 'again' or 'gateway'
    end
  end
  if turned then
    if changed then
      keep_trunk()
    end
    return reply(rotation .. 'f0:k:0:' .. turned)
  end
end
if strike and not hard and RANKS[string.sub(strike, 1, 1)] > (rank or 0) then
  best = strike
end

-- While a class of its trunk is crowded, a call that is let through makes room there; not that of a
-- short number or of one who hides, nor one that comes as those do who change their number.
if trunk and numbered and not best and vouched < 'B' and trunk[2] > milliseconds then
  trunk[3], changed = trunk[3] + 1, true
end
if changed then
  keep_trunk()
end
return reply(best or false)
