import { hostname } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type BundledPlugin, createBundledPlugin } from '../../tests/support/bundled-plugin.ts';

let facts: BundledPlugin;

beforeAll(() => {
  facts = createBundledPlugin(import.meta.dirname);
});
afterAll(() => facts.close());

describe('facts', () => {
  it('runs its examples', () => facts.runExamples());

  it('tells what the host is', async () => {
    const { data, message } = await facts.run({});
    expect(data).toMatchObject({ hostname: hostname(), platform: process.platform, arch: process.arch });
    expect(Object.values(data as object)).not.toContain(null);
    expect(message).toContain(hostname());
  });
});
