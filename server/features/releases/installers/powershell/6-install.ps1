
# -------------------------------------------------------------------------------------------------------------- install

function Install-Agent {
  $architecture = $env:PROCESSOR_ARCHITECTURE
  if ($env:PROCESSOR_ARCHITEW6432) { $architecture = $env:PROCESSOR_ARCHITEW6432 }
  # Windows on ARM runs programs for x64, too
  if ($architecture -ne 'AMD64' -and $architecture -ne 'ARM64') { Stop-Here 3 "There is no executable of the agent for Windows on ${architecture}: there is one for x64." }
  $work = Join-Path $Prefix '.installing'
  try {
    # before anything is read from them, or run
    New-ProgramFolder
    New-DataFolder
    $identity = Read-JsonFile (Join-Path $DataDir 'agent.json')
    if (-not $identity -and -not $Token) { Stop-Here 2 'This host has not joined yet: give a join token with -Token. Make one on the server (npx muster join-token create).' }
    # of an installation that was stopped half-way
    Remove-Folder $work
    try { New-Item -ItemType Directory -Path $work | Out-Null } catch { Stop-Here 4 "Nothing can be put into $Prefix ($(Get-Sentence $_))." }
    # what an installation before this one was told, and this one is not told anew
    $settings = Read-JsonFile (Join-Path $DataDir 'settings.json')
    if (-not $Proxy -and $settings.proxy) { $Proxy = $settings.proxy }
    $release = Read-Release $work
    Test-Clock $release
    Test-ServerKey $release $identity
    $executable = Save-Executable $release $work
    $program = New-ServiceProgram $work
    $before = Set-AgentSettings $identity
    $check = Invoke-Program (Join-Path $Prefix $executable) @('check', '--dir', $DataDir)
    if ($check.Code -ne 0) {
      Restore-AgentSettings $before
      Stop-Here 2 "The agent cannot start with these settings: $($check.Text)"
    }
    Switch-Agent @{ Executable = $executable; Version = $release.version; Program = $program; Identity = $identity; Before = $before; Work = $work }
  } finally {
    Remove-Item -LiteralPath $work -Recurse -Force -ErrorAction SilentlyContinue
    # of an installation that came to nothing
    Remove-EmptyFolder $DataDir
    Remove-EmptyFolder $Prefix
  }
}

# Beside the old one; if the new one does not get Online, or cannot even be started, the old one comes back.
function Switch-Agent($new) {
  $previous = Get-Current
  try {
    Stop-Agent
    Install-Service $new.Program $new.Work
    Remove-Item -LiteralPath (Join-Path $DataDir 'state.json') -Force -ErrorAction SilentlyContinue
    # an update that the server has ordered ends here: from now on, this script watches
    Remove-Item -LiteralPath (Join-Path $DataDir 'update') -Recurse -Force -ErrorAction SilentlyContinue
    Set-Current $new.Executable
    Start-Agent
    Write-Host 'Waiting until the server shows this host Online.'
    $end = Wait-Online $new.Executable
  } catch {
    $end = @{ Code = 1; Text = Get-Sentence $_; IsBroken = $true }
    if (Test-DiskFull $_) { $end.Code = 7 }
    if ($failure.Code -ne 0) { $end.Code = $failure.Code }
  }
  if ($end.Code -ne 0) { Stop-Switch $new $previous $end }
  Clear-Token
  Confirm-ServiceProgram
  # this one and the one before it stay; one that is still in use goes the next time
  Get-ChildItem -LiteralPath $Prefix -Filter 'muster-agent-*.exe' |
    Where-Object { $_.Name -ne $new.Executable -and $_.Name -ne $previous -and $_.Name -ne 'muster-agent-service.exe' } |
    Remove-Item -Force -ErrorAction SilentlyContinue
  Write-Host $end.Text
  if ($NoService) { Write-Host "It runs in the background and not as a service, as you asked: have it started with the host by: `"$(Join-Path $Prefix $new.Executable)`" run --dir `"$DataDir`"" }
}

# An upgrade goes back to what it was; a host that could not join is left without a service.
function Stop-Switch($new, [string]$previous, $end) {
  $hadOne = $new.Identity -and $previous -and (Test-Path -LiteralPath (Join-Path $Prefix $previous))
  if ($hadOne -and ($end.IsBroken -or $previous -ne $new.Executable)) { Undo-Switch $new $previous $end }
  if ($end.Code -eq 5) { Stop-Here 5 "$($end.Text) The agent goes on trying." }
  if ($end.Code -eq 10) { Stop-Here 10 "The host was not Online within $Wait s: $($end.Text) The agent goes on trying; its log: $(Join-Path $DataDir 'agent.log')." }
  try {
    Stop-Agent
    if (-not $new.Identity) { Uninstall-Service }
  } catch {
    # what came first is what a person has to know
    Write-Verbose (Get-Sentence $_)
  }
  Stop-Here $end.Code $end.Text
}

function Undo-Switch($new, [string]$previous, $end) {
  $code = 10
  $sentence = "The agent $($new.Version) did not get Online in $Wait s ($($end.Text))."
  if ($end.IsBroken) {
    $code = $end.Code
    $sentence = "The agent $($new.Version) could not be put in its place ($($end.Text))."
  }
  try {
    # also where nothing can be stopped
    Restore-AgentSettings $new.Before
    Stop-Agent
    Restore-ServiceProgram $new.Work
    Remove-Item -LiteralPath (Join-Path $DataDir 'state.json') -Force -ErrorAction SilentlyContinue
    Set-Current $previous
    Start-Agent
    $isBack = (Wait-Online $previous).Code -eq 0
  } catch {
    Stop-Here $code "$sentence The one before it could not be put back: $(Get-Sentence $_)"
  }
  if ($previous -ne $new.Executable) { Remove-Item -LiteralPath (Join-Path $Prefix $new.Executable) -Force -ErrorAction SilentlyContinue }
  if ($isBack) { Stop-Here $code "$sentence The one before it is running again." }
  Stop-Here $code "$sentence The one before it was put back."
}

# @returns what the agent says of itself, with an exit code of docs/install.md
function Wait-Online([string]$executable) {
  return Invoke-Program (Join-Path $Prefix $executable) @('status', '--dir', $DataDir, '--wait', "$Wait")
}
