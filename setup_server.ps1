# Sets up a Muster server from this folder, a checkout or an unpacked bundle, and starts it:
#
#   powershell -ExecutionPolicy Bypass -File .\setup_server.ps1 -Port 8000
#
# in Windows PowerShell 5.1 or PowerShell 7. With explanations: docs/setup.md.
[CmdletBinding()]
param(
  # port for the dashboard, the API and the agents (default: 8000)
  [string]$Port = '',
  # address to listen on; $Host is a variable of PowerShell itself, and cannot be a parameter but by another name
  [Alias('Host')]
  [string]$ListenOn = '',
  # how agents and browsers reach this server
  [string]$PublicUrl = '',
  # folder of everything that it keeps
  [string]$DataDir = '',
  # install it as a task that starts with the host
  [switch]$Service,
  # do not ask npm: the packages are installed
  [switch]$SkipEnvSetup,
  [switch]$Help
)

$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path $PSScriptRoot 'scripts\setup\powershell\runtime.ps1')

function Write-Usage {
  Write-Host @'
Sets up a Muster server from this folder and starts it. Run again, it goes on with what is there.

  -Port NUMBER       port for the dashboard, the API and the agents (default: 8000)
  -Host ADDRESS      address to listen on, such as 0.0.0.0 (default: 127.0.0.1, for this host alone)
  -PublicUrl URL     how agents and browsers reach this server
  -DataDir DIR       folder of everything that it keeps (default: data in this folder; with -Service: ProgramData\Muster Server)
  -Service           install it as a task that starts with the host (needs an administrator)
  -SkipEnvSetup      do not ask npm: the packages are installed
  -Help              this text

Without -Service it runs until Ctrl+C.

Exit codes: 0 done, 1 unexpected, 2 wrong option, 3 host not supported or a tool is missing, 4 no rights, 10 it did not come up.
'@
}

if ($Help) {
  Write-Usage
  exit 0
}
$options = @()
try {
  if ($Service -and -not (Test-Administrator)) { Stop-Here 4 'An administrator is needed to install a service: start PowerShell with "Run as administrator", or leave out -Service.' }
  $node = Get-Runtime $PSScriptRoot $SkipEnvSetup.IsPresent
  if ($Port) { $options += "--port=$Port" }
  if ($ListenOn) { $options += "--host=$ListenOn" }
  if ($PublicUrl) { $options += "--public-url=$PublicUrl" }
  if ($DataDir) { $options += "--data-dir=$(Get-WholePath $DataDir)" }
  if ($Service) { $options += '--service' }
} catch {
  exit (Write-Failure $_)
}
# a line of Node to its error output is no error of this script
$ErrorActionPreference = 'Continue'
& $node (Join-Path $PSScriptRoot 'scripts\setup-server.ts') @options
# of all scripts: somebody who has called this one may have a variable of that name
exit $global:LASTEXITCODE
