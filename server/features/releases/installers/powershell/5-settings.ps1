
# ------------------------------------------------------------------------------------------------------------- settings

function Read-JsonFile([string]$file) {
  if (-not (Test-Path -LiteralPath $file)) { return $null }
  $text = [IO.File]::ReadAllText($file).Trim()
  if (-not $text) { return $null }
  try { return $text | ConvertFrom-Json } catch { Stop-Here 2 "$file cannot be read as JSON ($(Get-Sentence $_)): mend it, or remove it." }
}

# Replaces a file in one step. Without a mark at its beginning, which Windows PowerShell would write.
function Write-TextFile([string]$file, [string]$text) {
  [IO.File]::WriteAllText("$file.new", $text, (New-Object Text.UTF8Encoding $false))
  if (Test-Path -LiteralPath $file) { [IO.File]::Replace("$file.new", $file, [NullString]::Value) } else { [IO.File]::Move("$file.new", $file) }
}

function Write-Settings($content) {
  $text = ConvertTo-Json -InputObject $content
  Write-TextFile (Join-Path $DataDir 'settings.json') "$text`n"
}

# @returns the settings and the authority as they were; null: there were none
function Set-AgentSettings($identity) {
  $file = Join-Path $DataDir 'settings.json'
  $stored = Join-Path $DataDir 'ca.pem'
  $before = @{ Settings = $null; Authority = $null }
  $settings = @{}
  if (Test-Path -LiteralPath $file) {
    $before.Settings = [IO.File]::ReadAllText($file)
    foreach ($property in (Read-JsonFile $file).PSObject.Properties) { $settings[$property.Name] = $property.Value }
  }
  if (Test-Path -LiteralPath $stored) { $before.Authority = [IO.File]::ReadAllBytes($stored) }
  # a host that has joined is asked for no token again, and keeps its way to the server unless it is told another
  if (-not $identity) { $settings.joinToken = $Token }
  if (-not $identity -or $Server) { $settings.server = $url }
  if ($Name) { $settings.name = $Name }
  # web,env=prod without quotes is a list to PowerShell
  if ($Tags) { $settings.tags = $Tags -join ',' }
  if ($Slots -gt 0) { $settings.slots = $Slots }
  if ($Proxy) { $settings.proxy = $Proxy }
  if ($Ca) {
    if ($Ca -ne $stored) { Copy-Item -LiteralPath $Ca -Destination $stored -Force }
    $settings.ca = $stored
  }
  Write-Settings $settings
  return $before
}

function Restore-AgentSettings($before) {
  $file = Join-Path $DataDir 'settings.json'
  $stored = Join-Path $DataDir 'ca.pem'
  if ($null -eq $before.Settings) { Remove-Item -LiteralPath $file -Force -ErrorAction SilentlyContinue } else { Write-TextFile $file $before.Settings }
  if ($null -eq $before.Authority) { Remove-Item -LiteralPath $stored -Force -ErrorAction SilentlyContinue } else { [IO.File]::WriteAllBytes($stored, $before.Authority) }
}

# The token is spent: nobody needs it any more.
function Clear-Token {
  $settings = Read-JsonFile (Join-Path $DataDir 'settings.json')
  if ($null -eq $settings.PSObject.Properties['joinToken']) { return }
  $settings.PSObject.Properties.Remove('joinToken')
  Write-Settings $settings
}

# Which of the executables is the agent: the service reads it at each start.
function Set-Current([string]$executable) { Write-TextFile (Join-Path $Prefix 'current.txt') $executable }

function Get-Current {
  $file = Join-Path $Prefix 'current.txt'
  if (-not (Test-Path -LiteralPath $file)) { return '' }
  return [IO.File]::ReadAllText($file).Trim()
}
