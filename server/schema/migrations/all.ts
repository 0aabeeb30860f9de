import type { Migration } from '../../platform/db/migrations.ts';
import { spine } from './0001_spine.ts';

/** In the order in which they are applied. */
export const migrations: readonly Migration[] = [spine];
