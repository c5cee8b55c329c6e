-- Health of Workflow, TenantSchedule and Directory: the conditions Ready, Reconciling and Stalled of the newest generation.
local health = {status = "Progressing", message = "not looked at yet"}
if obj.status == nil or obj.status.conditions == nil then
  return health
end
if obj.status.observedGeneration ~= nil and obj.status.observedGeneration ~= obj.metadata.generation then
  health.message = "an older generation was looked at"
  return health
end
for _, condition in ipairs(obj.status.conditions) do
  if condition.type == "Stalled" and condition.status == "True" then
    return {status = "Degraded", message = condition.reason .. ": " .. condition.message}
  end
  if condition.type == "Reconciling" and condition.status == "True" then
    health.message = condition.reason .. ": " .. condition.message
  end
  if condition.type == "Ready" then
    if condition.status == "True" then
      health = {status = "Healthy", message = condition.message}
    elseif condition.status == "False" then
      health = {status = "Degraded", message = condition.reason .. ": " .. condition.message}
    end
  end
end
return health
