# The lines of the setup scripts: a word and a sentence, in colour on a terminal.

$script:colours = -not $env:NO_COLOR -and -not [Console]::IsOutputRedirected

function Write-Line([string]$word, [string]$colour, [string]$sentence) {
  if (-not $script:colours) {
    Write-Host ($word.PadRight(6) + $sentence)
    return
  }
  Write-Host ($word.PadRight(6)) -ForegroundColor $colour -NoNewline
  Write-Host $sentence
}

function Write-Ok([string]$sentence) { Write-Line 'ok' 'Green' $sentence }
function Write-Doing([string]$sentence) { Write-Line '..' 'Cyan' $sentence }
function Write-Note([string]$sentence) { Write-Line 'note' 'Yellow' $sentence }

$failure = @{ Code = 0 }

# Ends the set-up with a sentence for the person and a code of docs/setup.md for the program that called it.
function Stop-Here([int]$code, [string]$sentence) {
  $failure.Code = $code
  throw $sentence
}

# @returns the exit code
function Write-Failure($problem) {
  # the cause, and not that something was called
  $sentence = $problem.Exception.GetBaseException().Message
  if ($failure.Code -eq 0) { $failure.Code = 1 }
  if ($script:colours) {
    Write-Host 'FAIL  ' -ForegroundColor Red -NoNewline
    Write-Host $sentence
  } else {
    [Console]::Error.WriteLine("FAIL  $sentence")
  }
  return $failure.Code
}
