# Installs the Muster agent on this host, or brings it up to date, as a service that starts with the host:
#
#   & ([scriptblock]::Create((irm SERVER/install.ps1))) -Token TOKEN
#
# in a PowerShell (5.1 or 7) that was started as administrator. What is put where, each option and each exit code: docs/install.md.
[CmdletBinding()]
param(
  # join token of the server; not needed by a host that has joined
  [string]$Token = $env:MUSTER_JOIN_TOKEN,
  # name of the agent, unique in the fleet (default: the name of the host)
  [string]$Name = '',
  # tags to ask for, such as web,env=prod
  [string]$Tags = '',
  # how many executions may run at the same time (default: 10)
  [int]$Slots = 0,
  # another address of the same server
  [string]$Server = '',
  # HTTP proxy on the way to the server
  [string]$Proxy = '',
  # PEM file with the authority that issued the certificate of the server
  [string]$Ca = '',
  # fingerprint of the server's key (default: the one in the token)
  [string]$Fingerprint = '',
  # do not make a service: start the agent once, in the background
  [switch]$NoService,
  # folder of all that the agent keeps
  [string]$DataDir = "$env:ProgramData\Muster Agent",
  # folder of the program
  [string]$Prefix = "$env:ProgramFiles\Muster Agent",
  # seconds to wait until the host is Online
  [int]$Wait = 60,
  # go on although the clock of this host is far from that of the server
  [switch]$AnyClock,
  # stop the agent and remove it, with its folders
  [switch]$Uninstall,
  [switch]$Help
)

$serverUrl = '@SERVER_URL@'
$serverFingerprint = '@FINGERPRINT@'
$serviceName = 'MusterAgent'
$platform = 'windows-x64'

$ErrorActionPreference = 'Stop'
# of Windows PowerShell: showing the progress takes longer than the download
$ProgressPreference = 'SilentlyContinue'
$failure = @{ Code = 0 }

function Write-Usage {
  Write-Host @'
Installs the Muster agent on this host and waits until the server shows it Online. Run again, it brings the agent up to date.

  -Token TOKEN       join token of the server (or MUSTER_JOIN_TOKEN); not needed by a host that has joined
  -Name NAME         name of the agent, unique in the fleet (default: the name of the host)
  -Tags TAGS         tags to ask for, such as 'web,env=prod'
  -Slots NUMBER      how many executions may run at the same time (default: 10)
  -Server URL        another address of the same server
  -Proxy URL         HTTP proxy on the way to the server
  -Ca FILE           PEM file with the authority that issued the certificate of the server
  -Fingerprint HEX   fingerprint of the server's key (default: the one in the token)
  -NoService         do not make a service: start the agent once, in the background
  -DataDir DIR       folder of all that the agent keeps (default: ProgramData\Muster Agent)
  -Prefix DIR        folder of the program (default: Program Files\Muster Agent)
  -Wait SECONDS      how long to wait until the host is Online (default: 60)
  -AnyClock          go on although the clock of this host is far from that of the server
  -Uninstall         stop the agent and remove it, with its folders
  -Help              this text

Exit codes: 0 done, 1 unexpected, 2 wrong option, 3 host not supported, 4 no rights, 5 server not reached, 6 altered or not
the right server, 7 no space, 8 token refused, 9 name taken, 10 not Online in time, 11 clock far off, 12 joined elsewhere or
removed there.
'@
}

# Ends the installation with a sentence for the person and a code for the program that called it.
function Stop-Here([int]$code, [string]$sentence) {
  $failure.Code = $code
  throw $sentence
}

# @returns what a program writes, to both of its outputs; its exit code is in $LASTEXITCODE
function Invoke-Program([string]$file, [string[]]$arguments) {
  # Windows PowerShell takes a line of a program to its error output for an error of its own
  $ErrorActionPreference = 'Continue'
  return (& $file @arguments 2>&1 | ForEach-Object { "$_" } | Out-String).Trim()
}

function Test-Administrator {
  $identity = [Security.Principal.WindowsIdentity]::GetCurrent()
  $principal = New-Object Security.Principal.WindowsPrincipal $identity
  return $principal.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)
}

function Test-Options {
  $script:url = $serverUrl
  if ($Server) { $script:url = $Server.TrimEnd('/') }
  if ($script:url -notmatch '^https?://.') { Stop-Here 2 "-Server must be a URL that begins with http:// or https://, and not $Server." }
  if ($Proxy -and $Proxy -notmatch '^http://.') { Stop-Here 2 "-Proxy must be a URL that begins with http://, and not $Proxy." }
  if ($Ca -and -not (Test-Path -LiteralPath $Ca -PathType Leaf)) { Stop-Here 2 "-Ca: $Ca cannot be read." }
  foreach ($folder in $DataDir, $Prefix) {
    if (-not [IO.Path]::IsPathRooted($folder) -or $folder -match '["*?<>|]' -or $folder.Length -lt 4) { Stop-Here 2 "$folder must be a whole path, such as C:\Muster." }
  }
  if ($DataDir -eq $Prefix) { Stop-Here 2 '-DataDir and -Prefix must be two folders.' }
  $script:wanted = $Fingerprint.ToLowerInvariant().Replace(':', '')
  if ($script:wanted -and $script:wanted -notmatch '^[0-9a-f]{32}$') { Stop-Here 2 '-Fingerprint must be 32 hexadecimal digits.' }
  if ($Token -and $Token -notmatch '^mjt_[A-Za-z0-9_-]+\.[0-9a-f]{32}$') {
    Stop-Here 8 'This is not a join token: one looks like mjt_(letters).(digits). Copy it whole, or make one on the server (npx muster join-token create).'
  }
  if (-not $NoService -and -not (Test-Administrator)) {
    Stop-Here 4 'An administrator is needed to make a service: start PowerShell with "Run as administrator", or choose -NoService with a -Prefix and a -DataDir of your own.'
  }
}
