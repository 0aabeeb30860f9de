/** The one table on which the contract of the port is tested. */
export type ScratchTables = { scratch: { id: number; text: string } };

export const createScratch = 'CREATE TABLE scratch (id BIGINT PRIMARY KEY, text TEXT NOT NULL)';
