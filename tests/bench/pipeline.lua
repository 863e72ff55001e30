-- pipeline.lua: wrk writes sixteen requests at once, and counts their answers.
local sixteen

function init()
    sixteen = string.rep(wrk.format("GET", "/hello"), 16)
end

function request()
    return sixteen
end
