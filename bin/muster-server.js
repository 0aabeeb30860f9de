/* Starts the server from its source, with what was compiled at an earlier start. */
'use strict';

require('./compile-cache.js').keepCompiledCode();
void import('../server/main.ts');
