
# ------------------------------------------------------------------------------------------------------------- download

# Makes the file, or throws a sentence. $failure.Status is the status of the answer then, if there was one.
function Save-FromServer([string]$path, [string]$file) {
  $failure.Status = 0
  $authority = Get-Authority
  # of what comes with Windows only curl takes an authority for one download, and not every Windows has it
  $curl = Join-Path $env:SystemRoot 'System32\curl.exe'
  if ($authority -and (Test-Path -LiteralPath $curl)) {
    Save-ByCurl $curl "$url$path" $file $authority
    return
  }
  $request = @{ Uri = "$url$path"; OutFile = $file; UseBasicParsing = $true; TimeoutSec = 600 }
  if ($Proxy) { $request.Proxy = $Proxy }
  try {
    Invoke-WebRequest @request
  } catch {
    if (Test-DiskFull $_) { Stop-Here 7 "There is no space left in $Prefix." }
    if ($_.Exception.Response) { $failure.Status = [int]$_.Exception.Response.StatusCode }
    $why = Get-Sentence $_
    if ($authority) { $why = "$why This Windows has no curl.exe, which -Ca needs for a download: add the authority to those of the host (certutil.exe -addstore Root FILE), and run this again" }
    throw $why
  }
}

function Save-ByCurl([string]$curl, [string]$from, [string]$file, [string]$authority) {
  $options = @('-fsS', '--ssl-no-revoke', '--connect-timeout', '20', '--speed-limit', '1', '--speed-time', '60', '--cacert', $authority, '-o', $file)
  if ($Proxy) { $options += @('--proxy', $Proxy) }
  $end = Invoke-Program $curl ($options + $from)
  if ($end.Code -eq 0) { return }
  if ($end.Code -eq 23) { Stop-Here 7 "There is no space left in $Prefix." }
  if ($end.Text -match 'error: (\d{3})\b') { $failure.Status = [int]$Matches[1] }
  throw $end.Text
}

# The authority that was given now, or to the installation before this one.
function Get-Authority {
  if ($Ca) { return $Ca }
  $stored = Join-Path $DataDir 'ca.pem'
  if (Test-Path -LiteralPath $stored) { return $stored }
  return $null
}

# What the server tells of its executables: a line for each fact.
function Read-Release([string]$work) {
  $file = Join-Path $work 'release.txt'
  try {
    Save-FromServer '/downloads/release.txt' $file
  } catch {
    if ($failure.Code -ne 0) { throw }
    if ($failure.Status -eq 404) { Stop-Here 3 "The server at $url has no executables of the agent. Run 'npm run build:agent' where the server is installed, then this again." }
    Stop-Here 5 "The server at $url cannot be reached ($(Get-Sentence $_))."
  }
  $lines = @([IO.File]::ReadAllLines($file))
  if ($lines[0] -ne 'muster release v1') { Stop-Here 5 "What answers at $url is not a Muster server of this version. Check the address." }
  $release = @{ Executable = $null; Downloads = @(); version = ''; time = ''; key = '' }
  $fact = '([A-Za-z0-9_][A-Za-z0-9._-]*) (\d{1,12}) ([0-9a-f]{64})$'
  foreach ($line in $lines) {
    if ($line -match "^file $platform $fact") { $release.Executable = @{ Encoding = 'none'; Name = $Matches[1]; Bytes = [long]$Matches[2]; Sha256 = $Matches[3] } }
    elseif ($line -match "^download $platform gzip $fact") { $release.Downloads += @{ Encoding = 'gzip'; Name = $Matches[1]; Bytes = [long]$Matches[2]; Sha256 = $Matches[3] } }
    elseif ($line -match '^(version|time|key) (\S+)$') { $release[$Matches[1]] = $Matches[2] }
  }
  if (-not $release.Executable) { Stop-Here 3 "The server at $url has no executable for $platform." }
  if ($release.version -notmatch '^[A-Za-z0-9.+_-]+$') { Stop-Here 6 "What $url tells of its executables cannot be right. Nothing was installed." }
  return $release
}

# @returns the name of the executable, which is in its place beside the others then
function Save-Executable($release, [string]$work) {
  $executable = $release.Executable
  $name = "muster-agent-$($release.version)-$($executable.Sha256.Substring(0, 12)).exe"
  $fresh = Join-Path $Prefix $name
  if ((Test-Path -LiteralPath $fresh) -and (Get-FileSha256 $fresh) -eq $executable.Sha256) {
    Write-Host "The agent $($release.version) is here already."
    return $name
  }
  $download = $executable
  foreach ($each in $release.Downloads) { if ($each.Bytes -lt $download.Bytes) { $download = $each } }
  $needed = $executable.Bytes + $download.Bytes + 4MB
  $free = (New-Object IO.DriveInfo ([IO.Path]::GetPathRoot($Prefix))).AvailableFreeSpace
  if ($free -lt $needed) { Stop-Here 7 "There is no space in ${Prefix}: $([Math]::Ceiling($needed / 1MB)) MB are needed and $([Math]::Floor($free / 1MB)) MB free." }
  Write-Host "Downloading the agent $($release.version) for $platform ($([Math]::Ceiling($download.Bytes / 1MB)) MB)."
  $packed = Join-Path $work 'download'
  Save-Download $download $packed
  $plain = Join-Path $work 'muster-agent.exe'
  if ($download.Encoding -eq 'gzip') { Expand-Gzip $packed $plain } else { Move-Item -LiteralPath $packed -Destination $plain }
  if ((Get-FileSha256 $plain) -ne $executable.Sha256) { Stop-Here 6 'The executable that was unpacked is not the one that the server vouches for. Nothing was installed.' }
  $answer = ''
  try { $answer = (Invoke-Program $plain '--version').Text } catch { $answer = Get-Sentence $_ }
  if ($answer -notlike 'muster-agent *') { Stop-Here 3 "The agent does not run on this host ($answer)." }
  Move-Item -LiteralPath $plain -Destination $fresh -Force
  return $name
}

function Save-Download($download, [string]$file) {
  foreach ($try in 1, 2, 3, 4) {
    if ($try -gt 1) { Start-Sleep -Seconds ($try * $try) }
    try {
      Save-FromServer "/downloads/$($download.Name)" $file
      if ((Get-FileSha256 $file) -eq $download.Sha256) { return }
      $altered = $true
    } catch {
      if ($failure.Code -ne 0) { throw }
      $altered = $false
      $complaint = Get-Sentence $_
    }
    # what was altered once may have been a bad line; what is altered twice is not to be had
    if ($altered -and $try -ge 2) { break }
  }
  if ($altered) { Stop-Here 6 "What was downloaded from $url is not what the server vouches for: it has another checksum. Nothing was installed." }
  Stop-Here 5 "The agent could not be downloaded from $url ($complaint)."
}

function Expand-Gzip([string]$from, [string]$to) {
  $source = [IO.File]::OpenRead($from)
  try {
    $target = [IO.File]::Create($to)
    $gzip = New-Object IO.Compression.GZipStream $source, ([IO.Compression.CompressionMode]::Decompress)
    try { $gzip.CopyTo($target) } finally { $gzip.Dispose(); $target.Dispose() }
  } finally {
    $source.Dispose()
  }
}
