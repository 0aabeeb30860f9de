import type { AuditEntry } from '../../../shared/api/access.ts';

/** How entries read: the detail as words, and where the subject has a page of its own. */

const longestWords = 240;

/** `role viewer → admin, id usr_…`. The whole as JSON is beside it. */
export function detailWords(detail: AuditEntry['detail']): string {
  const text = Object.entries(detail)
    .filter(([, value]) => value !== null && !isEmpty(value))
    .map(([key, value]) => `${wordsOf(key)} ${valueWords(value)}`)
    .join(', ');
  return text.length <= longestWords ? text : `${text.slice(0, longestWords).toWellFormed()}…`;
}

/** The page of what an entry is about; null: it has none, or is told by its id, which may be gone. */
export function subjectPath({ action, subject, detail }: AuditEntry): string | null {
  const [noun] = action.split('.', 1);
  const name = encodeURIComponent(subject);
  switch (noun) {
    case 'agent_update':
      return `/agents/updates/${name}`;
    case 'plugin':
      return `/plugins/${name}`;
    case 'secret':
      return '/settings/secrets';
    case 'token':
      return '/settings/tokens';
    case 'join_token':
      return '/settings/join-tokens';
    case 'user':
      return typeof detail.id === 'string' ? `/settings/users?user=${encodeURIComponent(detail.id)}` : '/settings/users';
    case 'retention':
      return '/settings/retention';
    default:
      return null;
  }
}

const isEmpty = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

/** `maxUses` → `max uses` */
const wordsOf = (key: string): string =>
  key
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .toLowerCase();

const instant = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d\.\d{3}Z$/;

function valueWords(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueWords).join(' ');
  if (typeof value === 'string') return value.replace(instant, '$1 $2 UTC');
  if (typeof value !== 'object' || value === null) return value === true ? 'yes' : value === false ? 'no' : String(value);
  const { from, to } = value as { from?: unknown; to?: unknown };
  return from !== undefined && to !== undefined && Object.keys(value).length === 2
    ? `${valueWords(from)} → ${valueWords(to)}`
    : JSON.stringify(value);
}
