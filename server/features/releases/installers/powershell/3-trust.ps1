
# ---------------------------------------------------------------------------------------------- clock, key and checksum

function Test-Clock($release) {
  if ($release.time -notmatch '^\d{1,12}$') { return }
  $epoch = New-Object DateTime 1970, 1, 1, 0, 0, 0, ([DateTimeKind]::Utc)
  $off = [Math]::Abs(([DateTime]::UtcNow - $epoch).TotalSeconds - [double]$release.time)
  if ($off -le 300) { return }
  if ($off -gt 86400 -and -not $AnyClock) {
    Stop-Here 11 "The clock of this host is $([Math]::Floor($off / 3600)) hours away from that of the server: set it (or go on with -AnyClock)."
  }
  Write-Host "Note: the clock of this host is $([Math]::Floor($off / 60)) minutes away from that of the server."
}

# Windows has nothing that verifies an Ed25519 signature: here the fingerprint and the checksums are what counts.
function Test-ServerKey($release, $identity) {
  $expected = $serverFingerprint
  $inToken = $Token.Split('.')[-1]
  $wanted = Get-Wanted
  if ($Token) { $expected = $inToken }
  if ($wanted) { $expected = $wanted }
  if ($Token -and $wanted -and $wanted -ne $inToken) { Stop-Here 6 "The token is of a server with the fingerprint $inToken, and -Fingerprint says ${wanted}: one of the two is wrong." }
  $shown = '(none)'
  if ($release.key -match '^[A-Za-z0-9+/]{40,}={0,2}$') { $shown = Get-KeyFingerprint $release.key }
  if ($shown -ne $expected) {
    Stop-Here 6 "The server at $url is not the expected one: its key has the fingerprint $shown, and $expected is expected. Check the address; if it is right, somebody may be between this host and the server."
  }
  if ($identity -and (Get-KeyFingerprint $identity.serverPublicKey) -ne $expected) {
    Stop-Here 12 'This host has joined another server. Remove the agent first (-Uninstall), or choose another -DataDir and -Prefix.'
  }
}

# the first 32 hexadecimal digits of the SHA-256 of the key, which is given as base64
function Get-KeyFingerprint([string]$key) {
  return (Get-Sha256 ([Convert]::FromBase64String($key))).Substring(0, 32)
}

function Get-FileSha256([string]$file) {
  $stream = [IO.File]::OpenRead($file)
  try { return Get-Sha256 $stream } finally { $stream.Dispose() }
}

# @param content bytes, or a stream
function Get-Sha256($content) {
  # what Windows itself computes is allowed under its policy for FIPS, too; that of newer ones than Windows PowerShell always is
  if ($PSVersionTable.PSVersion.Major -ge 6) { $sha256 = [Security.Cryptography.SHA256]::Create() }
  else { $sha256 = New-Object Security.Cryptography.SHA256CryptoServiceProvider }
  try { return [BitConverter]::ToString($sha256.ComputeHash($content)).Replace('-', '').ToLowerInvariant() } finally { $sha256.Dispose() }
}
