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
