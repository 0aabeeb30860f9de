
# -------------------------------------------------------------------------------------------------------------- service

# Before anything is stopped, because a compiler may be missing, or forbidden on this host.
# @returns the new program; nothing if the one that is there was made from this source, or none is wanted
function New-ServiceProgram([string]$work) {
  if ($NoService -or (Test-ServiceProgram)) { return '' }
  $framework = Join-Path $env:SystemRoot 'Microsoft.NET'
  $compiler = 'Framework64', 'Framework' | ForEach-Object { Join-Path $framework "$_\v4.0.30319\csc.exe" } | Where-Object { Test-Path -LiteralPath $_ } | Select-Object -First 1
  if (-not $compiler) { Stop-Here 3 'This Windows has no .NET Framework 4, which the service needs: install it, or choose -NoService.' }
  $sources = @()
  foreach ($part in $serviceSources.Keys) {
    $source = Join-Path $work "$part.cs"
    [IO.File]::WriteAllText($source, $serviceSources[$part])
    $sources += $source
  }
  $program = Join-Path $work 'muster-agent-service.exe'
  $options = @('/nologo', '/optimize+', '/target:exe', "/out:$program", '/reference:System.dll', '/reference:System.ServiceProcess.dll')
  $end = Invoke-Program $compiler ($options + $sources)
  if ($end.Code -ne 0) { Stop-Here 3 "The service cannot be compiled ($($end.Text))." }
  return $program
}

function Get-ServiceSourceHash {
  $parts = foreach ($part in $serviceSources.Keys | Sort-Object) { $serviceSources[$part] }
  return Get-Sha256 ([Text.Encoding]::UTF8.GetBytes($parts -join "`n"))
}

function Test-ServiceProgram {
  $made = Join-Path $Prefix 'service.sha256'
  if (-not (Test-Path -LiteralPath $made) -or -not (Test-Path -LiteralPath (Join-Path $Prefix 'muster-agent-service.exe'))) { return $false }
  return [IO.File]::ReadAllText($made) -eq (Get-ServiceSourceHash)
}

# @param program the new one; nothing if the one that is there stays
function Install-Service([string]$program, [string]$work) {
  if ($NoService) { return }
  Write-TextFile (Join-Path $Prefix 'data-dir.txt') $DataDir
  $place = Join-Path $Prefix 'muster-agent-service.exe'
  if ($program) {
    # until the new one has proved itself, nobody knows from which source the program is
    Remove-Item -LiteralPath (Join-Path $Prefix 'service.sha256') -Force -ErrorAction SilentlyContinue
    if (Test-Path -LiteralPath $place) { Move-Item -LiteralPath $place -Destination (Join-Path $work 'service.before') -Force }
    Move-Item -LiteralPath $program -Destination $place
  }
  $service = Get-Service -Name $serviceName -ErrorAction SilentlyContinue
  # whoever installs it wants it to run
  if ($service -and $service.StartType -eq 'Disabled') { Set-Service -Name $serviceName -StartupType Automatic }
  if (-not $service) {
    New-Service -Name $serviceName -BinaryPathName "`"$place`"" -DisplayName 'Muster agent' -Description "Runs work for the Muster server at $url." -StartupType Automatic | Out-Null
  }
  # the program starts the agent again by itself; this is for the program
  Invoke-ServiceControl @('failure', $serviceName, 'reset=', '86400', 'actions=', 'restart/5000/restart/5000/restart/30000')
}

function Confirm-ServiceProgram {
  if (-not $NoService) { Write-TextFile (Join-Path $Prefix 'service.sha256') (Get-ServiceSourceHash) }
}

function Restore-ServiceProgram([string]$work) {
  $before = Join-Path $work 'service.before'
  if (-not (Test-Path -LiteralPath $before)) { return }
  Remove-Item -LiteralPath (Join-Path $Prefix 'muster-agent-service.exe') -Force -ErrorAction SilentlyContinue
  Move-Item -LiteralPath $before -Destination (Join-Path $Prefix 'muster-agent-service.exe')
}

function Uninstall-Service {
  if ($NoService -or -not (Get-Service -Name $serviceName -ErrorAction SilentlyContinue)) { return }
  Invoke-ServiceControl @('delete', $serviceName)
}

function Invoke-ServiceControl([string[]]$arguments) {
  $end = Invoke-Program (Join-Path $env:SystemRoot 'System32\sc.exe') $arguments
  if ($end.Code -ne 0) { Stop-Here 1 "The service $serviceName cannot be changed: $($end.Text)" }
}
