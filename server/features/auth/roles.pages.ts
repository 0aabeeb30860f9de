import { allows, type Permission, permissions, roleSentences, roles } from '../../../shared/permissions.ts';
import { viewsOf } from '../../platform/web/form.ts';
import { type AnyPage, page } from '../../platform/web/page.ts';

const view = viewsOf(import.meta.url);

/** What each role may, from the table by which everything is decided. */
export const createRolesPages = (): AnyPage[] => [
  page({
    method: 'GET',
    path: '/settings/roles',
    permission: 'account.use',
    handler: async () => ({
      kind: 'view',
      view: view('roles'),
      title: 'Roles',
      section: 'settings',
      data: {
        columns: roles.map((role) => ({ role, sentence: roleSentences[role] })),
        rows: (Object.entries(permissions) as [Permission, string][]).map(([permission, sentence]) => ({
          permission,
          sentence,
          held: roles.map((role) => ({ role, may: allows(role, permission) })),
        })),
      },
    }),
  }),
];
