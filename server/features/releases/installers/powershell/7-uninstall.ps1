
# ------------------------------------------------------------------------------------------------------------ uninstall

function Uninstall-Agent {
  $service = Get-Service -Name $serviceName -ErrorAction SilentlyContinue
  if (-not (Test-Path -LiteralPath $Prefix) -and -not (Test-Path -LiteralPath $DataDir) -and ($NoService -or -not $service)) {
    Write-Host "There is no agent in ${Prefix}: nothing to remove."
    return
  }
  foreach ($folder in $Prefix, $DataDir) { Test-Folder $folder }
  if (-not (Test-DataFolder)) { Stop-Here 2 "$DataDir does not look like the folder of an agent, and is not removed: check -DataDir." }
  $identity = Read-JsonFile (Join-Path $DataDir 'agent.json')
  Stop-Agent
  $told = Send-Farewell
  Uninstall-Service
  Remove-Folder $DataDir
  if (Test-Path -LiteralPath $Prefix) {
    Get-ChildItem -LiteralPath $Prefix -Force | Where-Object { Test-OwnName $_.Name } | ForEach-Object { Remove-Folder $_.FullName }
  }
  Remove-EmptyFolder $Prefix
  Write-Host 'The agent is removed from this host.'
  if ($told) { Write-Host $told }
  elseif ($identity) { Write-Host "The server at $($identity.serverUrl) still lists $($identity.name), which cannot come back: remove it there (npx muster agents remove $($identity.name))." }
}

# what this installer, or an update, may have put into the folder of the program
function Test-OwnName([string]$name) {
  return $name -like 'muster-agent-*.exe' -or $name -in 'current.txt', 'current.txt.new', 'data-dir.txt', 'data-dir.txt.new', 'service.sha256', 'service.sha256.new', '.installing', '.updating'
}

function Test-DataFolder {
  if (-not (Test-Path -LiteralPath $DataDir)) { return $true }
  $names = @(Get-ChildItem -LiteralPath $DataDir -Force | ForEach-Object { $_.Name })
  return $names.Count -eq 0 -or $names -contains 'agent.key' -or $names -contains 'settings.json'
}

# A server that cannot be reached, or an agent that cannot tell it, keeps nobody from removing it.
# @returns what the agent says of it; nothing if it cannot tell its server
function Send-Farewell {
  $current = Get-Current
  if (-not $current) { return '' }
  try { $end = Invoke-Program (Join-Path $Prefix $current) @('leave', '--dir', $DataDir) } catch { return '' }
  # others are of agents that know no such thing
  if ($end.Code -notin 0, 1, 5 -or $end.Text -match "`n") { return '' }
  return $end.Text
}
