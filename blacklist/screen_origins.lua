-- What is counted of an origin: the arrival time of each class (numbers that were never served,
-- callers without one, and those whose number is unusable), that of calls that came to something,
-- when it was told of last, and which calls of its trunk have made room. An origin that was never
-- seen counts as the rest of its trunk does: a network may name another one with every call.
local origin, named, place, keep_origin, read_origin, conforms
if KEYS[9] then
  function keep_origin()
    write('SET', place, struct.pack(ORIGIN, unpack(origin)), 'EX', stays)
  end
  function read_origin(state)
    named, place = KEYS[9] ~= KEYS[10], KEYS[9]
    if named and not state then
      write('SET', place, struct.pack(ORIGIN, 0, 0, 0, 0, 0, trunk[3]), 'EX', stays)
      named, place = false, KEYS[10]
      state = redis.pcall('GET', place)
    end
    if type(state) == 'string' and #state == 48 then
      origin = { struct.unpack(ORIGIN, state) }
    else
      origin = { 0, 0, 0, 0, 0, trunk[3] }
    end
  end
  -- Whether a call of a class has room at a moment (it is counted if so, as a part of one where calls
  -- weigh less), and whether the class is crowded.
  function conforms(class, moment, part)
    local more = trunk[3] - origin[6]
    origin[6] = trunk[3]
    if more > 0 then
      for each = 1, 3 do
        local _, _, credit = limits(each, named)
        if each == 1 and named and origin[4] - moment >= quiet then
          credit = busy
        end
        origin[each] = origin[each] - more * credit
      end
    end
    local interval, room, _, crowded = limits(class, named)
    local arrival = math.max(origin[class], moment)
    -- If the clock went back, no such time can have been reached.
    if arrival - moment > room then
      arrival = moment
    end
    if arrival - moment > crowded and arrival > trunk[2] then
      trunk[2], changed = arrival, true
    end
    local after = arrival + interval / part
    local fits = after - moment <= room
    origin[class] = fits and after or arrival
    return fits, origin[class] - moment > crowded
  end
end

-- Callers without a number are one flow, for each class of them.
if string.byte(caller) > 57 then
  read_trunk(redis.pcall('GET', KEYS[7]))
  read_origin(redis.pcall('GET', KEYS[9]))
  local fits = conforms(caller == 'withheld' and 2 or 3, milliseconds, load_at(milliseconds))
  local over, tell = not fits, 0
  if over and (origin[5] > milliseconds or milliseconds - origin[5] >= ALERT_AGAIN) then
    tell, origin[5] = 1, milliseconds
    alert(0, 0)
  end
  keep_origin()
  if changed then
    keep_trunk()
  end
  return reply(over and (letter .. 'f0:w:' .. tell .. ':class') or false)
end
