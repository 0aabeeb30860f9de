
# ------------------------------------------------------------------------------------------------------------- download

# @returns the file, or a sentence by an exception
function Save-FromServer([string]$path, [string]$file) {
  $from = "$url$path"
  $authority = Get-Authority
  if ($authority) {
    # of what comes with Windows only curl takes an authority for one download
    $curl = Join-Path $env:SystemRoot 'System32\curl.exe'
    if (-not (Test-Path -LiteralPath $curl)) { Stop-Here 3 'This Windows has no curl.exe, which -Ca needs: add the authority to those of the host instead, and leave -Ca out.' }
    $options = @('-fsS', '--ssl-no-revoke', '--connect-timeout', '20', '--cacert', $authority, '-o', $file)
    if ($Proxy) { $options += @('--proxy', $Proxy) }
    $complaint = Invoke-Program $curl ($options + $from)
    if ($LASTEXITCODE -ne 0) { throw $complaint }
    return
  }
  $request = @{ Uri = $from; OutFile = $file; UseBasicParsing = $true; TimeoutSec = 600 }
  if ($Proxy) { $request.Proxy = $Proxy }
  Invoke-WebRequest @request
}

# The authority that was given now, or to the installation before this one.
function Get-Authority {
  $stored = Join-Path $DataDir 'ca.pem'
  if ($Ca) { return $Ca }
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
    if ("$_" -match '404') { Stop-Here 3 "The server at $url has no executables of the agent. Run 'npm run build:agent' where the server is installed, then this again." }
    Stop-Here 5 "The server at $url cannot be reached ($_)."
  }
  $lines = @(Get-Content -LiteralPath $file)
  if ($lines[0] -ne 'muster release v1') { Stop-Here 5 "What answers at $url is not a Muster server of this version. Check the address." }
  $release = @{ Downloads = @() }
  foreach ($line in $lines) {
    $words = $line.Split(' ')
    if ($words[0] -eq 'file' -and $words[1] -eq $platform) { $release.Executable = @{ Encoding = 'none'; Name = $words[2]; Bytes = [long]$words[3]; Sha256 = $words[4] } }
    elseif ($words[0] -eq 'download' -and $words[1] -eq $platform) { $release.Downloads += @{ Encoding = $words[2]; Name = $words[3]; Bytes = [long]$words[4]; Sha256 = $words[5] } }
    elseif ($words.Count -eq 2) { $release[$words[0]] = $words[1] }
  }
  if (-not $release.Executable) { Stop-Here 3 "The server at $url has no executable for $platform." }
  if ($release.Executable.Name -notmatch '^[A-Za-z0-9_][A-Za-z0-9._-]*$' -or $release.Executable.Sha256 -notmatch '^[0-9a-f]{64}$' -or $release.version -notmatch '^[A-Za-z0-9.+_-]+$') {
    Stop-Here 6 "What $url tells of its executables cannot be right. Nothing was installed."
  }
  return $release
}

function Test-Clock($release) {
  if ("$($release.time)" -notmatch '^\d+$') { return }
  $epoch = New-Object DateTime 1970, 1, 1, 0, 0, 0, ([DateTimeKind]::Utc)
  $off = [Math]::Abs(([DateTime]::UtcNow - $epoch).TotalSeconds - [double]$release.time)
  if ($off -le 300) { return }
  if ($off -gt 86400 -and -not $AnyClock) {
    Stop-Here 11 "The clock of this host is $([Math]::Floor($off / 3600)) hours away from that of the server: set it (or go on with -AnyClock)."
  }
  Write-Host "Note: the clock of this host is $([Math]::Floor($off / 60)) minutes away from that of the server."
}

# the first 32 hexadecimal digits of the SHA-256 of the key, which is given as base64
function Get-KeyFingerprint([string]$key) {
  $sha256 = [Security.Cryptography.SHA256]::Create()
  try { $hash = $sha256.ComputeHash([Convert]::FromBase64String($key)) } finally { $sha256.Dispose() }
  return [BitConverter]::ToString($hash).Replace('-', '').ToLowerInvariant().Substring(0, 32)
}

# Windows has nothing that verifies an Ed25519 signature: here the fingerprint and the checksums are what counts.
function Test-ServerKey($release, $identity) {
  $expected = $serverFingerprint
  $inToken = $Token.Split('.')[-1]
  if ($Token) { $expected = $inToken }
  if ($wanted) { $expected = $wanted }
  if ($Token -and $wanted -and $wanted -ne $inToken) { Stop-Here 6 "The token is of a server with the fingerprint $inToken, and -Fingerprint says ${wanted}: one of the two is wrong." }
  $shown = '(none)'
  try { $shown = Get-KeyFingerprint $release.key } catch { Write-Verbose "The key of the server cannot be read: $_" }
  if ($shown -ne $expected) {
    Stop-Here 6 "The server at $url is not the expected one: its key has the fingerprint $shown, and $expected is expected. Check the address; if it is right, somebody may be between this host and the server."
  }
  if ($identity -and (Get-KeyFingerprint $identity.serverPublicKey) -ne $expected) {
    Stop-Here 12 "This host has joined another server. Remove the agent first (-Uninstall), or choose another -DataDir and -Prefix."
  }
}

# @returns the name of the executable, which is in its place beside the others then
function Save-Executable($release, [string]$work) {
  $executable = $release.Executable
  $name = "muster-agent-$($release.version)-$($executable.Sha256.Substring(0, 12)).exe"
  $fresh = Join-Path $Prefix $name
  if ((Test-Path -LiteralPath $fresh) -and (Get-Sha256 $fresh) -eq $executable.Sha256) {
    Write-Host "The agent $($release.version) is here already."
    return $name
  }
  $download = $executable
  foreach ($each in $release.Downloads) { if ($each.Encoding -eq 'gzip' -and $each.Bytes -lt $download.Bytes) { $download = $each } }
  $needed = $executable.Bytes + $download.Bytes + 4MB
  $free = (New-Object IO.DriveInfo ([IO.Path]::GetPathRoot($Prefix))).AvailableFreeSpace
  if ($free -lt $needed) { Stop-Here 7 "There is no space in ${Prefix}: $([Math]::Ceiling($needed / 1MB)) MB are needed and $([Math]::Floor($free / 1MB)) MB free." }
  Write-Host "Downloading the agent $($release.version) for $platform ($([Math]::Ceiling($download.Bytes / 1MB)) MB)."
  $packed = Join-Path $work 'download'
  Save-Download $download $packed
  $plain = Join-Path $work 'muster-agent.exe'
  if ($download.Encoding -eq 'gzip') { Expand-Gzip $packed $plain } else { Move-Item -LiteralPath $packed -Destination $plain }
  if ((Get-Sha256 $plain) -ne $executable.Sha256) { Stop-Here 6 'The executable that was unpacked is not the one that the server vouches for. Nothing was installed.' }
  $answer = ''
  try { $answer = Invoke-Program $plain '--version' } catch { $answer = "$_" }
  if ($answer -notlike 'muster-agent *') { Stop-Here 3 "The agent does not run on this host ($answer)." }
  Move-Item -LiteralPath $plain -Destination $fresh -Force
  return $name
}

function Save-Download($download, [string]$file) {
  foreach ($try in 1, 2, 3, 4) {
    if ($try -gt 1) { Start-Sleep -Seconds ($try * $try) }
    try {
      Save-FromServer "/downloads/$($download.Name)" $file
      if ((Get-Sha256 $file) -eq $download.Sha256) { return }
      $altered = $true
    } catch {
      if ($failure.Code -ne 0) { throw }
      $altered = $false
      $complaint = "$_"
    }
    if ($altered -and $try -ge 2) { break }
  }
  if ($altered) { Stop-Here 6 "What was downloaded from $url is not what the server vouches for: it has another checksum. Nothing was installed." }
  Stop-Here 5 "The agent could not be downloaded from $url ($complaint)."
}

function Get-Sha256([string]$file) {
  return (Get-FileHash -LiteralPath $file -Algorithm SHA256).Hash.ToLowerInvariant()
}

function Expand-Gzip([string]$from, [string]$to) {
  $source = [IO.File]::OpenRead($from)
  $target = [IO.File]::Create($to)
  $gzip = New-Object IO.Compression.GZipStream $source, ([IO.Compression.CompressionMode]::Decompress)
  try { $gzip.CopyTo($target) } finally { $gzip.Dispose(); $target.Dispose(); $source.Dispose() }
}
