import { z } from 'zod';

/** What the server tells its parent over the channel between them, once it listens. */
export const serverReady = z.object({
  type: z.literal('ready'),
  url: z.string(),
  /** opens the dashboard as `admin`, once, within ten minutes */
  signInUrl: z.string(),
  /** null when the settings gave the token */
  tokenFile: z.string().nullable(),
});
export type ServerReady = z.infer<typeof serverReady>;
