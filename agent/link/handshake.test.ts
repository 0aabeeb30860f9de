import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { type AgentMessage, proofText, protocolVersion, type ServerMessage, type UpdateOrder } from '../../shared/protocol.ts';
import { createHandshake } from './handshake.ts';

const nonce = Buffer.alloc(24, 1).toString('base64');
const order: UpdateOrder = {
  update: 'protocol_1',
  release: { release: { version: '9.0.0', commit: 'abc', protocol: 9, files: [] }, key: '', signature: '' },
  mode: 'idle',
  drainAfterSeconds: 600,
  healthySeconds: 60,
};

function begin() {
  const sent: AgentMessage[] = [];
  const closed: number[] = [];
  const refused: string[] = [];
  const orders: UpdateOrder[] = [];
  const welcomed: string[] = [];
  const serverKey = generateKeyPairSync('ed25519');
  const handshake = createHandshake({
    link: {
      send: (message) => void sent.push(message),
      close: (code) => void closed.push(code),
      refused: (code) => void refused.push(code),
      hasRoom: () => true,
      onRoom() {},
      setSilence() {},
      established() {},
      comeBack() {},
    },
    agentId: 'agt_1',
    serverPublicKey: serverKey.publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
    key: { publicKey: '', sign: (text) => Buffer.from(text).toString('base64') },
    greeting: () => ({ agentVersion: '1.0.0', slots: 1, journal: [] }),
    onWelcome: ({ name }) => void welcomed.push(name),
    onUpdateOrder: (each) => void orders.push(each),
    randomBytes: (size) => Buffer.alloc(size, 2),
    log: pino({ level: 'silent' }),
  });
  const hear = (message: ServerMessage): void => handshake.message(message);
  const proof = (): string =>
    sign(null, Buffer.from(proofText('server', nonce, ownNonce, 'agt_1')), serverKey.privateKey).toString('base64');
  return { hear, proof, sent, closed, refused, orders, welcomed };
}

const ownNonce = Buffer.alloc(24, 2).toString('base64');

describe('the handshake with a server of another protocol', () => {
  it('says hello in the protocol of this agent, by which the server knows who it is', () => {
    const { hear, sent, closed } = begin();
    hear({ type: 'challenge', protocol: protocolVersion + 1, nonce, time: 0 });
    expect(closed).toEqual([]);
    const text = proofText('agent', nonce, ownNonce, 'agt_1');
    expect(sent).toMatchObject([
      { type: 'hello', protocol: protocolVersion, agentVersion: '1.0.0', signature: Buffer.from(text).toString('base64') },
    ]);
  });

  it('hands on the order that comes with the refusal', () => {
    const { hear, refused, orders, welcomed } = begin();
    hear({ type: 'challenge', protocol: protocolVersion + 1, nonce, time: 0 });
    hear({ type: 'refused', code: 'protocol_unsupported', message: 'Update it.', update: order });
    expect([refused, orders, welcomed]).toEqual([['protocol_unsupported'], [order], []]);
  });

  it('follows no order beside a refusal before the server has proved who it is', () => {
    const { hear, orders, closed } = begin();
    hear({ type: 'challenge', protocol: protocolVersion, nonce, time: 0 });
    hear({ type: 'update', ...order });
    expect([orders, closed]).toEqual([[], [4401]]);
  });
});
