import type { ApiClient } from '../api-client.ts';

/** A plugin as people write one, in three versions: a form with every kind of field, a log in colours, a file that is kept. */
const manifestOf = (version: string) => ({
  name: 'deploy',
  version,
  description: 'Puts a release on a host: drain, install, check, undrain.',
  runtime: 'node',
  entry: 'index.js',
  platforms: ['linux'],
  actions: {
    main: {
      title: 'Deploy a release',
      description: 'Stops at the first host on which the health check does not answer.',
      args: {
        type: 'object',
        properties: {
          release: { type: 'string', title: 'Release', description: 'As it is tagged.', examples: ['4.18.2'], minLength: 1 },
          channel: { type: 'string', title: 'Channel', enum: ['stable', 'candidate', 'nightly'], default: 'stable' },
          drain: { type: 'boolean', title: 'Drain first', description: 'Take the host out of the load balancer before.', default: true },
          checks: { type: 'integer', title: 'Health checks', minimum: 1, maximum: 50, default: 5 },
          services: { type: 'array', title: 'Services', items: { type: 'string' }, description: 'In the order in which they restart.' },
          health: {
            type: 'object',
            title: 'Health check',
            properties: { url: { type: 'string', title: 'URL', examples: ['http://localhost/healthz'] }, seconds: { type: 'number', title: 'Patience in seconds', minimum: 1 } },
          },
        },
        required: ['release'],
        additionalProperties: false,
      },
      examples: [{ release: '4.18.2', channel: 'stable' }],
    },
    rollback: { title: 'Go back to the release before', args: { type: 'object', properties: {}, additionalProperties: false } },
  },
}); // biome-ignore format: a manifest

const sourceOf = (greeting: string, checks: string): string => `const green = (text) => \`\\x1b[32m\${text}\\x1b[0m\`;
const yellow = (text) => \`\\x1b[33m\${text}\\x1b[0m\`;

/** Puts a release on this host. */
export async function main({ release, channel = 'stable', checks = ${checks} }, context) {
  console.log(\`${greeting} \${release} from \${channel} on \${context.agentName}\`);
  for (let step = 1; step <= checks; step += 1) {
    context.progress(step / checks, \`check \${step} of \${checks}\`);
    console.log(\`\${green('ok')}    health check \${step} of \${checks}: 200 in \${10 + step * 3} ms\`);
  }
  for (let line = 1; line <= 120; line += 1)
    console.log(\`\${line % 9 === 0 ? yellow('warn') : 'info'}  asset \${String(line).padStart(3, '0')} of 120 \${'unchanged '.repeat(1 + (line % 4))}\`);
  console.error('\\x1b[1;31merror\\x1b[0m cache of the previous release could not be removed (busy), left for the next time');
  await context.storeArtifact({ name: 'report.json', data: JSON.stringify({ release, checks }) });
  return { status: 'success', message: \`\${release} is live\`, data: { release, channel, checks, seconds: 4.2 } };
}

export async function rollback() {
  return { status: 'failed', message: 'There is no release to go back to.' };
}
`;

const base64 = (text: string): string => Buffer.from(text).toString('base64');

export async function pushPlugins(api: ApiClient): Promise<void> {
  for (const [version, greeting, checks] of [['1.0.0', 'installing', '3'], ['1.1.0', 'deploying', '3'], ['1.2.0', 'deploying', '5']] as const) {
    const files = [
      { path: 'plugin.json', base64: base64(`${JSON.stringify(manifestOf(version), null, 2)}\n`) },
      { path: 'index.js', base64: base64(sourceOf(greeting, checks)) },
    ];
    const { status, text } = await api.send('PUT', '/api/v1/plugins/deploy', { files });
    if (status >= 300) throw new Error(`The plugin of the showing was not taken: ${text}`);
  } // biome-ignore format: a table
}
