import type { PluginResult } from '../../shared/plugin-api.ts';

/** What is wrong with a package is a sentence for the operator; only a fault of this plugin needs a trace in the log. */
export async function told(work: () => Promise<PluginResult>): Promise<PluginResult> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && error.name === 'Error') return { status: 'failed', message: error.message };
    throw error;
  }
}
