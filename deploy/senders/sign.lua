-- Signs a return path for bounced (docs/return-paths.md), in KumoMTA's policy or any other Lua 5.3 or newer.
-- Usage: lua sign.lua KEYS RECIPIENT DOMAIN [REFERENCE [DAY]]

local signer = {}

-- 32 bits of the fractional parts of the square (2) or cube (3) roots of the first primes (FIPS 180-4 §4.2.2 and §5.3.3).
local function fractions(count, root)
  local words, candidate = {}, 2
  while #words < count do
    local is_prime = true
    for divisor = 2, math.floor(math.sqrt(candidate)) do
      is_prime = is_prime and candidate % divisor ~= 0
    end
    if is_prime then
      words[#words + 1] = math.floor(candidate ^ (1 / root) % 1 * 2 ^ 32)
    end
    candidate = candidate + 1
  end
  return words
end

local CONSTANTS, INITIAL = fractions(64, 3), fractions(8, 2)

local function rotate(word, bits)
  return (word >> bits | word << (32 - bits)) & 0xffffffff
end

local function sha256(text)
  local padded = text .. "\x80" .. ("\0"):rep((55 - #text) % 64) .. (">I8"):pack(#text * 8)
  local hash = { table.unpack(INITIAL) }
  for start = 1, #padded, 64 do
    local words = { (">" .. ("I4"):rep(16)):unpack(padded, start) }
    for index = 17, 64 do
      local early, late = words[index - 15], words[index - 2]
      local mixed = rotate(early, 7) ~ rotate(early, 18) ~ early >> 3
      mixed = mixed + (rotate(late, 17) ~ rotate(late, 19) ~ late >> 10)
      words[index] = words[index - 16] + words[index - 7] + mixed & 0xffffffff
    end
    local a, b, c, d, e, f, g, h = table.unpack(hash)
    for index = 1, 64 do
      local first = h + (rotate(e, 6) ~ rotate(e, 11) ~ rotate(e, 25)) + (e & f ~ ~e & g) + CONSTANTS[index] + words[index]
      local second = (rotate(a, 2) ~ rotate(a, 13) ~ rotate(a, 22)) + (a & b ~ a & c ~ b & c)
      a, b, c, d, e, f, g, h = first + second & 0xffffffff, a, b, c, d + first & 0xffffffff, e, f, g
    end
    for index, word in ipairs({ a, b, c, d, e, f, g, h }) do
      hash[index] = hash[index] + word & 0xffffffff
    end
  end
  return (">" .. ("I4"):rep(8)):pack(table.unpack(hash))
end

-- The first 8 octets of HMAC-SHA256 (RFC 2104), with a key of at most 64 octets.
local function hmac(key, text)
  local function masked(mask)
    return (key .. ("\0"):rep(64 - #key)):gsub(".", function(octet)
      return string.char(octet:byte() ~ mask)
    end)
  end
  return sha256(masked(0x5c) .. sha256(masked(0x36) .. text)):sub(1, 8)
end

local function from_hex(digits)
  return (digits:gsub("%x%x", function(pair)
    return string.char(tonumber(pair, 16))
  end))
end

-- Base32 (RFC 4648) in lower case, without padding.
local function base32(octets)
  local alphabet, out, held, bits = "abcdefghijklmnopqrstuvwxyz234567", {}, 0, 0
  local function put(index)
    out[#out + 1] = alphabet:sub(index + 1, index + 1)
  end
  for octet in octets:gmatch(".") do
    held, bits = (held << 8 | octet:byte()) & 0xfff, bits + 8
    while bits >= 5 do
      bits = bits - 5
      put(held >> bits & 31)
    end
  end
  if bits > 0 then
    put(held << 5 - bits & 31)
  end
  return table.concat(out)
end

local function pack_reference(reference)
  if reference:match("^%x+%-%x+%-%x+%-%x+%-%x+$") and reference:gsub("%x", "x") == "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx" then
    return from_hex((reference:gsub("-", "")))
  end
  assert(#reference <= 16 and not reference:find("[^\x20-\x7e]"), "the reference is no UUID, nor at most 16 printable ASCII characters")
  return reference
end

-- Read the key that signs, the last one, from the file of keys: once, not for each message.
function signer.read_key(path)
  local id, secret
  for line in io.lines(path) do
    local number, hex = line:match("^(%d+)%s+%S+%s+(%x+)%s*$")
    if number then
      id, secret = tonumber(number), from_hex(hex)
    end
  end
  return { id = assert(id, "there is no key in " .. path), secret = secret }
end

-- Give the envelope sender for a message to `recipient`: an address of `domain`.
function signer.sign(key, recipient, domain, reference, day)
  local lower = recipient:gsub("%u", function(letter)
    return letter:byte() < 128 and letter:lower() or letter
  end)
  local tag = hmac(key.secret, "bounced recipient 1\0" .. lower)
  local signed = (">I1I2"):pack(key.id, day or os.time() // 86400) .. pack_reference(reference or "") .. tag
  return "b-" .. base32(signed .. hmac(key.secret, "bounced return path 1\0" .. signed)) .. "@" .. domain
end

if arg and arg[0] and arg[0]:find("sign%.lua$") then
  local keys, recipient, domain, reference, day = table.unpack(arg)
  print(signer.sign(signer.read_key(keys), recipient, domain, reference, tonumber(day)))
end

return signer
