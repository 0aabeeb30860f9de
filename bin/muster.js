#!/usr/bin/env node
/*
 * The `muster` command. Muster needs Node 24, which comes with it as a package, but whatever `node` is on the PATH
 * starts this file. So it is written for any Node, however old, and hands over to the right one.
 */
'use strict';

var spawn = require('child_process').spawn;
var path = require('path');

var NEEDED = 24;

if (parseInt(process.versions.node, 10) >= NEEDED) {
  require('./compile-cache.js').keepCompiledCode();
  // Inside a string, because an old Node cannot even parse it.
  // biome-ignore lint/security/noGlobalEval: a constant string
  eval("import('../cli/main.ts')");
} else {
  handOver(pinnedRuntime());
}

/** The path of the Node that was installed with Muster for this platform, or undefined. */
function pinnedRuntime() {
  var windows = process.platform === 'win32';
  var name = 'node-' + (windows ? 'win' : process.platform) + '-' + process.arch;
  try {
    return path.join(path.dirname(require.resolve(name + '/package.json')), 'bin', windows ? 'node.exe' : 'node');
  } catch (_error) {
    return undefined;
  }
}

function handOver(runtime) {
  if (runtime === undefined) return giveUp();
  var child = spawn(runtime, [__filename].concat(process.argv.slice(2)), { stdio: 'inherit' });
  forwardSignals(child);
  child.on('error', giveUp);
  child.on('exit', function (code, signal) {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

function forwardSignals(child) {
  process.on('SIGTERM', function () {
    child.kill('SIGTERM');
  });
  process.on('SIGHUP', function () {
    child.kill('SIGHUP');
  });
  process.on('SIGINT', function () {
    // Ctrl-C in a terminal reaches the child by itself; twice would mean "now, by force".
    if (!process.stdin.isTTY) child.kill('SIGINT');
  });
}

function giveUp() {
  console.error(
    'muster needs Node.js ' +
      NEEDED +
      ' or newer, and this is ' +
      process.version +
      ': run `npm ci` in ' +
      path.dirname(__dirname) +
      ' to install the right one.',
  );
  process.exit(1);
}
