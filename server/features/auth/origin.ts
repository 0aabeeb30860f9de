import type { Writer } from '../../schema/schema.ts';

/** From where a change was asked for: the address that the audit shows. */
export type Origin = { readonly address?: string | null };

export type CreateOptions<Created> = Origin & {
  /** further rows that belong to the creation, written in its unit of work */
  readonly alongside?: ((writer: Writer, created: Created) => Promise<void>) | undefined;
};
