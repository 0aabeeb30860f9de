import { MusterError } from '../../../shared/errors.ts';

/** Name of the user that the first start makes, and of the API token beside it. */
export const adminName = 'admin';

/** A token that was given by the settings: fit to be sent as a bearer, and not one that can be guessed. */
export function checkGivenToken(token: string): string {
  const refuse = (message: string): MusterError => new MusterError('field_invalid', message, { field: 'adminToken' });
  if (token.length < 32)
    throw refuse('MUSTER_ADMIN_TOKEN must have at least 32 characters: take random ones, as `openssl rand -hex 32` gives.');
  if (!/^[\x21-\x7e]{1,512}$/.test(token))
    throw refuse('MUSTER_ADMIN_TOKEN must be at most 512 printable ASCII characters without a space.');
  return token;
}
