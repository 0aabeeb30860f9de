/** The icons of the dashboard, by their names at https://tabler.io/icons (outline). `<%- icon('server-2') %>` in a view draws one. */
// biome-ignore format: a table of names
export const iconNames: readonly string[] = [
  'activity', 'alert-circle', 'alert-triangle', 'api', 'arrow-left', 'arrow-right', 'ban', 'bookmark', 'braces', 'calendar-time', 'check',
  'checklist', 'chevron-right', 'circle-check', 'circle-dashed', 'circle-x', 'clipboard-list', 'clock', 'clock-off', 'copy',
  'corner-down-left', 'device-desktop', 'disabled', 'download', 'edit', 'file', 'filter', 'folder', 'forms', 'ghost',
  'hand-stop', 'heartbeat', 'help-circle', 'history', 'hourglass-empty', 'key', 'keyboard', 'layout-dashboard', 'layout-grid',
  'list-details', 'lock', 'logout', 'menu-2', 'moon', 'player-pause', 'player-play', 'player-skip-forward', 'player-stop',
  'plug-connected', 'plug-connected-x', 'plus', 'point', 'puzzle', 'refresh', 'rocket', 'search', 'send', 'server-2',
  'settings', 'shield-x', 'stack-2', 'sun', 'tags', 'trash', 'user', 'users', 'x', 'zzz',
];
