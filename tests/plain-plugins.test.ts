import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Execution } from '../shared/api/executions.ts';
import { type System, startSystem } from './support/system.ts';

/** Files as people have them already, put into the plugins folder as they are. */
const plugins = {
  // keyword arguments, and several functions in one file
  'disk_space.py': `import shutil


def main(*args, **kwargs):
    path = kwargs.get("path", "/")
    limit = float(kwargs.get("limit", 99.9))
    usage = shutil.disk_usage(path)
    percent = usage.used * 100.0 / usage.total
    print("%s is %.1f %% full" % (path, percent))
    if percent > limit:
        return {"status": "failed", "message": "%s is over its limit" % path, "data": {"limit": limit}}
    return {"status": "success", "message": "%s is within its limit" % path, "data": {"path": path, "limit": limit}}


def usage(path="/"):
    return shutil.disk_usage(path)._asdict()


def _private():
    return "not an action"
`,
  // a folder with helper modules beside the entry
  'inventory/plugin.json': JSON.stringify({
    name: 'inventory', version: '1.0.0', runtime: 'python', entry: 'main.py', actions: { main: {}, count: {} },
  }), // biome-ignore format: one value
  'inventory/main.py': `from helpers.texts import shout
import parsing


def main(*args, **kwargs):
    hosts = parsing.hosts(kwargs["text"])
    for host in hosts:
        print(shout(host))
    return {"status": "success", "message": "%d hosts" % len(hosts), "data": {"hosts": hosts}}


def count(text):
    return len(parsing.hosts(text))
`,
  'inventory/parsing.py': 'def hosts(text):\n    return [line.strip() for line in text.splitlines() if line.strip()]\n',
  'inventory/helpers/__init__.py': '',
  'inventory/helpers/texts.py': 'def shout(text):\n    return text.upper() + "!"\n',
  // one that raises
  'restart_service.py': `class ServiceError(Exception):
    pass


def main(name, *args):
    print("restarting", name)
    raise ServiceError("%s is not installed" % name)
`,
  // scripts, of which the first argument is the action
  'uptime_report.sh':
    '#!/bin/bash\nset -euo pipefail\necho "host: $(uname -s)"\nfor last; do :; done\necho "arguments: $# last: $last"\n',
  'check_port.sh':
    '#!/usr/bin/env bash\nport=$2\nif [ "$port" = 80 ]; then echo "port $port is open"; exit 0; fi\necho "port $port is closed" >&2\nexit 2\n',
  'cleanup.sh':
    'cd "$MUSTER_WORKSPACE"\ntouch one two three\nfor file in *; do rm -v "$file"; done | wc -l\necho "with $MUSTER_ARGS in $LEVEL mode"\n',
};

let system: System;
beforeAll(async () => {
  system = await startSystem({ plugins });
  await system.startAgent('plain');
});
afterAll(() => system?.dispose());

type Ran = Execution & { readonly log: string };

async function run(plugin: string, args: unknown, more: object = {}): Promise<Ran> {
  const { id } = await system.api.runTask({ owner: 'plain', plugin, args, ...more });
  const [execution] = await system.api.executionsOf(id);
  return { ...(execution as Execution), log: await system.api.log(execution?.id ?? '') };
}

describe('a plain Python plugin', () => {
  it('gets keyword arguments, by default none', async () => {
    expect(await run('disk_space', { path: '/tmp' })).toMatchObject({
      state: 'succeeded',
      message: '/tmp is within its limit',
      data: { path: '/tmp', limit: 99.9 },
      log: expect.stringMatching(/^\/tmp is \d+\.\d % full\n$/),
    });
    expect(await run('disk_space', { limit: 0 })).toMatchObject({
      state: 'failed',
      message: '/ is over its limit',
      data: { limit: 0 },
    });
  });

  it('has every public function for an action, and what it returns for its data', async () => {
    expect(await run('disk_space', ['/'], { action: 'usage' })).toMatchObject({
      state: 'succeeded',
      data: { total: expect.any(Number), used: expect.any(Number), free: expect.any(Number) },
    });
    const refused = await system.api.send('POST', '/api/v1/tasks', { owner: 'plain', plugin: 'disk_space', action: '_private' });
    expect(refused.status).toBe(422);
  });

  it('imports the modules beside it in its folder', async () => {
    expect(await run('inventory', { text: 'web1\n\n web2 \n' })).toMatchObject({
      state: 'succeeded',
      message: '2 hosts',
      data: { hosts: ['web1', 'web2'] },
      log: 'WEB1!\nWEB2!\n',
    });
    expect(await run('inventory', ['a\nb\nc'], { action: 'count' })).toMatchObject({ state: 'succeeded', data: 3 });
  });

  it('that raises has failed with what it raised, and its traceback is in the log', async () => {
    const ended = await run('restart_service', ['nginx']);
    expect(ended).toMatchObject({
      state: 'failed',
      reason: 'plugin_error',
      message: expect.stringMatching(/ServiceError: nginx is not installed$/),
    });
    expect(ended.log).toMatch(/^restarting nginx\nTraceback .*\n.*restart_service\.py", line 7, in main\n/s);
    expect(ended.log).not.toMatch(/_muster|<string>/);
  });
});

describe('a bash script', () => {
  it('runs as it is, with the action and its arguments as words', async () => {
    expect(await run('uptime_report', ['--all', 'a b'])).toMatchObject({
      state: 'succeeded',
      exitCode: 0,
      log: 'host: Linux\narguments: 3 last: a b\n',
    });
  });

  it('has its exit code for a result', async () => {
    expect(await run('check_port', [80])).toMatchObject({ state: 'succeeded', log: 'port 80 is open\n' });
    expect(await run('check_port', [81])).toMatchObject({
      state: 'failed',
      reason: 'exit_code',
      exitCode: 2,
      log: 'port 81 is closed\n',
    });
  });

  it('has a workspace, arguments by name as JSON, and the environment of its task', async () => {
    const ended = await run('cleanup', { deep: true }, { env: { LEVEL: 'quiet' } });
    expect(ended).toMatchObject({ state: 'succeeded', log: '3\nwith {"deep":true} in quiet mode\n' });
  });
});
