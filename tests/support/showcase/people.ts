import type { ApiClient } from '../api-client.ts';

/** Signs in by a form. */
export const operator = { name: 'mira', password: 'a long enough sentence' } as const;

/** Users, tokens, secrets, and ways to join. */
export async function invitePeople(api: ApiClient): Promise<void> {
  const { password } = operator;
  await api.post('/api/v1/users', { name: operator.name, role: 'admin', password });
  await api.post('/api/v1/users', { name: 'jonas', role: 'operator', password });
  await api.post('/api/v1/users', { name: 'priya', role: 'author', password });
  await api.post('/api/v1/users', { name: 'on-call', role: 'viewer', password });
  const gone = await api.post<{ id: string }>('/api/v1/users', { name: 'tomas', role: 'operator', password });
  await api.send('PATCH', `/api/v1/users/${gone.id}`, { disabled: true });

  await api.post('/api/v1/tokens', { name: 'ci', role: 'author', expiresInSeconds: 90 * 86_400 });
  await api.post('/api/v1/tokens', { name: 'status page', role: 'viewer' });
  const leaked = await api.post<{ id: string }>('/api/v1/tokens', { name: 'old laptop', role: 'operator' });
  await api.send('DELETE', `/api/v1/tokens/${leaked.id}`);

  await api.post('/api/v1/join-tokens', { maxUses: 50, expiresInSeconds: 7 * 86_400, tags: ['web', 'region=fra1'] });
  await api.post('/api/v1/join-tokens', { maxUses: 1, agentName: 'db-primary' });

  for (const name of ['backup_storage_key', 'registry_password', 'statuspage_token'])
    await api.send('PUT', `/api/v1/secrets/${name}`, { value: `not a real secret of ${name}` });
}
