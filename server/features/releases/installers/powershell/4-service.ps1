
# -------------------------------------------------------------------------------------------------------------- service

function Install-Service([string]$work) {
  if ($NoService) { return }
  [IO.File]::WriteAllText((Join-Path $Prefix 'data-dir.txt'), $DataDir)
  $program = Join-Path $Prefix 'muster-agent-service.exe'
  $source = Join-Path $work 'service.cs'
  $compiler = Join-Path $env:SystemRoot 'Microsoft.NET\Framework64\v4.0.30319\csc.exe'
  if (-not (Test-Path -LiteralPath $compiler)) { Stop-Here 3 'This Windows has no .NET Framework 4, which the service needs: install it, or choose -NoService.' }
  [IO.File]::WriteAllText($source, $serviceSource)
  $compiled = Join-Path $work 'muster-agent-service.exe'
  $complaint = Invoke-Program $compiler @('/nologo', '/optimize+', '/target:exe', "/out:$compiled", '/reference:System.ServiceProcess.dll', $source)
  if ($LASTEXITCODE -ne 0) { Stop-Here 3 "The service cannot be compiled ($complaint)." }
  Move-Item -LiteralPath $compiled -Destination $program -Force
  if (-not (Get-Service -Name $serviceName -ErrorAction SilentlyContinue)) {
    New-Service -Name $serviceName -BinaryPathName "`"$program`"" -DisplayName 'Muster agent' -Description "Runs work for the Muster server at $url." -StartupType Automatic | Out-Null
  }
  # the program starts the agent again by itself; this is for the program
  & sc.exe failure $serviceName 'reset=' 86400 'actions=' 'restart/5000/restart/5000/restart/30000' | Out-Null
}

function Start-Agent {
  if (-not $NoService) {
    Start-Service -Name $serviceName
    return
  }
  $options = @('run', '--dir', "`"$DataDir`"")
  Start-Process -FilePath (Join-Path $Prefix (Get-Current)) -ArgumentList $options -WindowStyle Hidden
}

function Stop-Agent {
  $service = Get-Service -Name $serviceName -ErrorAction SilentlyContinue
  if ($service -and $service.Status -ne 'Stopped' -and -not $NoService) {
    Stop-Service -Name $serviceName -Force
    $service.WaitForStatus('Stopped', [TimeSpan]::FromSeconds(90))
  }
  # one that was started without the service: the holder of the lock of the folder
  $lock = Read-JsonFile (Join-Path $DataDir 'agent.lock')
  if (-not $lock) { return }
  $process = Get-Process -Id $lock.pid -ErrorAction SilentlyContinue
  if ($process -and $process.ProcessName -like 'muster-agent*') {
    Stop-Process -Id $lock.pid -Force
    $process.WaitForExit(10000) | Out-Null
  }
}

function Uninstall-Service {
  if ($NoService -or -not (Get-Service -Name $serviceName -ErrorAction SilentlyContinue)) { return }
  & sc.exe delete $serviceName | Out-Null
}
