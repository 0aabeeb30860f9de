
# -------------------------------------------------------------------------------------------------------------- folders

# Only the system and administrators may look into it: keys and the output of work are there.
function New-PrivateFolder([string]$folder) {
  New-Item -ItemType Directory -Path $folder -Force | Out-Null
  if ($NoService) { return }
  # by their numbers, because their names are translated
  & icacls.exe $folder /inheritance:r /grant:r '*S-1-5-18:(OI)(CI)F' '*S-1-5-32-544:(OI)(CI)F' | Out-Null
  if ($LASTEXITCODE -ne 0) { Stop-Here 4 "The rights of $folder cannot be set." }
}

function Read-JsonFile([string]$file) {
  if (-not (Test-Path -LiteralPath $file)) { return $null }
  return Get-Content -LiteralPath $file -Raw | ConvertFrom-Json
}

# without a mark at its beginning, which Windows PowerShell would write
function Write-JsonFile([string]$file, $content) {
  $text = ConvertTo-Json -InputObject $content
  [IO.File]::WriteAllText("$file.new", "$text`n", (New-Object Text.UTF8Encoding $false))
  Move-Item -LiteralPath "$file.new" -Destination $file -Force
}

# @returns the settings as they were, as text; null: there were none
function Set-AgentSettings($identity) {
  $file = Join-Path $DataDir 'settings.json'
  $before = $null
  $settings = @{}
  if (Test-Path -LiteralPath $file) {
    $before = [IO.File]::ReadAllText($file)
    foreach ($property in (Read-JsonFile $file).PSObject.Properties) { $settings[$property.Name] = $property.Value }
  }
  # a host that has joined is asked for no token again, and keeps its way to the server unless it is told another
  if (-not $identity) { $settings.joinToken = $Token }
  if (-not $identity -or $Server) { $settings.server = $url }
  if ($Name) { $settings.name = $Name }
  if ($Tags) { $settings.tags = $Tags }
  if ($Slots -gt 0) { $settings.slots = $Slots }
  if ($Proxy) { $settings.proxy = $Proxy }
  if ($Ca) {
    $stored = Join-Path $DataDir 'ca.pem'
    Copy-Item -LiteralPath $Ca -Destination $stored -Force
    $settings.ca = $stored
  }
  Write-JsonFile $file $settings
  return $before
}

function Restore-AgentSettings($before) {
  $file = Join-Path $DataDir 'settings.json'
  if ($null -eq $before) { Remove-Item -LiteralPath $file -Force -ErrorAction SilentlyContinue }
  else { [IO.File]::WriteAllText($file, $before, (New-Object Text.UTF8Encoding $false)) }
}

# The token is spent: nobody needs it any more.
function Clear-Token {
  $file = Join-Path $DataDir 'settings.json'
  $settings = Read-JsonFile $file
  if ($null -eq $settings.PSObject.Properties['joinToken']) { return }
  $settings.PSObject.Properties.Remove('joinToken')
  Write-JsonFile $file $settings
}

# Which of the executables is the agent: the service reads it at each start.
function Set-Current([string]$executable) {
  $file = Join-Path $Prefix 'current.txt'
  [IO.File]::WriteAllText("$file.new", $executable)
  Move-Item -LiteralPath "$file.new" -Destination $file -Force
}

function Get-Current {
  $file = Join-Path $Prefix 'current.txt'
  if (-not (Test-Path -LiteralPath $file)) { return '' }
  return [IO.File]::ReadAllText($file).Trim()
}
