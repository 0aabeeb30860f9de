/** Deny unless a declared permission allows. A route or page names one permission; a role is a set of them. */
export const permissions = {
  'tasks.read': 'See tasks, runs, executions and logs',
  'tasks.run': 'Run a task that exists, retry a run, post an Adhoc task',
  'tasks.cancel': 'Cancel runs and executions',
  'tasks.write': 'Create, edit, pause and delete tasks',
  'agents.read': 'See agents and their metrics',
  'agents.write': 'Tag, rename, update and remove agents, revoke their keys',
  'plugins.read': 'See plugins and their source',
  'plugins.write': 'Push and delete plugins',
  'secrets.read': 'See the names of secrets, and name them in a task',
  'secrets.write': 'Write, replace and remove secrets; nobody reads their values',
  'join-tokens.manage': 'Create and revoke join tokens',
  'tokens.manage': 'Create and revoke API tokens',
  'users.manage': 'Create, edit and disable users',
  'audit.read': 'Read the audit log',
  'account.use': 'Sign out and change one’s own password',
} as const;

export type Permission = keyof typeof permissions;

const viewer = ['tasks.read', 'agents.read', 'plugins.read', 'account.use'] as const satisfies Permission[];
const operator = [...viewer, 'tasks.run', 'tasks.cancel'] as const satisfies Permission[];
const author = [...operator, 'tasks.write', 'plugins.write', 'secrets.read', 'secrets.write'] as const satisfies Permission[];

export const roles = ['viewer', 'operator', 'author', 'admin'] as const;
export type Role = (typeof roles)[number];

/** Who each is for. */
export const roleSentences: Readonly<Record<Role, string>> = {
  viewer: 'Sees the fleet and its work, changes nothing.',
  operator: 'Runs and cancels what there is.',
  author: 'Writes tasks, plugins and secrets too.',
  admin: 'Does all, and decides who else may.',
};

const grants: Readonly<Record<Role, ReadonlySet<Permission>>> = {
  viewer: new Set(viewer),
  operator: new Set(operator),
  author: new Set(author),
  admin: new Set(Object.keys(permissions) as Permission[]),
};

export const allows = (role: Role, permission: Permission): boolean => grants[role].has(permission);
