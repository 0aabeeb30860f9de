/** A step of the schema: plain statements that every engine understands, applied in one transaction. */
export type Migration = { readonly name: string; readonly statements: readonly string[] };
