/* Starts the agent, or one of its internal subcommands, from its source, with what was compiled at an earlier start. */
'use strict';

require('./compile-cache.js').keepCompiledCode();
void import('../agent/muster-agent.ts');
