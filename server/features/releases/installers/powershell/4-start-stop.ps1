
# ------------------------------------------------------------------------------------------------------- start and stop

function Start-Agent {
  if (-not $NoService) {
    Start-Service -Name $serviceName
    return
  }
  $log = Join-Path $DataDir 'agent.log'
  $file = Get-Item -LiteralPath $log -ErrorAction SilentlyContinue
  if ($file -and $file.Length -gt 10MB) { Move-Item -LiteralPath $log -Destination "$log.1" -Force }
  # by the command interpreter, because with a log of its own from here the agent would hold the outputs of this script open, too
  $line = "`"$(Join-Path $Prefix (Get-Current))`" run --dir `"$DataDir`" >>`"$log`" 2>&1"
  Start-Process -FilePath (Join-Path $env:SystemRoot 'System32\cmd.exe') -ArgumentList "/d /s /c `"$line`"" -WorkingDirectory $DataDir -WindowStyle Hidden
}

# Waits for the processes as well: their files are in use until they have ended, which is after the service has said so.
function Stop-Agent {
  # a PowerShell for 32 bits is not told the paths of programs for 64: it waits for each that may be the one
  $processes = @(Get-Process -Name 'muster-agent*' -ErrorAction SilentlyContinue | Where-Object { -not $_.Path -or $_.Path -like "$Prefix\*" })
  if (-not $NoService) {
    Stop-AgentService
    $processes | Wait-Process -Timeout 30 -ErrorAction SilentlyContinue
  }
  # one that was started without the service: the holder of the lock of the folder
  $lock = Read-Lock
  if (-not $lock) { return }
  $holder = Get-Process -Id $lock.pid -ErrorAction SilentlyContinue
  if (-not $holder -or $holder.ProcessName -notlike 'muster-agent*') { return }
  Invoke-Program (Join-Path $env:SystemRoot 'System32\taskkill.exe') @('/PID', "$($lock.pid)", '/T', '/F') | Out-Null
  $holder | Wait-Process -Timeout 30 -ErrorAction SilentlyContinue
}

function Stop-AgentService {
  $service = Get-Service -Name $serviceName -ErrorAction SilentlyContinue
  if (-not $service -or $service.Status -eq 'Stopped') { return }
  try {
    Stop-Service -Name $serviceName -Force -NoWait
    # the agent gives its work some time, and the service waits for it
    $service.WaitForStatus('Stopped', [TimeSpan]::FromSeconds(90))
  } catch {
    Stop-Here 1 "The service $serviceName does not stop ($(Get-Sentence $_))."
  } finally {
    # while it is held, a service that was removed is still there
    $service.Close()
  }
}

# Half of it may be there, after a loss of power.
function Read-Lock {
  $file = Join-Path $DataDir 'agent.lock'
  if (-not (Test-Path -LiteralPath $file)) { return $null }
  try { return [IO.File]::ReadAllText($file) | ConvertFrom-Json } catch { return $null }
}
