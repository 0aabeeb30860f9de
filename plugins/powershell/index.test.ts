import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type BundledPlugin, createBundledPlugin } from '../../tests/support/bundled-plugin.ts';
import { isOnPath } from '../../tests/support/processes.ts';

const isHere = isOnPath('pwsh', 'powershell');
let powershell: BundledPlugin;

beforeAll(() => {
  powershell = createBundledPlugin(import.meta.dirname);
});
afterAll(() => powershell.close());

(isHere ? describe : describe.skip)(`powershell${isHere ? '' : ' (NOT TESTED: there is no PowerShell on this machine)'}`, () => {
  it('runs its examples', () => powershell.runExamples());

  it('fails with the exit code of the script', async () => {
    expect(await powershell.run(['exit 3'])).toMatchObject({ outcome: 'failed', reason: 'exit_code', exitCode: 3 });
  });
});

(isHere ? it.skip : it)('powershell says what to install on a host without it', async () => {
  expect(await powershell.run(['Get-Date'])).toMatchObject({
    outcome: 'failed',
    message: expect.stringContaining('install PowerShell 7'),
  });
});
