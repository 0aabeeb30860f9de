
# -------------------------------------------------------------------------------------------------------------- folders

# by their numbers, because their names are translated
$system = 'S-1-5-18'
$administrators = 'S-1-5-32-544'
$users = 'S-1-5-32-545'

# Everybody may read it, for 'muster-agent status', and nobody else may put anything there: the agent runs as the system from it.
function New-ProgramFolder {
  $isNew = New-Folder $Prefix
  if ($NoService) {
    if ($isNew) { Set-OnlyRights $Prefix @() }
    return
  }
  Test-Contents $Prefix @('current.txt', 'data-dir.txt', 'muster-agent-*.exe', '.installing')
  Set-OnlyRights $Prefix @($users)
}

# Nobody else may look into it: keys and the output of work are there.
function New-DataFolder {
  $isNew = New-Folder $DataDir
  Test-Contents $DataDir @('agent.key', 'settings.json')
  Set-OnlyRights $DataDir @()
  # between the two, others could
  if ($isNew -and (Get-ChildItem -LiteralPath $DataDir -Force)) { Stop-Here 4 "Somebody else has put something into $DataDir just now: look at what is in it, remove it, then run this again." }
}

# @returns whether it was not there
function New-Folder([string]$folder) {
  if (Test-Path -LiteralPath $folder) {
    Test-Folder $folder
    return $false
  }
  try { New-Item -ItemType Directory -Path $folder | Out-Null } catch { Stop-Here 4 "The folder $folder cannot be made ($(Get-Sentence $_))." }
  return $true
}

# Anybody may make folders in ProgramData and on a drive, and whoever made one may always change its rights.
function Test-Folder([string]$folder) {
  if (-not (Test-Path -LiteralPath $folder)) { return }
  $item = Get-Item -LiteralPath $folder -Force
  if (-not $item.PSIsContainer) { Stop-Here 4 "$folder is there, and is no folder." }
  if ($item.Attributes -band [IO.FileAttributes]::ReparsePoint) { Stop-Here 4 "$folder leads to another place: give that place with -Prefix or -DataDir." }
  $owner = Get-Owner (Read-Rights $folder)
  if ($owner -notin $system, $administrators, (Get-OwnNumber)) { Stop-Here 4 "$folder was made by somebody else ($owner): look at what is in it, remove it, then run this again." }
}

# Its rights are going to be those of an agent: it must be new, or an agent's, into which nobody else could put anything.
function Test-Contents([string]$folder, [string[]]$marks) {
  $names = @(Get-ChildItem -LiteralPath $folder -Force | ForEach-Object { $_.Name })
  if ($names.Count -eq 0) { return }
  $known = @($marks | Where-Object { $names -like $_ })
  if ($known.Count -eq 0) { Stop-Here 2 "$folder is not empty, and does not look like the folder of an agent: choose another one with -Prefix or -DataDir." }
  if (-not $NoService -and -not (Read-Rights $folder).AreAccessRulesProtected) {
    Stop-Here 4 "Others could put files into ${folder}: look at what is in it, and remove it; or if all of it is yours, run: icacls.exe `"$folder`" /inheritance:d. Then run this again."
  }
}

function Get-Owner($rights) { return $rights.GetOwner([Security.Principal.SecurityIdentifier]).Value }

function Read-Rights([string]$folder) {
  $sections = [Security.AccessControl.AccessControlSections]'Owner, Access'
  try { return New-Object Security.AccessControl.DirectorySecurity $folder, $sections } catch { Stop-Here 4 "The rights of $folder cannot be read ($(Get-Sentence $_))." }
}

# Nobody but these: what is inherited goes, and what was given to anybody else by name. @param readers by their numbers
function Set-OnlyRights([string]$folder, [string[]]$readers) {
  $keepers = @($system, $administrators)
  if ($NoService) { $keepers += Get-OwnNumber }
  $grants = @($keepers | ForEach-Object { "*${_}:(OI)(CI)F" }) + @($readers | ForEach-Object { "*${_}:(OI)(CI)RX" })
  Edit-Rights $folder (@('/inheritance:r', '/grant:r') + $grants)
  # whoever owns it may change its rights
  if (-not $NoService) { Edit-Rights $folder @('/setowner', "*$administrators") }
  $numbers = @((Read-Rights $folder).GetAccessRules($true, $true, [Security.Principal.SecurityIdentifier]) | ForEach-Object { $_.IdentityReference.Value } | Select-Object -Unique)
  foreach ($number in $numbers) {
    if ($number -notin $keepers -and $number -notin $readers) { Edit-Rights $folder @('/remove', "*$number") }
  }
}

function Edit-Rights([string]$folder, [string[]]$change) {
  $end = Invoke-Program (Join-Path $env:SystemRoot 'System32\icacls.exe') (@($folder) + $change)
  if ($end.Code -ne 0) { Stop-Here 4 "The rights of $folder cannot be set ($($end.Text))." }
}

function Get-OwnNumber { return [Security.Principal.WindowsIdentity]::GetCurrent().User.Value }

# Files are in use for a moment after the process that had them open has ended, and while a virus scanner looks at them.
function Remove-Folder([string]$folder) {
  foreach ($try in 1, 2, 3, 4, 5) {
    if (-not (Test-Path -LiteralPath $folder)) { return }
    try {
      Remove-Item -LiteralPath $folder -Recurse -Force
      return
    } catch {
      $why = Get-Sentence $_
    }
    Start-Sleep -Seconds 1
  }
  Stop-Here 4 "$folder cannot be removed ($why)."
}

function Remove-EmptyFolder([string]$folder) {
  try { [IO.Directory]::Delete($folder) } catch { Write-Verbose "$folder stays: $(Get-Sentence $_)" }
}
