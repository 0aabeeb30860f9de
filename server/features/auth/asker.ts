import { MusterError } from '../../../shared/errors.ts';
import type { Actor } from '../../platform/http/actor.ts';

/** Who asks, on a route that is not open: there the platform has let nobody pass who is not known. */
export function asker({ actor }: { readonly actor: Actor | undefined }): Actor {
  if (actor === undefined) throw new MusterError('unauthenticated', 'Sign in or send a token.');
  return actor;
}
