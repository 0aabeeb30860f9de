/** What scripts for hosts may call: cmdlets that Windows PowerShell 5.1 and PowerShell 7 both bring along, by their whole names. */
export const knownCommands: ReadonlySet<string> = new Set(
  [
    'Add-Content Add-Type Clear-Variable Compress-Archive ConvertFrom-Json ConvertTo-Json Copy-Item Expand-Archive ForEach-Object',
    'Get-Acl Get-Alias Get-ChildItem Get-CimInstance Get-Command Get-Content Get-Date Get-Item Get-ItemProperty Get-Location',
    'Get-Process Get-PSCallStack Get-Random Get-Service Get-Variable Import-Module Invoke-RestMethod Invoke-WebRequest Join-Path Measure-Object Move-Item',
    'New-Item New-ItemProperty New-Object New-Service Out-File Out-Null Pop-Location Push-Location Read-Host Register-ScheduledTask',
    'Remove-Item Remove-ItemProperty Rename-Item Resolve-Path Restart-Service Select-Object Select-String Set-Acl Set-Content Set-ItemProperty',
    'Set-Location Set-Service Set-StrictMode Sort-Object Split-Path Start-Process Start-Service Start-Sleep Stop-Process Stop-Service',
    'Test-Connection Test-NetConnection Test-Path Unregister-ScheduledTask Wait-Process Where-Object Write-Error Write-Host Write-Output',
    'Write-Progress Write-Verbose Write-Warning',
  ]
    .join(' ')
    .split(' '),
);

/** Commands that are there, and do not do what one expects of them. */
export const trapCommands: ReadonlyMap<string, string> = new Map([
  ['Out-String', 'breaks lines at the width of the window: join them with -join instead'],
  ['Get-FileHash', 'is a function of a module, which a Windows PowerShell that PowerShell 7 has started does not find: use .NET'],
]);

/** Without `-Encoding` they take the code page of the host, or another one in each PowerShell. */
export const textCommands: ReadonlySet<string> = new Set(['Add-Content', 'Get-Content', 'Out-File', 'Set-Content']);

/** Parameters that came with PowerShell 6 or 7. */
export const newParameters: ReadonlySet<string> = new Set([
  '-AsByteStream',
  '-AsHashtable',
  '-EnumsAsStrings',
  '-EscapeHandling',
  '-FollowSymlink',
  '-HttpVersion',
  '-LeafBase',
  '-MaximumRetryCount',
  '-NoProxy',
  '-Parallel',
  '-ResponseHeadersVariable',
  '-RetryIntervalSec',
  '-SkipCertificateCheck',
  '-SkipHttpErrorCheck',
  '-SslProtocol',
  '-TargetName',
]);
