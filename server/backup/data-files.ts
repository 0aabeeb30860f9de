/**
 * What a data folder holds besides the database and cannot be made again. A new file of this kind gets its line here, and backups hold it
 * from then on. All of them are small; the lock and what SQLite keeps beside the database are none of them.
 */
export const dataFiles: readonly string[] = [
  // by which every agent knows the server
  'server.key',
  'admin.token',
  // without it nobody can open the secrets of the database
  'master.key',
  // the settings, where they are kept in the folder
  'muster.json',
];
