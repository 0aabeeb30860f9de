import type { Found, SearchKind } from '../../../shared/api/search.ts';
import type { Permission } from '../../../shared/permissions.ts';
import type { AgentView } from '../agents/agents.ts';
import type { PluginView } from '../plugins/plugins.ts';
import type { Finder } from '../tasks/finder.service.ts';

/** Finds things by their names and ids: agents and plugins in memory, the rest by an index. Nothing is looked through whole. */
export type Search = {
  /** @param may what the asker may see */
  find(text: string, limit: number, may: (permission: Permission) => boolean): Promise<Found[]>;
};

export type SearchResources = {
  readonly agents: () => readonly Pick<AgentView, 'id' | 'name' | 'tags' | 'os' | 'status'>[];
  readonly plugins: () => readonly Pick<PluginView, 'name' | 'version' | 'manifest'>[];
  readonly finder: Finder;
};

/** The beginning of an id says what it names; with four characters more it is worth a look. */
const idPrefix = /^(agt|tsk|run|exe)_[0-9a-z]{4,26}$/;

export function createSearch({ agents, plugins, finder }: SearchResources): Search {
  async function byId(prefix: string, limit: number): Promise<Found[]> {
    switch (prefix.slice(0, 3)) {
      case 'agt':
        return agents()
          .filter(({ id }) => id.startsWith(prefix))
          .slice(0, limit)
          .map(ofAgent);
      case 'tsk':
        return (await finder.tasksById(prefix, limit)).map(ofTask);
      case 'run':
        return (await finder.runsById(prefix, limit)).map(ofRun);
      default:
        return (await finder.executionsById(prefix, limit)).map(ofExecution);
    }
  }

  async function tasksAndRuns(text: string, limit: number): Promise<Found[]> {
    const tasks = await finder.tasksNamed(text, limit);
    const runs = await finder.newestRunsOf(tasks.slice(0, limit).map(({ id }) => id));
    return [...tasks.map(ofTask), ...runs.sort((a, b) => b.fired_at - a.fired_at).map(ofRun)];
  }

  return {
    async find(given, limit, may) {
      const text = given.trim().toLowerCase();
      if (text === '') return [];
      if (idPrefix.test(text)) return may(text.startsWith('agt_') ? 'agents.read' : 'tasks.read') ? byId(text, limit) : [];
      const found: Found[] = [];
      if (may('agents.read')) found.push(...best(agents(), text, limit).map(ofAgent));
      if (may('tasks.read')) found.push(...(await tasksAndRuns(text, limit)));
      if (may('plugins.read')) found.push(...best(plugins(), text, limit).map(ofPlugin));
      return found.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
    },
  };
}

const order: readonly SearchKind[] = ['agent', 'task', 'plugin', 'run', 'execution'];

/** Names that hold the text: the name itself, then names that begin with it, then the others, in the order of the alphabet. */
function best<Thing extends { readonly name: string }>(things: readonly Thing[], text: string, limit: number): Thing[] {
  const ranked: { thing: Thing; rank: number; name: string }[] = [];
  for (const thing of things) {
    const name = thing.name.toLowerCase();
    const at = name.indexOf(text);
    if (at !== -1) ranked.push({ thing, name, rank: name === text ? 0 : at === 0 ? 1 : 2 });
  }
  ranked.sort((a, b) => a.rank - b.rank || (a.name < b.name ? -1 : 1));
  return ranked.slice(0, limit).map(({ thing }) => thing);
}

const ofAgent = ({ id, name, os, tags, status }: ReturnType<SearchResources['agents']>[number]): Found => ({
  kind: 'agent',
  id,
  name,
  note: [os, ...tags.slice(0, 4)].join(' · '),
  state: status,
});

const ofPlugin = ({ name, version, manifest }: ReturnType<SearchResources['plugins']>[number]): Found => ({
  kind: 'plugin',
  id: name,
  name,
  note: manifest.description === undefined || manifest.description === '' ? version : `${version} · ${manifest.description}`,
  state: null,
});

const ofTask = ({ id, name, type, owner, status }: Awaited<ReturnType<Finder['tasksNamed']>>[number]): Found => ({
  kind: 'task',
  id,
  name,
  note: `${type} · ${owner.length > 60 ? `${owner.slice(0, 60)}…` : owner}`,
  state: status,
});

const ofRun = ({ id, task_name, fired_at, state }: Awaited<ReturnType<Finder['runsById']>>[number]): Found => ({
  kind: 'run',
  id,
  name: task_name,
  note: `fired ${new Date(fired_at).toISOString().slice(0, 16).replace('T', ' ')} UTC`,
  state,
});

const ofExecution = ({ id, task_name, agent_name, state }: Awaited<ReturnType<Finder['executionsById']>>[number]): Found => ({
  kind: 'execution',
  id,
  name: `${task_name} on ${agent_name ?? 'no host yet'}`,
  note: id,
  state,
});
