import { describe, expect, test } from '@jest/globals';
import { adviceFor } from './error-advice.ts';

const seen = { status: 404, path: '/runs/run_1', method: 'GET', role: 'viewer' } as const;
const links = (given: Partial<Parameters<typeof adviceFor>[0]>): string[] =>
  adviceFor({ ...seen, ...given }).links.map(({ href }) => href);

describe('what an error page offers', () => {
  test('what is gone leads to the list that it was in', () => {
    expect(links({})).toEqual(['/runs', '/search', '/']);
    expect(links({ path: '/nowhere' })).toEqual(['/search', '/']);
  });

  test('a session that ended leads to signing in and back again, unless a form was being posted', () => {
    expect(links({ status: 401, role: null })).toEqual(['/sign-in?next=%2Fruns%2Frun_1']);
    expect(links({ status: 401, role: null, method: 'POST' })).toEqual(['/sign-in']);
  });

  test('a missing permission names the role that one has', () => {
    expect(adviceFor({ ...seen, status: 403 }).text).toContain('role viewer');
    expect(links({ status: 403, role: null })).toEqual(['/sign-in?next=%2Fruns%2Frun_1']);
  });

  test('a server that is away is asked again, but a form is never sent again by a link', () => {
    expect(links({ status: 503 })).toEqual(['/runs/run_1']);
    expect(links({ status: 503, method: 'POST', path: '/runs/run_1/cancel' })).toEqual(['/']);
  });
});
