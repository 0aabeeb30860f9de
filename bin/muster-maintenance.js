/* Starts the work on a data folder that needs no running server (backup, restore, check) from its source. */
'use strict';

require('./compile-cache.js').keepCompiledCode();
void import('../server/maintenance.ts');
