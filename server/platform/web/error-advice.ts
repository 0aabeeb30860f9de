/** What somebody can do who got an error instead of a page: a sentence, and where to go. */
export type ErrorAdvice = { readonly text: string; readonly links: readonly { readonly href: string; readonly label: string }[] };

export type ErrorSeen = {
  readonly status: number;
  /** of the page that was asked for, path and query */
  readonly path: string;
  readonly method: string;
  /** role of who asked; null: nobody is signed in */
  readonly role: string | null;
};

const overview = { href: '/', label: 'To the overview' } as const;

/** The lists from which things are opened, by the beginning of their paths. */
const lists: Readonly<Record<string, { readonly label: string; readonly gone: string }>> = {
  agents: { label: 'All agents', gone: 'The host may have been removed; its history stays under the executions.' },
  tasks: { label: 'All tasks', gone: 'The task may have been deleted; its runs stay until they are old enough.' },
  runs: {
    label: 'All runs',
    gone: 'The run may have been removed because of its age: how long history is kept is a setting of the server.',
  },
  executions: { label: 'All executions', gone: 'It may have been removed because of its age, together with its run.' },
  plugins: { label: 'All plugins', gone: 'The plugin may have been deleted or renamed.' },
  settings: { label: 'Settings', gone: '' },
};

export function adviceFor({ status, path, method, role }: ErrorSeen): ErrorAdvice {
  const section = /^\/([a-z]+)/.exec(path)?.[1] ?? '';
  const list = lists[section];
  const toList = list === undefined || path === `/${section}` ? [] : [{ href: `/${section}`, label: list.label }];
  // a form that was posted is not repeated by a link
  const again = { href: method === 'GET' ? path : '/', label: method === 'GET' ? 'Try again' : 'To the overview' };
  const signIn = { href: `/sign-in${method === 'GET' ? `?next=${encodeURIComponent(path)}` : ''}`, label: 'Sign in' };
  switch (status) {
    case 401:
      return { text: 'Sessions end after a while, and when a password is changed or a token revoked.', links: [signIn] };
    case 403:
      if (role === null) return { text: 'Sign in first.', links: [signIn] };
      return {
        text: `You are signed in with the role ${role}. An admin can give you another one, under Settings, Users.`,
        links: [overview, { href: '/settings', label: 'Your account' }],
      };
    case 404:
      return {
        text: list?.gone || 'The address may be mistyped, or from another version.',
        links: [...toList, { href: '/search', label: 'Search' }, overview],
      };
    case 429:
      return { text: 'Too many tries in a short time. Wait a little.', links: [again] };
    case 503:
      return {
        text: 'The server is starting, stopping or has its hands full. Nothing that was accepted is lost.',
        links: [again],
      };
    case 500:
      return {
        text: 'The log of the server tells more; the number of the request below finds it there.',
        links: [again, ...(again.href === '/' ? [] : [overview])],
      };
    default:
      return { text: 'Go back to the page before to change what was sent.', links: [...toList, overview] };
  }
}
