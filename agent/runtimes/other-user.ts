import { execFile } from 'node:child_process';
import { userInfo } from 'node:os';

/** Whether this is the user whom the agent runs as. */
export function isOwnUser(user: string): boolean {
  try {
    return userInfo().username === user;
  } catch {
    return false; // a user without an entry, as in many containers
  }
}

/**
 * The numbers of another user whom we can become.
 * @throws Error with a sentence: not on this platform, not root, no such user
 */
export async function findOtherUser(user: string): Promise<{ readonly uid: number; readonly gid: number }> {
  if (process.geteuid === undefined)
    throw new Error(`A program can run as another user (${user}) on Linux and macOS only, not on ${process.platform}.`);
  if (process.geteuid() !== 0)
    throw new Error(`Running as ${user} needs an agent that runs as root; this one runs as ${ownName()}. Leave out the user.`);
  // not a number, and nothing that `id` would take for an option
  if (!/^[A-Za-z_][A-Za-z0-9_.@\\-]*\$?$/.test(user)) throw new Error(`${JSON.stringify(user)} is not the name of a user.`);
  // `id` asks whatever the host asks: its files, LDAP, a directory service
  const [uid, gid] = await Promise.all([idOf('-u', user), idOf('-g', user)]);
  return { uid, gid };
}

function idOf(option: '-u' | '-g', user: string): Promise<number> {
  return new Promise((resolve, reject) => {
    execFile('id', [option, user], (error, stdout) => {
      if (error === null) resolve(Number(stdout.trim()));
      else if (error.code === 'ENOENT')
        reject(new Error(`The program id, which knows the user ${user}, was not found on this host.`));
      else reject(new Error(`There is no user ${user} on this host.`));
    });
  });
}

function ownName(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.geteuid?.()}`;
  }
}
