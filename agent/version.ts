import packageJson from '../package.json' with { type: 'json' };

/** Put in by whoever makes the executable. */
declare const MUSTER_COMMIT: string;

export const agentVersion: string = packageJson.version;
/** of the source of an executable; null: this runs from its source */
export const agentCommit: string | null = typeof MUSTER_COMMIT === 'undefined' ? null : MUSTER_COMMIT;
