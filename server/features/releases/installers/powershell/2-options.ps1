
# -------------------------------------------------------------------------------------------------------------- options

function Test-Options {
  if ($Server -and $Server -notmatch '^https?://.') { Stop-Here 2 "-Server must be a URL that begins with http:// or https://, and not $Server." }
  if ($Proxy -and $Proxy -notmatch '^http://.') { Stop-Here 2 "-Proxy must be a URL that begins with http://, and not $Proxy." }
  if ($Ca -and -not (Test-Path -LiteralPath $Ca -PathType Leaf)) { Stop-Here 2 "-Ca: $Ca cannot be read." }
  if ($Fingerprint -and (Get-Wanted) -notmatch '^[0-9a-f]{32}$') { Stop-Here 2 '-Fingerprint must be 32 hexadecimal digits.' }
  if ($Token -and -not $Uninstall -and $Token -notmatch '^mjt_[A-Za-z0-9_-]+\.[0-9a-f]{32}$') {
    Stop-Here 8 'This is not a join token: one looks like mjt_(letters).(digits). Copy it whole, or make one on the server (npx muster join-token create).'
  }
  if (-not $NoService -and -not (Test-Administrator)) {
    Stop-Here 4 'An administrator is needed to make a service: start PowerShell with "Run as administrator", or choose -NoService with a -Prefix and a -DataDir of your own.'
  }
}

# the fingerprint of -Fingerprint, however it was written
function Get-Wanted { return $Fingerprint.ToLowerInvariant().Replace(':', '') }

function Test-Administrator {
  $identity = [Security.Principal.WindowsIdentity]::GetCurrent()
  $principal = New-Object Security.Principal.WindowsPrincipal $identity
  return $principal.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)
}

# @returns the folders of the program and of the data: where the service has them, or as they are asked for
function Find-Folders {
  $there = Get-ServiceFolders
  # in a PowerShell for 32 bits the other variable names the folder for programs of 32 bits
  $programs = $env:ProgramFiles
  if ($env:ProgramW6432) { $programs = $env:ProgramW6432 }
  $found = @{
    Prefix = Find-Folder '-Prefix' $Prefix $there.Prefix (Join-Path $programs 'Muster Agent')
    DataDir = Find-Folder '-DataDir' $DataDir $there.DataDir (Join-Path $env:ProgramData 'Muster Agent')
  }
  if ("$($found.Prefix)\" -like "$($found.DataDir)\*") { Stop-Here 2 '-DataDir and -Prefix must be two folders, and -Prefix not within -DataDir.' }
  return $found
}

function Find-Folder([string]$option, [string]$given, [string]$installed, [string]$default) {
  $folder = $default
  if ($given) { $folder = Get-WholePath $option $given }
  if (-not $installed) { return $folder }
  if ($NoService) {
    if ($folder -eq $installed) { Stop-Here 2 "$folder is of the agent that the service $serviceName runs: leave -NoService out, or choose a -Prefix and a -DataDir of your own." }
    return $folder
  }
  if ($given -and $folder -ne $installed) { Stop-Here 2 "The agent of this host is in $installed already: leave $option out, or remove the agent first (-Uninstall)." }
  return $installed
}

# Without a backslash at its end, which would take the meaning of the quotation mark that follows it; a service sees no drives of the network.
function Get-WholePath([string]$option, [string]$folder) {
  $path = $folder.Replace('/', '\').TrimEnd('\')
  if ($path -notmatch '^[A-Za-z]:(\\[^\\"*?<>|:%\[\]]*[^\\"*?<>|:%\[\]. ])+$') { Stop-Here 2 "$option must be a whole path on a drive of this host, such as C:\Muster, and not $folder." }
  return $path
}

# Where the service that is there has its program and its data; empty without one.
function Get-ServiceFolders {
  $folders = @{ Prefix = ''; DataDir = '' }
  $program = "$((Get-ItemProperty -LiteralPath "HKLM:\SYSTEM\CurrentControlSet\Services\$serviceName" -ErrorAction SilentlyContinue).ImagePath)".Trim('"')
  if (-not $program) { return $folders }
  if ($program -notlike '?:\*\muster-agent-service.exe') { Stop-Here 2 "This host has a service $serviceName that is none of Muster ($program): remove it first." }
  $folders.Prefix = Split-Path -Parent $program
  $file = Join-Path $folders.Prefix 'data-dir.txt'
  if (Test-Path -LiteralPath $file) { $folders.DataDir = [IO.File]::ReadAllText($file).Trim() }
  return $folders
}
