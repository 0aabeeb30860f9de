import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { validate as validateDockerfile } from 'dockerfile-utils';
import { StatefulSet } from 'kubernetes-models/apps/v1/StatefulSet';
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import { Service } from 'kubernetes-models/v1/Service';
import { ServiceAccount } from 'kubernetes-models/v1/ServiceAccount';
import { parse, parseAllDocuments } from 'yaml';
import { serverSettings } from '../shared/settings-server.ts';

const top = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(top, 'deploy', path), 'utf8');
// beside the settings: what the build of the agent is told (scripts/build-agent/source-commit.ts)
const known = new Set<string>([...Object.values(serverSettings).map(({ env }) => env), 'MUSTER_COMMIT']);
const settingsIn = (text: string): string[] => [...new Set(text.match(/\bMUSTER_[A-Z_]+/g))];

const models = { ConfigMap, Service, ServiceAccount, StatefulSet } as const;
type Manifest = { readonly kind: keyof typeof models; readonly metadata: { readonly name: string } };
const manifests = (): Manifest[] =>
  parseAllDocuments(read('kubernetes/muster.yaml')).map((document) => document.toJS() as Manifest);

describe('the image', () => {
  const dockerfile = read('container/Dockerfile');

  it('has no fault that the linter finds', () => {
    expect(validateDockerfile(dockerfile)).toEqual([]);
    expect(validateDockerfile('FORM debian\n')).not.toEqual([]);
  });

  it('copies what is there, and what the list of ignored files lets through', () => {
    const copied = [...dockerfile.matchAll(/^COPY (?!--)(.+) \S+$/gm)].flatMap(([, sources]) => (sources as string).split(' '));
    const allowed = readFileSync(join(top, '.dockerignore'), 'utf8');
    expect(copied.length).toBeGreaterThan(5);
    for (const source of copied) {
      expect([source, existsSync(join(top, source))]).toEqual([source, true]);
      expect(allowed).toContain(`!${source}\n`);
    }
  });

  it('runs as nobody special', () => {
    expect(dockerfile).toMatch(/^USER 10001:10001$/m);
  });
});

describe('the compose file', () => {
  const compose = parse(read('container/compose.yaml')) as {
    readonly services: Record<string, Record<string, unknown>>;
    readonly volumes: Record<string, unknown>;
  };

  it('has a service whose fields compose knows, with its data in a volume', () => {
    // the fields of https://github.com/compose-spec/compose-spec that are used
    const fields = new Set([
      'build', 'image', 'restart', 'ports', 'environment', 'volumes', 'read_only', 'tmpfs', 'cap_drop', 'security_opt', 'stop_grace_period', 'ulimits',
    ]); // biome-ignore format: a list
    expect(Object.keys(compose)).toEqual(['services', 'volumes']);
    for (const service of Object.values(compose.services)) {
      expect(Object.keys(service).filter((field) => !fields.has(field))).toEqual([]);
      expect(service.volumes).toEqual(['muster-data:/var/lib/muster']);
      expect(existsSync(join(top, (service.build as { dockerfile: string }).dockerfile))).toBe(true);
    }
    expect(Object.keys(compose.volumes)).toEqual(['muster-data']);
  });
});

describe('the manifests for Kubernetes', () => {
  it.each(manifests().map((manifest) => [manifest.kind, manifest] as const))(
    'hold a %s as its schema wants it',
    (kind, manifest) => {
      const Model = models[kind] as unknown as new (data: unknown) => { validate(): void };
      expect(() => new Model(manifest).validate()).not.toThrow();
      expect(() => new Model({ ...manifest, spec: 'nonsense', data: 'nonsense', secrets: 'nonsense' }).validate()).toThrow();
    },
  );

  it('select the pods that they make', () => {
    const [set] = manifests().filter(({ kind }) => kind === 'StatefulSet') as unknown as [
      { spec: { selector: { matchLabels: object }; template: { metadata: { labels: object } }; replicas: number } },
    ];
    const [service] = manifests().filter(({ kind }) => kind === 'Service') as unknown as [{ spec: { selector: object } }];
    expect(set.spec.selector.matchLabels).toEqual(set.spec.template.metadata.labels);
    expect(service.spec.selector).toEqual(set.spec.template.metadata.labels);
    expect(set.spec.replicas).toBe(1);
  });
});

describe('all of them', () => {
  it.each([
    'container/Dockerfile',
    'container/compose.yaml',
    'kubernetes/muster.yaml',
    'systemd/muster-server.service',
    'nginx/muster.conf',
    'caddy/Caddyfile',
  ])('%s names settings that there are', (path) => {
    expect(settingsIn(read(path)).filter((name) => !known.has(name))).toEqual([]);
    expect(settingsIn(read(path)).length).toBeGreaterThan(0);
  });
});
