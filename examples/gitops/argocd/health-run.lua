-- Health of a Run: a Run that is held waits for a person, and one with failed people is finished but not fine.
local health = {status = "Progressing", message = "waits for its plan"}
if obj.status == nil then
  return health
end
if obj.status.processingStatus ~= nil then
  health.message = obj.status.processingStatus
end
for _, condition in ipairs(obj.status.conditions or {}) do
  if condition.status == "True" then
    local said = condition.reason .. ": " .. condition.message
    if condition.type == "Failed" then
      return {status = "Degraded", message = said}
    elseif condition.type == "Complete" then
      local status = obj.status.processingStatus
      if status == "failed" or status == "completedWithErrors" then
        return {status = "Degraded", message = said}
      end
      return {status = "Healthy", message = said}
    elseif condition.type == "Held" then
      health = {status = "Suspended", message = said}
    end
  end
end
return health
