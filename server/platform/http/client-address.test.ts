import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { type Network, parseNetwork } from '../../../shared/networks.ts';
import { createClients } from './client-address.ts';

const networks = (...texts: readonly string[]): Network[] => texts.flatMap((text) => parseNetwork(text) ?? []);
const from = (remoteAddress: string, headers: Record<string, string> = {}): IncomingMessage =>
  ({ socket: { remoteAddress }, headers }) as unknown as IncomingMessage;

describe('the address of a client', () => {
  it('is that of the socket, whatever headers say, when no proxy is trusted', () => {
    const clients = createClients([], false);
    expect(clients.addressOf(from('::ffff:192.0.2.7', { 'x-forwarded-for': '198.51.100.1' }))).toBe('192.0.2.7');
  });

  it('is told by a trusted proxy alone', () => {
    const clients = createClients(networks('loopback', '10.0.0.0/8', '2001:db8::/32'), false);
    const headers = { 'x-forwarded-for': '198.51.100.1' };
    expect(clients.addressOf(from('127.0.0.1', headers))).toBe('198.51.100.1');
    expect(clients.addressOf(from('::ffff:10.1.2.3', headers))).toBe('198.51.100.1');
    expect(clients.addressOf(from('2001:db8::5', headers))).toBe('198.51.100.1');
    expect(clients.addressOf(from('192.0.2.7', headers))).toBe('192.0.2.7');
  });

  it('is the last that no trusted proxy has: what stands before it may be invented', () => {
    const clients = createClients(networks('10.0.0.0/8'), false);
    const headers = { 'x-forwarded-for': '203.0.113.9, 198.51.100.1:4711, 10.0.0.2' };
    expect(clients.addressOf(from('10.0.0.1', headers))).toBe('198.51.100.1');
  });

  it('is the proxy when it passed on what is no address', () => {
    const clients = createClients(networks('10.0.0.0/8'), false);
    for (const told of ['<script>', 'unknown', '', ' , ']) {
      expect(clients.addressOf(from('10.0.0.1', { 'x-forwarded-for': told }))).toBe('10.0.0.1');
    }
  });

  it('is the first of them when all are proxies', () => {
    const clients = createClients(networks('10.0.0.0/8'), false);
    expect(clients.addressOf(from('10.0.0.1', { 'x-forwarded-for': '10.9.9.9, 10.0.0.3' }))).toBe('10.9.9.9');
  });

  it('may have brackets and a port', () => {
    const clients = createClients(networks('loopback'), false);
    expect(clients.addressOf(from('::1', { 'x-forwarded-for': '[2001:db8::9]:1234' }))).toBe('2001:db8::9');
  });
});

describe('what is told of the host and the scheme', () => {
  const told = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'muster.example.org' };
  const left = (clients: ReturnType<typeof createClients>, remoteAddress: string): Record<string, unknown> => {
    const request = from(remoteAddress, { ...told });
    clients.purge(request);
    return { ...request.headers };
  };

  it('stays when a trusted proxy says it, and goes when anybody else does', () => {
    const clients = createClients(networks('loopback'), false);
    expect(left(clients, '127.0.0.1')).toEqual(told);
    expect(left(clients, '192.0.2.7')).toEqual({});
    expect(left(createClients([], false), '127.0.0.1')).toEqual({});
  });

  it('is TLS where the server speaks it itself', () => {
    expect(left(createClients([], true), '192.0.2.7')).toEqual({ 'x-forwarded-proto': 'https' });
  });
});

describe('a network', () => {
  it.each(['10.0.0.0/33', '10.0.0/8', '::1/129', 'example.org', '10.0.0.0/8/8', '', '10.0.0.0/'])('is not %p', (text) => {
    expect(parseNetwork(text)).toBeUndefined();
  });
});
