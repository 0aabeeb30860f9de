# Makes the folder of the server's data, and closes it to all but the system, administrators and LOCAL SERVICE, as which the server runs: its keys
# and the token of the administrator are there. Anybody may make folders in ProgramData, and whoever made one may always change its rights. So one
# that is there must be of an administrator, and nobody else may have been able to put anything into it.
param([string]$Folder = '')

Set-StrictMode -Off
$ErrorActionPreference = 'Stop'
# by their numbers, because their names are translated
$system = 'S-1-5-18'
$administrators = 'S-1-5-32-544'
$localService = 'S-1-5-19'

function Read-Rights {
  $sections = [Security.AccessControl.AccessControlSections]'Owner, Access'
  return New-Object Security.AccessControl.DirectorySecurity $Folder, $sections
}

# @returns whether nothing is in it
function Test-Empty { return @(Get-ChildItem -LiteralPath $Folder -Force).Count -eq 0 }

function Test-Folder {
  $item = Get-Item -LiteralPath $Folder -Force
  if (-not $item.PSIsContainer) { throw "$Folder is there, and is no folder." }
  if ($item.Attributes -band [IO.FileAttributes]::ReparsePoint) { throw "$Folder leads to another place: give that place with -DataDir." }
  $rights = Read-Rights
  $owner = $rights.GetOwner([Security.Principal.SecurityIdentifier]).Value
  $self = [Security.Principal.WindowsIdentity]::GetCurrent().User.Value
  if ($owner -notin $system, $administrators, $self) { throw "$Folder was made by somebody else ($owner): look at what is in it, remove it, then run this again." }
  if (-not (Test-Empty) -and -not $rights.AreAccessRulesProtected) {
    throw "Others could put files into ${Folder}: look at what is in it, and remove it; or if all of it is yours, run: icacls.exe `"$Folder`" /inheritance:d. Then run this again."
  }
}

function Edit-Rights([string[]]$change) {
  $ErrorActionPreference = 'Continue'
  $said = @(& (Join-Path $env:SystemRoot 'System32\icacls.exe') $Folder @change 2>&1 | ForEach-Object { "$_" }) -join ' '
  if ($global:LASTEXITCODE -ne 0) { throw "The rights of $Folder cannot be set ($said)." }
}

try {
  if (Test-Path -LiteralPath $Folder) { Test-Folder } else { New-Item -ItemType Directory -Path $Folder | Out-Null }
  $wasEmpty = Test-Empty
  Edit-Rights @('/inheritance:r', '/grant:r', "*${system}:(OI)(CI)F", "*${administrators}:(OI)(CI)F", "*${localService}:(OI)(CI)M")
  # whoever owns it may change its rights
  Edit-Rights @('/setowner', "*$administrators")
  # what was given to somebody by name is not inherited
  $numbers = @((Read-Rights).GetAccessRules($true, $true, [Security.Principal.SecurityIdentifier]) | ForEach-Object { $_.IdentityReference.Value } | Select-Object -Unique)
  foreach ($number in $numbers) {
    if ($number -notin $system, $administrators, $localService) { Edit-Rights @('/remove', "*$number") }
  }
  # before it was closed, others could
  if ($wasEmpty -and -not (Test-Empty)) { throw "Somebody else has put something into $Folder just now: look at what is in it, remove it, then run this again." }
} catch {
  [Console]::Error.WriteLine($_.Exception.GetBaseException().Message)
  exit 1
}
