import type { Template } from './template.ts';

const protocolNote = `
Arguments by name (\`"type": "object"\` in the schema) are JSON in \`$MUSTER_ARGS\`. A line that begins with \`::muster:: \` speaks to Muster:
\`::muster:: {"type":"progress","fraction":0.5,"text":"half"}\`, \`::muster:: {"type":"log","message":"restarted","fields":{"service":"nginx"}}\`,
or a result, as the last line of the script shows. Without a result, exit code 0 is success and any other a failure.
`;

/** The first word of the command line is the action, those of the task follow; the exit code is the result. */
export const bashTemplate: Template = {
  entry: 'main.sh',
  byPosition: true,
  files: () => ({ 'main.sh': shellScript('#!/usr/bin/env bash'), 'main.test.sh': shellTest('bash main.sh') }),
  further: protocolNote,
};

export const execTemplate: Template = {
  entry: 'main',
  byPosition: true,
  executable: ['main'],
  files: () => ({ main: shellScript('#!/bin/sh'), 'main.test.sh': shellTest('./main') }),
  further: `
\`main\` may be any program that the hosts can start: a script with another first line, or one that was compiled for them (name its
\`platforms\` in plugin.json then).
${protocolNote}`,
};

export const powershellTemplate: Template = {
  entry: 'main.ps1',
  byPosition: true,
  files: () => ({
    'main.ps1': `# Greets somebody. What is written can be followed live; the marked line is the result.
param([string]$Action = 'main', [string]$Name = 'world')
$ErrorActionPreference = 'Stop'

$greeting = "Hello, $Name"
Write-Output $greeting
$result = @{ type = 'result'; status = 'success'; message = "Greeted $Name."; data = @{ greeting = $greeting } }
Write-Output ('::muster:: ' + (ConvertTo-Json -Compress -Depth 10 $result))
`,
    'main.test.ps1': `$ErrorActionPreference = 'Stop'
$lines = & (Join-Path $PSScriptRoot 'main.ps1') main Ada
if ($lines[0] -ne 'Hello, Ada') { throw "It said $($lines[0])" }
if ($lines[1] -notlike '::muster:: *"status":"success"*') { throw "It ended with $($lines[1])" }
Write-Output 'ok'
`,
  }),
  further: protocolNote,
};

function shellScript(firstLine: string): string {
  return `${firstLine}
# Greets somebody. What is printed can be followed live; the marked line is the result.
set -eu
action=$1
name=\${2:-world}

printf 'Hello, %s\\n' "$name"
# the name stands in JSON: quotes and backslashes need an escape
escaped=$(printf %s "$name" | sed 's/[\\\\"]/\\\\&/g')
printf '::muster:: {"type":"result","status":"success","message":"Greeted %s.","data":{"greeting":"Hello, %s"}}\\n' "$escaped" "$escaped"
`;
}

function shellTest(command: string): string {
  return `#!/usr/bin/env bash
# Run by \`muster plugins test\`; ends with a code that is not 0 when something is wrong.
set -euo pipefail
cd "$(dirname "$0")"

output=$(${command} main Ada)
[[ $output == *'Hello, Ada'* ]] || { echo "It said: $output"; exit 1; }
[[ $output == *'"status":"success"'* ]] || { echo "It gave no result: $output"; exit 1; }
echo ok
`;
}
