import { z } from 'zod';
import { formBody, textOf } from './form.ts';
import { page } from './page.ts';
import { localPath } from './paging.ts';

const year = 31_536_000;
const choice = z.enum(['light', 'dark']);

/** The choice of a theme for who has no script; with it, `theme.js` writes the same cookie. Whatever is neither light nor dark is the system's. */
export const themePage = page({
  method: 'POST',
  path: '/theme',
  permission: 'open',
  body: formBody,
  handler: async ({ body }) => {
    const theme = choice.safeParse(textOf(body, 'theme')).data;
    const kept = theme === undefined ? 'muster_theme=; Max-Age=0' : `muster_theme=${theme}; Max-Age=${year}`;
    return { kind: 'redirect', to: localPath(textOf(body, 'next')), cookies: [`${kept}; Path=/; SameSite=Lax`] };
  },
});
