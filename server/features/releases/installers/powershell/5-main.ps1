
# ----------------------------------------------------------------------------------------------------------------- main

function Install-Agent {
  $architecture = $env:PROCESSOR_ARCHITECTURE
  if ($env:PROCESSOR_ARCHITEW6432) { $architecture = $env:PROCESSOR_ARCHITEW6432 }
  # Windows on ARM runs programs for x64, too
  if ($architecture -ne 'AMD64' -and $architecture -ne 'ARM64') { Stop-Here 3 "There is no executable of the agent for Windows on ${architecture}: there is one for x64." }
  $identity = Read-JsonFile (Join-Path $DataDir 'agent.json')
  if (-not $identity -and -not $Token) { Stop-Here 2 'This host has not joined yet: give a join token with -Token. Make one on the server (npx muster join-token create).' }
  # Windows PowerShell offers servers an old TLS by itself
  [Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12
  try { New-Item -ItemType Directory -Path $Prefix -Force | Out-Null } catch { Stop-Here 4 "The folder $Prefix cannot be made ($_)." }
  $work = Join-Path $Prefix '.installing'
  # of an installation that was stopped half-way, too
  if (Test-Path -LiteralPath $work) { Remove-Item -LiteralPath $work -Recurse -Force }
  New-Item -ItemType Directory -Path $work | Out-Null
  try {
    $release = Read-Release $work
    Test-Clock $release
    Test-ServerKey $release $identity
    $executable = Save-Executable $release $work
    New-PrivateFolder $DataDir
    $before = Set-AgentSettings $identity
    $problem = Invoke-Program (Join-Path $Prefix $executable) @('check', '--dir', $DataDir)
    if ($LASTEXITCODE -ne 0) {
      Restore-AgentSettings $before
      Stop-Here 2 "The agent cannot start with these settings: $problem"
    }
    Switch-Agent $executable $release $identity $before $work
  } finally {
    Remove-Item -LiteralPath $work -Recurse -Force -ErrorAction SilentlyContinue
  }
}

# Beside the old one; if the new one does not get Online, the old one comes back.
function Switch-Agent([string]$executable, $release, $identity, $before, [string]$work) {
  $previous = Get-Current
  Stop-Agent
  Install-Service $work
  Remove-Item -LiteralPath (Join-Path $DataDir 'state.json') -Force -ErrorAction SilentlyContinue
  # an update that the server has ordered ends here: from now on, this script watches
  Remove-Item -LiteralPath (Join-Path $DataDir 'update') -Recurse -Force -ErrorAction SilentlyContinue
  Set-Current $executable
  Start-Agent
  Write-Host 'Waiting until the server shows this host Online.'
  $answer = Wait-Online $executable
  $code = $LASTEXITCODE
  if ($code -eq 0) {
    Clear-Token
    Get-ChildItem -LiteralPath $Prefix -Filter 'muster-agent-*.exe' |
      Where-Object { $_.Name -ne $executable -and $_.Name -ne $previous -and $_.Name -ne 'muster-agent-service.exe' } |
      Remove-Item -Force
    Write-Host $answer
    if ($NoService) { Write-Host "It runs in the background and not as a service, as you asked: have it started with the host by: $(Join-Path $Prefix $executable) run --dir `"$DataDir`"" }
    return
  }
  if ($identity -and $previous -and $previous -ne $executable -and (Test-Path -LiteralPath (Join-Path $Prefix $previous))) {
    Stop-Agent
    Restore-AgentSettings $before
    Set-Current $previous
    Start-Agent
    Stop-Here 10 "The agent $($release.version) did not get Online in $Wait s ($answer) The one before it was put back."
  }
  if ($code -eq 5) { Stop-Here 5 "$answer The agent goes on trying." }
  if ($code -eq 10) { Stop-Here 10 "The host was not Online within $Wait s: $answer The agent goes on trying; its log: $(Join-Path $DataDir 'agent.log')." }
  Stop-Agent
  if (-not $identity) { Uninstall-Service }
  Stop-Here $code $answer
}

# @returns what the agent says of itself; its exit code is in $LASTEXITCODE
function Wait-Online([string]$executable) {
  return Invoke-Program (Join-Path $Prefix $executable) @('status', '--dir', $DataDir, '--wait', "$Wait")
}

function Uninstall-Agent {
  if (-not (Test-Path -LiteralPath $Prefix) -and -not (Test-Path -LiteralPath $DataDir)) {
    Write-Host "There is no agent in ${Prefix}: nothing to remove."
    return
  }
  $known = 'agent.key', 'settings.json' | Where-Object { Test-Path -LiteralPath (Join-Path $DataDir $_) }
  if ((Test-Path -LiteralPath $DataDir) -and -not $known) { Stop-Here 2 "$DataDir does not look like the folder of an agent, and is not removed: check -DataDir." }
  $identity = Read-JsonFile (Join-Path $DataDir 'agent.json')
  Stop-Agent
  Uninstall-Service
  if (Test-Path -LiteralPath $DataDir) { Remove-Item -LiteralPath $DataDir -Recurse -Force }
  Get-ChildItem -LiteralPath $Prefix -Force -ErrorAction SilentlyContinue |
    Where-Object { $_.Name -like 'muster-agent-*.exe' -or $_.Name -in 'current.txt', 'data-dir.txt', '.installing', '.updating' } |
    Remove-Item -Recurse -Force
  if ((Test-Path -LiteralPath $Prefix) -and -not (Get-ChildItem -LiteralPath $Prefix -Force)) { Remove-Item -LiteralPath $Prefix -Force }
  Write-Host 'The agent is removed from this host.'
  if ($identity) { Write-Host "The server at $($identity.serverUrl) still lists $($identity.name), which cannot come back: remove it there (npx muster agents remove $($identity.name))." }
}

try {
  if ($Help) { Write-Usage; return }
  Test-Options
  if ($Uninstall) { Uninstall-Agent } else { Install-Agent }
} catch {
  if ($failure.Code -eq 0) { $failure.Code = 1 }
  Write-Host "muster: $_" -ForegroundColor Red
  # whoever typed it into a window keeps the window; a program that started PowerShell for it gets the code
  $isCalled = [Environment]::GetCommandLineArgs() | Where-Object { $_ -match '^[-/](c|f|en?c)' }
  if ($isCalled) { exit $failure.Code }
  $global:LASTEXITCODE = $failure.Code
}
