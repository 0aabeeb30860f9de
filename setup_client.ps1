# Joins this host to a Muster server, by the agent of this folder, a checkout or an unpacked bundle:
#
#   powershell -ExecutionPolicy Bypass -File .\setup_client.ps1 -ServerUrl http://muster.example.org:8000 -Token TOKEN
#
# in Windows PowerShell 5.1 or PowerShell 7. With explanations: docs/setup.md.
[CmdletBinding()]
param(
  # the server (needed the first time)
  [string]$ServerUrl = '',
  # join token of the server; not needed by a host that has joined
  [string]$Token = '',
  # name of this host, unique in the fleet (default: the name of the host)
  [string]$ClientName = '',
  # tags to ask for, such as 'web,env=prod'
  [string[]]$Tags = @(),
  # how many executions may run at the same time (default: 10)
  [string]$Slots = '',
  # PEM file with the authority that issued the certificate of the server
  [string]$Ca = '',
  # folder of all that the agent keeps
  [string]$DataDir = '',
  # install it as a service
  [switch]$Service,
  # do not ask npm: the packages are installed
  [switch]$SkipEnvSetup,
  # remove the agent that -Service or a bundle has installed
  [switch]$Uninstall,
  [switch]$Help
)

$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path $PSScriptRoot 'scripts\setup\powershell\runtime.ps1')

function Write-Usage {
  Write-Host @'
Joins this host to a Muster server and waits until the server shows it Online. Run again, it goes on with what is there.

  -ServerUrl URL     the server, such as http://muster.example.org:8000 (needed the first time)
  -Token TOKEN       join token of the server (or the variable MUSTER_JOIN_TOKEN); not needed by a host that has joined
  -ClientName NAME   name of this host, unique in the fleet (default: the name of the host)
  -Tags TAGS         tags to ask for, such as web,env=prod
  -Slots NUMBER      how many executions may run at the same time (default: 10)
  -Ca FILE           PEM file with the authority that issued the certificate of the server
  -DataDir DIR       folder of all that the agent keeps (default: data\agent in this folder; with -Service: ProgramData\Muster Agent)
  -Service           install it as a service, which starts with the host (needs an administrator)
  -SkipEnvSetup      do not ask npm: the packages are installed
  -Uninstall         remove the agent that -Service or a bundle has installed
  -Help              this text

In a checkout without -Service it runs until Ctrl+C.

Exit codes: 0 done, 1 unexpected, 2 wrong option, 3 host not supported or a tool is missing, 4 no rights, 5 server not reached, 6 not
the right server, 7 no space, 8 token refused, 9 name taken, 10 not Online in time, 11 clock far off, 12 joined elsewhere or removed there.
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
  if ($ServerUrl) { $options += "--server-url=$ServerUrl" }
  if ($ClientName) { $options += "--client-name=$ClientName" }
  # web,env=prod without quotes is a list to PowerShell
  if ($Tags) { $options += "--tags=$($Tags -join ',')" }
  if ($Slots) { $options += "--slots=$Slots" }
  if ($Ca) { $options += "--ca=$(Get-WholePath $Ca)" }
  if ($DataDir) { $options += "--data-dir=$(Get-WholePath $DataDir)" }
  if ($Service) { $options += '--service' }
  if ($Uninstall) { $options += '--uninstall' }
} catch {
  exit (Write-Failure $_)
}
$tokenBefore = $env:MUSTER_JOIN_TOKEN
try {
  # not on the command line, where everybody on this host could read it
  if ($Token) { $env:MUSTER_JOIN_TOKEN = $Token }
  # a line of Node to its error output is no error of this script
  $ErrorActionPreference = 'Continue'
  & $node (Join-Path $PSScriptRoot 'scripts\setup-client.ts') @options
} finally {
  $env:MUSTER_JOIN_TOKEN = $tokenBefore
}
# of all scripts: somebody who has called this one may have a variable of that name
exit $global:LASTEXITCODE
