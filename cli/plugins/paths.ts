export const pluginsPath = '/api/v1/plugins';
export const pathOfPlugin = (name: string): string => `${pluginsPath}/${encodeURIComponent(name)}`;
