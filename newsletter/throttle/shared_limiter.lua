-- One turn of one run: what it used, gives back, asks for and has been told, against what all runs
-- share. All of it or nothing, in one round trip. newsletter/domain/throttling/limits.py has the rules in words
-- and the numbers, which come in as rule; quota.py has the caller's side.
--
-- RUNS     run -> {at, shares, slot, granted}   who is there, and what each may have in flight
-- SLOW     provider -> {per_s, was, since}      who said slower; "*" is the whole service
-- BUCKETS  provider -> {level, at, runs}        permits that nobody holds yet
-- DAY      total, oldest, seeded, and a count for each slot of some minutes

local RUNS, SLOW, BUCKETS, DAY = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local SERVICE = '*'
local ask, rule = cjson.decode(ARGV[1]), cjson.decode(ARGV[2])
local me = ask.run
local now = ask.now
if not now then -- the only clock that all workers share; tests bring their own
  local time = redis.call('TIME')
  now = tonumber(time[1]) + tonumber(time[2]) / 1e6
end

-- A clock that was set back makes nothing older, and nothing wait until it has caught up.
local function age(at) return math.max(0, now - at) end

local function all(key)
  local found, flat = {}, redis.call('HGETALL', key)
  for i = 1, #flat, 2 do found[flat[i]] = cjson.decode(flat[i + 1]) end
  return found
end

local function put(key, name, value) redis.call('HSET', key, name, cjson.encode(value)) end

-- The day is counted from the ledger when its count is gone, and by a run that was cut off. Until it
-- has told what it sent lately, nothing is changed here.
local seeded = redis.call('HGET', DAY, 'seeded')
local is_day_missing = rule.per_day > 0 and not seeded and not ask.seed
local is_run_unheard = rule.per_day > 0 and not ask.sent and (ask.alone_s or ask.seeded ~= seeded)
if is_day_missing or is_run_unheard then
  return cjson.encode({tell = true, seed = not seeded})
end

-- Who is there, and which of them I am in the order of their names.
local runs, names = all(RUNS), {}
for name, run in pairs(runs) do
  if now - run.at > rule.run_expires_s or run.at > now + 1 then
    runs[name] = nil
    redis.call('HDEL', RUNS, name)
  end
end
local mine = runs[me] or {at = now, shares = {}, slot = 0, granted = 0}
mine.at = now
runs[me] = mine
for name in pairs(runs) do names[#names + 1] = name end
table.sort(names)
local rank = 0
for i, name in ipairs(names) do if name == me then rank = i - 1 end end

-- Who said slower.
local slow, slow_count = all(SLOW), 0
local function pace_of(name)
  local pace = slow[name]
  if not pace then return nil end
  local grown = pace.per_s * 2 ^ (age(pace.since) / rule.double_s)
  return grown < rule.over * pace.was and grown or nil
end
for name, pace in pairs(slow) do
  if not pace_of(name) then
    slow[name] = nil
    redis.call('HDEL', SLOW, name)
    if name ~= SERVICE then redis.call('HDEL', BUCKETS, name) end
  else
    slow_count = slow_count + 1
    if pace.since > now then
      pace.since = now
      put(SLOW, name, pace)
    end
  end
end
for name, per_s in pairs(ask.slowed) do
  if not slow[name] and slow_count >= rule.most_slowed then
    name, per_s = SERVICE, ask.slowed[SERVICE] or ask.per_s
  end
  local pace = slow[name]
  if not pace or age(pace.since) >= rule.hold_s then
    local was = math.max(rule.floor_per_s, math.min(per_s * #names, pace_of(name) or math.huge))
    if not pace then slow_count = slow_count + 1 end
    slow[name] = {per_s = math.max(rule.floor_per_s, was * rule.slower), was = was, since = now}
    put(SLOW, name, slow[name])
    redis.call('HDEL', BUCKETS, name)
  end
end

-- What of level goes to me, so that all who want some have had the same since they all want some.
local function fair(bucket, level, want)
  local takers = {}
  for name, one in pairs(bucket.runs) do
    if name ~= me and one.want > 0 and age(runs[name].at) <= rule.fresh_s then
      takers[#takers + 1] = one
    end
  end
  local own = bucket.runs[me]
  if own.want == 0 then -- whoever wanted nothing has saved nothing up
    for _, one in ipairs(takers) do own.served = math.max(own.served, one.served) end
  end
  own.want = want
  takers[#takers + 1] = own
  local low, high = math.huge, 0
  for _, one in ipairs(takers) do
    low, high = math.min(low, one.served), math.max(high, one.served + one.want)
  end
  for _ = 1, 40 do -- like water: the height at which the level is used up
    local height, poured = (low + high) / 2, 0
    for _, one in ipairs(takers) do
      poured = poured + math.max(0, math.min(one.want, height - one.served))
    end
    if poured > level then high = height else low = height end
  end
  local share = math.ceil(low - own.served - 0.01)
  return math.max(0, math.min(want, math.floor(level), share))
end

-- Permits for me out of the bucket that fills at rate. What runs hold unused counts as still in it,
-- so that however long they wait with it, no more than a full one goes out at once.
local function draw(name, rate, most)
  local text = redis.call('HGET', BUCKETS, name)
  local bucket = text and cjson.decode(text) or {level = 0, at = now, runs = {}}
  local held = ask.held[name] or 0
  for run, one in pairs(bucket.runs) do
    if not runs[run] then
      bucket.runs[run] = nil
    elseif run ~= me then
      held = held + one.held
    end
  end
  local own = bucket.runs[me] or {held = 0, want = 0, served = 0}
  bucket.runs[me] = own
  local back = math.min(ask.back[name] or 0, own.held)
  own.served = own.served - back
  local room = math.max(0, rate * rule.burst_s + 1 - held)
  local level = math.min(room, bucket.level + back + rate * age(bucket.at))
  local got = math.min(most, fair(bucket, level, ask.wanted[name] or 0))
  own.want = own.want - got
  own.served = own.served + got
  own.held = (ask.held[name] or 0) + got
  bucket.level, bucket.at = level - got, now
  put(BUCKETS, name, bucket)
  return got, math.max(0, 1 - bucket.level) / rate
end

-- What is left of the day: a rolling one, in slots that count whole until their last message is out
-- of it, and a little longer, since a permit is counted when it is given and used after that.
local left, day_wait_s = math.huge, 0
local slot = math.floor(now / rule.slot_s)
local function count(at, number)
  redis.call('HINCRBY', DAY, at, number)
  return redis.call('HINCRBY', DAY, 'total', number)
end
if rule.per_day > 0 then
  local first = math.floor((now - rule.day_s - rule.slack_s) / rule.slot_s)
  local oldest = tonumber(redis.call('HGET', DAY, 'oldest') or slot)
  if not seeded then
    for at, number in pairs(ask.seed) do
      local when = math.min(tonumber(at), slot)
      oldest = math.min(oldest, when)
      count(when, number)
    end
    seeded = string.format('%.6f', now)
    redis.call('HSET', DAY, 'seeded', seeded)
  end
  for at = oldest, math.min(first - 1, oldest + 2 * rule.day_s / rule.slot_s) do
    local number = redis.call('HGET', DAY, at)
    if number then
      redis.call('HDEL', DAY, at)
      redis.call('HINCRBY', DAY, 'total', -number)
    end
  end
  redis.call('HSET', DAY, 'oldest', math.min(slot, math.max(oldest, first)))
  if ask.sent then -- counted by nobody yet: sent alone, or too late for the ledger that was read
    local since_s = ask.alone_s or 0
    local unknown = 0
    if ask.seeded ~= seeded then
      since_s = age(tonumber(seeded)) + rule.settle_s
      unknown = ask.held[SERVICE] or 0
    end
    for _, one in ipairs(ask.sent) do
      if one[1] <= since_s then unknown = unknown + one[2] end
    end
    count(slot, unknown)
  end
  local back = math.min(ask.back[SERVICE] or 0, mine.granted)
  if mine.slot >= first and back > 0 then count(mine.slot, -back) end
  mine.granted = mine.granted - back
  left = math.max(0, rule.per_day - tonumber(redis.call('HGET', DAY, 'total') or 0))
  local seeded_s = now - tonumber(seeded)
  if seeded_s >= 0 and seeded_s < rule.quiet_s then
    left, day_wait_s = 0, rule.quiet_s - seeded_s -- every run first tells what the ledger did not know
  elseif left == 0 then
    local at = math.max(oldest, first)
    while at < slot and not redis.call('HGET', DAY, at) do at = at + 1 end
    day_wait_s = (at + 1) * rule.slot_s + rule.day_s + rule.slack_s - now
  end
  redis.call('EXPIRE', DAY, rule.day_s + 2 * rule.slot_s)
end

-- Permits: for the service where it has a limit, and for each provider that said slower.
local permits, wait_s = {}, 0
local rate = pace_of(SERVICE)
if rule.per_second > 0 then rate = math.min(rate or math.huge, rule.per_second) end
if rate then
  permits[SERVICE], wait_s = draw(SERVICE, rate, left)
  if permits[SERVICE] > 0 then wait_s = 0 end
elseif rule.per_day > 0 then
  permits[SERVICE] = math.min(left, ask.wanted[SERVICE] or 0)
end
if rule.per_day > 0 then
  local got = permits[SERVICE]
  if mine.slot ~= slot then mine.slot, mine.granted = slot, 0 end
  mine.granted = mine.granted + got
  if got > 0 then count(slot, got) end
  if left == 0 then wait_s = math.max(wait_s, day_wait_s) end
end
local paces = {}
for name, pace in pairs(slow) do
  if name ~= SERVICE then permits[name] = draw(name, pace_of(name) or rule.floor_per_s, math.huge) end
  paces[name] = {per_s = pace.per_s, was = pace.was, age_s = age(pace.since)}
end

-- Shares of the connections that a provider takes: mine, less what others have not let go of yet.
local shares = {}
for name, cap in pairs(rule.connections) do
  local others = 0
  for run, one in pairs(runs) do
    if run ~= me then others = others + (one.shares[name] or 0) end
  end
  local place = (rank + math.floor(now / rule.rotate_s)) % #names
  local share = math.floor(cap / #names) + (place < cap % #names and 1 or 0)
  share = math.max(0, math.min(share, cap - others))
  shares[name] = share
  mine.shares[name] = math.max(share, ask.in_flight[name] or 0)
end

if ask.is_leaving then
  redis.call('HDEL', RUNS, me)
else
  put(RUNS, me, mine)
end
for _, key in ipairs({RUNS, SLOW, BUCKETS}) do redis.call('EXPIRE', key, rule.keys_expire_s) end

return cjson.encode({
  permits = permits, shares = shares, paces = paces, wait_s = wait_s,
  runs = #names, seeded = seeded or nil,
})
