# Installs the Muster agent on this host, or brings it up to date, as a service that starts with the host:
#
#   & ([scriptblock]::Create((irm SERVER/install.ps1))) -Token TOKEN
#
# in a PowerShell (5.1 or 7) that was started as administrator. What is put where, each option and each exit code: docs/install.md.
[CmdletBinding(PositionalBinding = $false)]
param(
  # join token of the server; not needed by a host that has joined
  [string]$Token = $env:MUSTER_JOIN_TOKEN,
  # name of the agent, unique in the fleet (default: the name of the host)
  [string]$Name = '',
  # tags to ask for, such as web,env=prod
  [string[]]$Tags = @(),
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
  [string]$DataDir = '',
  # folder of the program
  [string]$Prefix = '',
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
# the program of the service, in parts
$serviceSources = @{}

function Write-Usage {
  Write-Host @'
Installs the Muster agent on this host and waits until the server shows it Online. Run again, it brings the agent up to date.

  -Token TOKEN       join token of the server (or MUSTER_JOIN_TOKEN); not needed by a host that has joined
  -Name NAME         name of the agent, unique in the fleet (default: the name of the host)
  -Tags TAGS         tags to ask for, such as web,env=prod
  -Slots NUMBER      how many executions may run at the same time (default: 10)
  -Server URL        another address of the same server
  -Proxy URL         HTTP proxy on the way to the server
  -Ca FILE           PEM file with the authority that issued the certificate of the server
  -Fingerprint HEX   fingerprint of the server's key (default: the one in the token)
  -NoService         do not make a service: start the agent once, in the background
  -DataDir DIR       folder of all that the agent keeps (default: where it is, or ProgramData\Muster Agent)
  -Prefix DIR        folder of the program (default: where it is, or Program Files\Muster Agent)
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

# @returns its exit code, and what it writes to both of its outputs
function Invoke-Program([string]$file, [string[]]$arguments) {
  # Windows PowerShell takes a line of a program to its error output for an error of its own
  $ErrorActionPreference = 'Continue'
  $lines = @(& $file @arguments 2>&1 | ForEach-Object { "$_" })
  # of all scripts: somebody who has called this one may have a variable of that name
  return @{ Code = $global:LASTEXITCODE; Text = ($lines -join "`n").Trim() }
}

# What went wrong in words: the cause, and not that something was called.
function Get-Sentence($problem) { return $problem.Exception.GetBaseException().Message }

function Test-DiskFull($problem) {
  return ($problem.Exception.GetBaseException().HResult -band 0xFFFF) -in 39, 112
}
