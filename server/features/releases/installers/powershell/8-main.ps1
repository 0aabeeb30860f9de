
# ----------------------------------------------------------------------------------------------------------------- main

function Invoke-Installer {
  # of this run alone: a window that the script is typed into keeps its own
  Set-StrictMode -Off
  $ErrorActionPreference = 'Stop'
  $PSNativeCommandUseErrorActionPreference = $false
  # of Windows PowerShell: showing the progress takes longer than the download
  $ProgressPreference = 'SilentlyContinue'
  if ($Help) {
    Write-Usage
    return
  }
  if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') {
    # whether a window may be closed cannot be asked there: who reads the exit code of PowerShell gets 1
    $global:LASTEXITCODE = 3
    throw 'muster: PowerShell is restricted on this host (AppLocker or App Control), and cannot run the installer: save the script, allow that file there, and run it.'
  }
  $failure = @{ Code = 0; Status = 0 }
  try {
    Test-Options
    # Variables of this function, which the functions that it calls read. Not of the script: called as a block, that is the script of somebody
    # else, who may have variables of these names.
    $url = $serverUrl
    if ($Server) { $url = $Server.TrimEnd('/') }
    if ($Ca) { $Ca = (Resolve-Path -LiteralPath $Ca).ProviderPath }
    $folders = Find-Folders
    $Prefix = $folders.Prefix
    $DataDir = $folders.DataDir
    # Windows PowerShell offers servers an old TLS by itself, where .NET does not leave the choice to Windows
    if ([int][Net.ServicePointManager]::SecurityProtocol -ne 0) {
      [Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12
    }
    if ($Uninstall) { Uninstall-Agent } else { Install-Agent }
    $global:LASTEXITCODE = 0
  } catch {
    if ($failure.Code -eq 0) {
      $failure.Code = 1
      if (Test-DiskFull $_) { $failure.Code = 7 }
    }
    $sentence = "muster: $(Get-Sentence $_)"
    $global:LASTEXITCODE = $failure.Code
    if (Test-CalledByScript $MyInvocation.MyCommand.ScriptBlock.File) { throw $sentence }
    Write-Failure $sentence
    if (Test-StartedForThis) { exit $failure.Code }
  }
}

# A script of somebody else may have more to do, and is told by an exception, which it can catch. @param own the file of this one, if it is one
function Test-CalledByScript([string]$own) {
  return @(Get-PSCallStack | Where-Object { $_.ScriptName -and $_.ScriptName -ne $own }).Count -gt 0
}

function Write-Failure([string]$sentence) {
  if ($Host.Name -eq 'ConsoleHost' -and [Console]::IsErrorRedirected) { [Console]::Error.WriteLine($sentence) }
  else { Write-Host $sentence -ForegroundColor Red }
}

# Whether PowerShell was started for this alone, by a program that reads its exit code. A window that stays open afterwards must not be closed.
function Test-StartedForThis {
  $words = @([Environment]::GetCommandLineArgs() | Select-Object -Skip 1)
  if ($Host.Name -ne 'ConsoleHost' -or $words.Count -eq 0 -or ($words -match '^[-/]{1,2}noe')) { return $false }
  if ($words -match '^[-/]{1,2}(c|co|com\w*|cwa|f|fi\w*|e|ec|en\w*)$' -or $words -match '\.ps1$') { return $true }
  # powershell.exe "irm ... | iex"; the folder to begin in may have a space, too
  return $words[-1] -match '\s' -and -not ($words -match '^[-/]{1,2}wo')
}

Invoke-Installer
