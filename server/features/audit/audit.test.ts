import { describe, expect, it } from '@jest/globals';
import { detailText } from './audit.ts';

const token = `mst_${'a'.repeat(43)}`;
const joinToken = `mjt_${'b'.repeat(43)}.${'0'.repeat(32)}`;

describe('the detail of an audit entry', () => {
  it('is kept as it is when it holds no secret', () => {
    const detail = { name: 'nightly', tags: ['web'], role: { from: 'viewer', to: 'admin' }, tokenId: 'tok_1', uses: 3 };
    expect(JSON.parse(detailText(detail))).toEqual(detail);
  });

  it('hides what is named like a secret, however deep', () => {
    const text = detailText({ password: 'horse', form: { Token: 'battery', list: [{ authorization: 'staple' }] } });
    expect(text).not.toMatch(/horse|battery|staple/);
  });

  it('hides tokens by their shape, wherever they stand', () => {
    const text = detailText({ command: `muster agent --join ${joinToken} --api=${token}` });
    expect(JSON.parse(text)).toEqual({ command: 'muster agent --join [hidden] --api=[hidden]' });
  });

  it('is replaced by its size when it is past the bound', () => {
    expect(JSON.parse(detailText({ text: 'x'.repeat(20_000) }))).toEqual({ leftOut: '20011 characters' });
  });
});
