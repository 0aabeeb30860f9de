import { createProcessTree as createPosixTree } from './process-tree.posix.ts';
import type { CreateProcessTree } from './process-tree.ts';
import { createProcessTree as createWindowsTree } from './process-tree.windows.ts';

/** The process trees of the platform that this runs on. */
export const createProcessTree: CreateProcessTree = process.platform === 'win32' ? createWindowsTree : createPosixTree;
