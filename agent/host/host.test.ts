import { tmpdir } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import { facts, metrics } from '../../shared/metrics.ts';
import { createFakeClock } from '../../tests/support/clock.ts';
import { systemClock } from '../clock.ts';
import { defaultAgentName } from '../identity/default-name.ts';
import { cpuShare, parseProcStat, readCpuTimes } from './cpu-share.ts';
import { factsOf, mainAddress, readHostFacts } from './host-facts.ts';
import { createHostMetrics } from './host-metrics.ts';
import { parseMacNetstat, parseProcNetDev, parseWindowsNetstat } from './network-counters.ts';
import { createNetworkRate } from './network-rate.ts';
import { parseOsRelease } from './os-facts.linux.ts';

describe('the metrics of a host', () => {
  it('fit the protocol', async () => {
    const host = createHostMetrics({ folder: tmpdir(), clock: systemClock });
    expect(metrics.parse(await host.sample())).toMatchObject({ agentMemoryBytes: expect.any(Number) });
    expect(host.freeDiskBytes()).toBeGreaterThan(0);
  });

  it('do without a disk that cannot be read', async () => {
    const host = createHostMetrics({ folder: '/no/such/folder', clock: systemClock });
    expect(metrics.parse(await host.sample())).toMatchObject({ diskUsedBytes: 0, diskTotalBytes: 0 });
    expect(host.freeDiskBytes()).toBe(Number.POSITIVE_INFINITY);
  });

  it('count a core as busy unless it is idle or waits', () => {
    const before = parseProcStat('cpu  100 0 50 800 50 0 0 0 0 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n');
    const after = parseProcStat('cpu  130 0 70 830 70 0 0 0 30 0\n');
    expect(before).toEqual({ busy: 150, total: 1000 });
    expect(cpuShare(before ?? readCpuTimes(), after ?? readCpuTimes())).toBe(50);
  });

  it('are 0 where nothing is known of the cores, and when no time has passed', () => {
    expect(cpuShare({ busy: 0, total: 0 }, { busy: 0, total: 0 })).toBe(0);
    expect(parseProcStat('')).toBeUndefined();
  });
});

describe('the network of a host', () => {
  it('is what passes the interfaces that lead out of it', () => {
    const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:    9000       1    0    0    0     0          0         0     9000       1    0    0    0     0       0          0
  eth0:     100       1    0    0    0     0          0         0       20       1    0    0    0     0       0          0
wlp3s0:5000000000 1    0    0    0     0          0         0       3       1    0    0    0     0       0          0
docker0:    777       1    0    0    0     0          0         0      777       1    0    0    0     0       0          0
`;
    expect(parseProcNetDev(text)).toEqual({ received: 5_000_000_100, transmitted: 23 });
  });

  it('is read from netstat elsewhere, in any language and with a missing address', () => {
    const windows =
      'Schnittstellenstatistik\r\n\r\n                  Empfangen          Gesendet\r\n\r\nBytes          123456789          9876543\r\nUnicastpakete      1234      567\r\n';
    expect(parseWindowsNetstat(windows)).toEqual({ received: 123_456_789, transmitted: 9_876_543 });
    const mac = `Name       Mtu   Network       Address            Ipkts Ierrs     Ibytes    Opkts Oerrs     Obytes  Coll
lo0        16384 <Link#1>                          10     0       5000       10     0       5000     0
en0        1500  <Link#4>    aa:bb:cc:dd:ee:ff     10     0        700       10     0         60     0
en0        1500  10.0.0      10.0.0.5              10     -        700       10     -         60     -
en5        1500  <Link#7>                           1     0         30        1     0          4     0
`;
    expect(parseMacNetstat(mac)).toEqual({ received: 730, transmitted: 64 });
  });

  it('is told as a rate since the look before, and not when a counter went back', async () => {
    const clock = createFakeClock();
    const looks = [
      { received: 1000, transmitted: 50 },
      { received: 6000, transmitted: 150 },
      { received: 10, transmitted: 150 },
      undefined,
      { received: 20, transmitted: 160 },
    ];
    const rates = createNetworkRate({ read: async () => looks.shift(), clock, everyMs: 0 });
    const told: unknown[] = [];
    for (let look = 0; look < 5; look += 1) {
      told.push(await rates());
      await clock.advance(10_000);
    }
    expect(told).toEqual([{}, { networkReceiveBytesPerSecond: 500, networkTransmitBytesPerSecond: 10 }, {}, {}, {}]);
  });
});

describe('the facts of a host', () => {
  it('fit the protocol', async () => {
    expect(facts.parse(await readHostFacts())).toMatchObject({
      os: process.platform,
      arch: process.arch,
      cpus: expect.any(Number),
    });
  });

  it('take the address that others see before those of containers', () => {
    const info = (address: string, family: 'IPv4' | 'IPv6', internal = false) => ({
      address,
      family,
      internal,
      netmask: '',
      mac: '',
      cidr: null,
      scopeid: 0,
    });
    const interfaces = {
      lo: [info('127.0.0.1', 'IPv4', true)],
      docker0: [info('172.17.0.1', 'IPv4')],
      eth0: [info('fe80::1', 'IPv6'), info('2001:db8::1', 'IPv6'), info('10.0.0.7', 'IPv4')],
    };
    expect(mainAddress(interfaces as never)).toBe('10.0.0.7');
    expect(mainAddress({ eth0: [info('2001:db8::1', 'IPv6')] } as never)).toBe('2001:db8::1');
    expect(mainAddress({})).toBeUndefined();
  });

  it('leave out what is not known, also when a vendor has not filled it in', () => {
    expect(factsOf({ model: ' X1 ', serial: '-', vendor: 'To Be Filled By O.E.M.', none: undefined, virtual: false })).toEqual({
      model: 'X1',
      virtual: false,
    });
  });

  it('read the release file with and without quotes', () => {
    const release = parseOsRelease('NAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n# x\n');
    expect([release.get('NAME'), release.get('VERSION_ID'), release.get('ID')]).toEqual(['Debian GNU/Linux', '12', 'debian']);
  });
});

describe('the default name of an agent', () => {
  it.each([
    ['web-1.example.com', 'web-1.example.com'],
    ['Büro PC', 'B-ro-PC'],
    ['-.x', 'x'],
    ['ALL', 'host-ALL'],
    ['', 'host'],
  ])('of the host %j is %j', (host, name) => {
    expect(defaultAgentName(host)).toBe(name);
  });
});
