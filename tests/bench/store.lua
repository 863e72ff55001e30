-- store.lua: wrk's requests for a thousand candidates in turn. WAY: get or put.
local way = os.getenv("WAY")
local json = { ["Content-Type"] = "application/json" }
local count = 0

function request()
    count = count + 1
    local path = "/candidate/bench" .. count % 1000
    if way == "put" then
        return wrk.format("PUT", path, json, '{"party":"Whigs"}')
    end
    return wrk.format("GET", path)
end
