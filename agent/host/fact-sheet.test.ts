import { afterEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import type { Facts } from '../../shared/metrics.ts';
import type { AgentMessage } from '../../shared/protocol.ts';
import { createFakeClock } from '../../tests/support/clock.ts';
import { eventually } from '../../tests/support/eventually.ts';
import { createFactSheet, type FactSheet } from './fact-sheet.ts';

const hour = 60 * 60_000;

describe('the sheet of facts', () => {
  let sheet: FactSheet;
  afterEach(() => sheet.stop());

  function begin(readAllFacts: (look: number) => Promise<Facts>) {
    const clock = createFakeClock();
    const sent: AgentMessage[] = [];
    let looks = 0;
    sheet = createFactSheet({
      executor: { runtimes: async () => ({ bash: '5' }) },
      readAllFacts: () => {
        looks += 1;
        return readAllFacts(looks);
      },
      uplink: {
        send(message) {
          sent.push(message);
          return true;
        },
      },
      clock,
      log: pino({ level: 'silent' }),
    });
    return { clock, sent, looks: () => looks };
  }

  it('tells what is cheap to know at once, and the rest when it is found', async () => {
    const found = Promise.withResolvers<Facts>();
    const { sent } = begin(() => found.promise);
    sheet.connected();
    await eventually('the cheap ones', () => sent.length === 1);
    expect(sent[0]).toMatchObject({ type: 'facts', facts: { os: process.platform }, runtimes: { bash: '5' } });
    found.resolve({ model: 'X1', os: 'never believed: the cheap one is newer' });
    await eventually('all', () => sent.length === 2);
    expect(sent[1]).toMatchObject({ facts: { os: process.platform, model: 'X1' }, runtimes: { bash: '5' } });
  });

  it('keeps the cheap ones when the rest cannot be found', async () => {
    const { clock, sent } = begin(() => Promise.reject(new Error('no answer')));
    sheet.connected();
    await eventually('the cheap ones', () => sent.length === 1);
    await clock.advance(1000);
    expect(sent).toHaveLength(1);
  });

  it('tells a new connection what it knows, and looks again only when that is old', async () => {
    const { clock, sent, looks } = begin(async () => ({ model: 'X1' }));
    sheet.connected();
    await eventually('all', () => sent.some((message) => 'facts' in message && message.facts.model === 'X1'));
    const before = sent.length;
    sheet.connected();
    expect(sent).toHaveLength(before + 1);
    expect(looks()).toBe(1);
    await clock.advance(11 * 60_000);
    sheet.connected();
    expect(looks()).toBe(2);
  });

  it('looks again twice a day, and tells only what has changed', async () => {
    const { clock, sent, looks } = begin(async (look) => ({ model: look < 3 ? 'X1' : 'X2' }));
    sheet.connected();
    await eventually('all', () => sent.some((message) => 'facts' in message && message.facts.model === 'X1'));
    const before = sent.length;
    await clock.advance(12 * hour);
    expect([looks(), sent.length]).toEqual([2, before]);
    await clock.advance(12 * hour);
    expect(looks()).toBe(3);
    await eventually('the change', () => sent.length > before);
    expect(sent.at(-1)).toMatchObject({ facts: { model: 'X2' } });
  });

  it('leaves no timer when it is stopped', async () => {
    const { clock, sent } = begin(async () => ({}));
    sheet.connected();
    await eventually('the cheap ones', () => sent.length > 0);
    sheet.stop();
    expect(clock.pending()).toBe(0);
  });
});
