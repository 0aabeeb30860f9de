import { describe, expect, test } from '@jest/globals';
import { localPath, pagerOf } from './paging.ts';

describe('paging links', () => {
  test('filters stay and the cursor moves', () => {
    expect(pagerOf('/runs', { state: 'failed', after: 'a', plugin: undefined }, 'b&c')).toEqual({
      first: '/runs?state=failed',
      older: '/runs?state=failed&after=b%26c',
    });
  });

  test('the only page has no links', () => {
    expect(pagerOf('/runs', { state: undefined, after: undefined }, null)).toEqual({ first: null, older: null });
  });
});

describe('where signing in may lead', () => {
  test('a path of the dashboard is kept', () => {
    expect(localPath('/runs?state=failed#x')).toBe('/runs?state=failed#x');
  });

  test.each(['https://evil.example', '//evil.example', '/\\evil.example', 'javascript:alert(1)', '/a\r\nb', '', undefined])(
    '%j leads to the overview',
    (path) => {
      expect(localPath(path)).toBe('/');
    },
  );
});
