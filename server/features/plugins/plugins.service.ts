import type { Logger } from 'pino';
import type { AgentDetail } from '../../../shared/api/agents.ts';
import type { PluginDetail, PluginSummary } from '../../../shared/api/plugins.ts';
import { MusterError } from '../../../shared/errors.ts';
import type { PluginBundle, SignedCatalogue } from '../../../shared/plugin-bundle.ts';
import type { EventBus } from '../../platform/events/bus.ts';
import type { MessageHandlers } from '../../platform/gateway/connection.ts';
import type { Actor } from '../../platform/http/actor.ts';
import type { AgentsService } from '../agents/agents.service.ts';
import { systemActor } from '../audit/audit.ts';
import type { Origin } from '../auth/origin.ts';
import type { ServerIdentity } from '../auth/server-identity.ts';
import { compileArgsCheck } from './args-check.ts';
import { createBundleTexts } from './bundle-texts.ts';
import { planFolder } from './folder-sync.ts';
import { type FolderWatch, watchFolder } from './folder-watch.ts';
import { allHeld, pluginsOfAgent } from './held-plugins.store.ts';
import { createHoldings } from './holdings.ts';
import { createInTurn } from './in-turn.ts';
import { applyChanges, type ChangedBy, nameOf, type PluginChange, type PluginChangesResources } from './plugin-changes.ts';
import { pluginDetailOf } from './plugin-detail.ts';
import { createPluginDrift, type DriftCounts, type PluginDrift } from './plugin-drift.ts';
import { createPluginFolder, type PluginProblem } from './plugin-folder.ts';
import { createPluginHistory, type PluginHistory } from './plugin-history.ts';
import { bundleOfInput, type PluginInput } from './plugin-input.ts';
import { createPluginShelf } from './plugin-shelf.ts';
import { createPluginWorkbench, type PluginWorkbench } from './plugin-workbench.ts';
import { pluginMessages } from './plugins.messages.ts';
import { allBundles, currentPlugins, findBundleText, readGeneration } from './plugins.store.ts';
import { bundleOfRow, type PluginView, summaryOf, viewOf } from './plugins.ts';
import { chosenVersion } from './version-choice.ts';

/** The plugins that tasks may call, and the catalogue by which agents trust them. */
export type PluginsService = {
  current(name: string): PluginView | undefined;
  /** all that are current, by name; from memory */
  allCurrent(): readonly PluginView[];
  byHash(sha256: string): PluginView | undefined;
  /**
   * @param version the stored one to which the call is pinned; without it, the current one
   * @throws MusterError plugin_unknown, action_unknown, args_invalid (with fields such as `args.count`)
   */
  checkCall(plugin: string, action: string, args: unknown, version?: string): PluginView;
  /**
   * Lets agents run this stored bundle from now on, whatever becomes the current one; for a task that is about to be pinned to it. Without
   * such a task it is let go again some minutes later.
   */
  hold(sha256: string): Promise<void>;
  readonly history: PluginHistory;
  readonly workbench: PluginWorkbench;
  /** Makes a stored version the current one again. @throws MusterError not_found, field_invalid, state_conflict */
  rollback(name: string, version: string, actor: Actor, origin?: Origin): Promise<void>;
  readonly drift: PluginDrift['of'];
  driftCounts(name: string): Promise<DriftCounts>;
  /** by name: agents that should have the current bundle and do not; without the plugins that all of them have */
  lagging(): ReadonlyMap<string, number>;
  signedCatalogue(): SignedCatalogue;
  /** by name */
  list(): Promise<PluginSummary[]>;
  /** @throws MusterError not_found */
  detail(name: string): Promise<PluginDetail>;
  /** @throws MusterError plugin_invalid; version_conflict when `ifMatch` is not the hash of the current bundle */
  put(name: string, input: PluginInput, actor: Actor, options?: PutOptions): Promise<{ readonly created: boolean }>;
  /** @throws MusterError not_found; state_conflict for one that comes from the folder */
  remove(name: string, actor: Actor, origin?: Origin): Promise<void>;
  /** what in the plugins folder could not be loaded, and why */
  problems(): readonly PluginProblem[];
  heldByAgent(agentId: string): Promise<AgentDetail['plugins']>;
  /**
   * The canonical text of a bundle, for an agent with an open connection.
   * @throws MusterError unauthenticated, not_found
   */
  download(authorization: string | undefined, sha256: string): Promise<Buffer>;
  /** for the gateway */
  readonly messages: Pick<MessageHandlers, 'plugins_held'>;
  /** Reads what is stored, then the folder, and follows its changes until `stop`. */
  start(dir: string | null): Promise<void>;
  /** May be called twice. */
  stop(): Promise<void>;
};

export type PutOptions = Origin & {
  readonly ifMatch?: string | undefined;
  /** `*`: only if there is no plugin of this name yet */
  readonly ifNoneMatch?: string | undefined;
};

export type PluginsResources = Omit<PluginChangesResources, 'shelf' | 'versionsKept'> & {
  readonly versionsKept?: number;
  readonly log: Logger;
  readonly events: EventBus;
  readonly identity: Pick<ServerIdentity, 'sign'>;
  readonly agents: Pick<AgentsService, 'all' | 'get' | 'broadcast' | 'agentOfDownloadToken'>;
};

export function createPlugins(resources: PluginsResources): PluginsService {
  const { db, log, events, identity, agents, clock } = resources;
  const shelf = createPluginShelf(identity);
  const texts = createBundleTexts((sha256) => findBundleText(db.read, sha256));
  const holdings = createHoldings();
  const history = createPluginHistory({ holdings, shelf, texts });
  const drift = createPluginDrift({ holdings, shelf, allAgents: agents.all });
  const inTurn = createInTurn();
  /** when, by hash, for tasks that are about to be pinned; once they are, `usedBundles` knows of them */
  const held = new Map<string, number>();
  async function usedBundles(): Promise<string[]> {
    for (const [sha256, since] of held) if (clock.now() - since > heldMs) held.delete(sha256);
    return [...(await resources.usedBundles()), ...held.keys()];
  }
  let readFolder = async (): Promise<boolean> => true;
  let watch: FolderWatch | undefined;
  let off = (): void => undefined;
  let problems: readonly PluginProblem[] = [];
  let hidden: readonly string[] = [];

  async function change(changes: readonly PluginChange[], by: ChangedBy): Promise<void> {
    if (changes.length === 0) return;
    await publish(changes, by);
    for (const made of changes) events.emit('plugin.changed', { name: nameOf(made) });
    log.info({ plugins: changes.map(nameOf), generation: shelf.generation(), by: by.actor }, 'plugins changed');
  }

  /** A new catalogue, for every agent. */
  async function publish(changes: readonly PluginChange[], by: ChangedBy): Promise<void> {
    await applyChanges(changes, by, { versionsKept, ...resources, shelf, usedBundles });
    agents.broadcast({ type: 'plugins', plugins: shelf.signedCatalogue() });
  }

  /** Each problem is logged when it comes up, not at every look. */
  function report(found: readonly PluginProblem[], dir: string): void {
    const keyOf = ({ path, message }: PluginProblem): string => `${path} ${message}`;
    const before = problems;
    const known = new Set(before.map(keyOf));
    const now = new Set(found.map(keyOf));
    problems = found;
    for (const problem of found.filter((one) => !known.has(keyOf(one)))) {
      log.error({ dir, path: problem.path }, `plugin not loaded: ${problem.message}`);
      events.emit('plugin.changed', { name: problem.name });
    }
    for (const { name } of before.filter((one) => !now.has(keyOf(one)))) events.emit('plugin.changed', { name });
  }

  /** @returns a call that answers whether the folder is there */
  function follow(dir: string): () => Promise<boolean> {
    const folder = createPluginFolder(dir);
    return () =>
      inTurn(async () => {
        const content = await folder.read();
        // a disk that is not mounted must not delete what came from it
        if (content === undefined) {
          report([missing(dir)], dir);
          return false;
        }
        const plan = planFolder(
          content,
          shelf.allCurrent().map(({ plugin }) => plugin),
        );
        hidden = plan.hidden;
        report(plan.problems, dir);
        await change(plan.changes, { actor: systemActor, address: null });
        return true;
      });
  }

  function versionOf(name: string, version: string): PluginView {
    try {
      return shelf.byHash(chosenVersion(name, shelf.bundlesOf(name), version, 'pluginVersion').sha256) as PluginView;
    } catch (error) {
      // of a task it is a field that is wrong, not an address
      if (!(error instanceof MusterError) || error.code !== 'not_found') throw error;
      throw new MusterError('plugin_unknown', error.message, { field: 'pluginVersion' });
    }
  }

  const put: PluginsService['put'] = async (name, input, actor, { address = null, ifMatch, ifNoneMatch } = {}) => {
    const made = bundleOfInput(name, input);
    const answer = await inTurn(async () => {
      const before = shelf.currentOf(name);
      if (ifMatch !== undefined && ifMatch !== '*' && ifMatch !== `"${before?.sha256}"`) throw changedMeanwhile(name);
      if (ifNoneMatch === '*' && before !== undefined) throw changedMeanwhile(name);
      if (before?.sha256 !== made.sha256) await change([{ kind: 'set', made, source: 'pushed' }], { actor: actor.name, address });
      return { created: before === undefined };
    });
    await readFolder();
    return answer;
  };

  return {
    current: shelf.current,
    allCurrent: () => shelf.allCurrent().map(({ plugin, bundle }) => viewOf(bundle, plugin.source)),
    byHash: shelf.byHash,
    checkCall(name, action, args, version) {
      const current = shelf.current(name);
      if (current === undefined) throw pluginUnknown(name, shelf.bundlesOf(name).length > 0);
      const plugin = version === undefined ? current : versionOf(name, version);
      if (!Object.hasOwn(plugin.manifest.actions, action)) throw actionUnknown(plugin, action);
      shelf.argsCheckOf(plugin).check(action, args);
      return plugin;
    },
    hold: (sha256) =>
      inTurn(async () => {
        if (shelf.byHash(sha256) === undefined)
          throw new MusterError('not_found', 'This version of the plugin is not stored any more.');
        held.set(sha256, clock.now());
        if (!shelf.isTrusted(sha256)) await publish([], { actor: systemActor, address: null });
      }),
    history,
    workbench: createPluginWorkbench({ filesOf: history.files, compare: history.compare, put }),
    drift: drift.of,
    driftCounts: drift.counts,
    lagging: drift.lagging,
    signedCatalogue: shelf.signedCatalogue,
    async list() {
      return shelf.allCurrent().map(({ plugin, bundle }) => summaryOf(bundle, plugin, holdings.count(bundle.sha256)));
    },
    async detail(name) {
      const found = shelf.allCurrent().find(({ plugin }) => plugin.name === name);
      const text = found === undefined ? undefined : await texts.of(found.bundle.sha256);
      if (found === undefined || text === undefined) throw notFound(name, shelf.bundlesOf(name).at(-1)?.sha256);
      const { files } = JSON.parse(text.toString()) as PluginBundle;
      return pluginDetailOf(found.plugin, found.bundle, files, await history.versions(name), hidden.includes(name));
    },
    put,
    async rollback(name, version, actor, { address = null } = {}) {
      await inTurn(async () => {
        const { sha256, manifest, bytes } = chosenVersion(name, shelf.bundlesOf(name), version);
        if (shelf.currentOf(name)?.sha256 === sha256)
          throw new MusterError(
            'state_conflict',
            `The version ${manifest.version} (${sha256.slice(0, 12)}) is the current one already.`,
          );
        const text = await texts.of(sha256);
        if (text === undefined) throw new MusterError('not_found', 'This version of the plugin is not stored any more.');
        const made = { manifest, text: text.toString(), sha256, bytes, argsCheck: compileArgsCheck(manifest) };
        await change([{ kind: 'set', made, source: 'pushed', isRollback: true }], { actor: actor.name, address });
      });
      // the one of the folder may be hidden now
      await readFolder();
    },
    async remove(name, actor, { address = null } = {}) {
      await inTurn(async () => {
        const plugin = shelf.currentOf(name);
        if (plugin === undefined) throw notFound(name);
        if (plugin.source === 'folder') throw fromFolder(name);
        await change([{ kind: 'delete', name, source: 'pushed' }], { actor: actor.name, address });
      });
      // it may have hidden one of the folder
      await readFolder();
    },
    problems: () => problems,
    heldByAgent: async (agentId) =>
      (await pluginsOfAgent(db.read, agentId)).map(({ name, sha256 }) => ({
        name,
        sha256,
        current: shelf.currentOf(name)?.sha256 === sha256,
      })),
    async download(authorization, sha256) {
      const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1] ?? '';
      if (agents.agentOfDownloadToken(token) === undefined) throw noConnection();
      const text = shelf.byHash(sha256) === undefined ? undefined : await texts.of(sha256);
      if (text === undefined) throw new MusterError('not_found', 'There is no bundle with this hash.');
      return text;
    },
    messages: pluginMessages({ db, shelf, holdings }),
    async start(dir) {
      shelf.take({
        generation: await readGeneration(db.read),
        added: (await allBundles(db.read)).map(bundleOfRow),
        checks: new Map(),
        set: (await currentPlugins(db.read)).map(({ name, sha256, source, updated_at }) => ({
          name,
          sha256,
          source,
          updatedAt: updated_at,
        })),
        deleted: [],
        pruned: [],
        kept: await usedBundles(),
      });
      holdings.fill(await allHeld(db.read));
      off = events.on('agent.changed', ({ agentId }) => {
        if (agents.get(agentId) === undefined) holdings.forget(agentId);
      });
      if (dir === null) return;
      readFolder = follow(dir);
      await readFolder();
      watch = watchFolder({ dir, clock, log, onChange: () => readFolder() });
    },
    async stop() {
      off();
      await watch?.stop();
    },
  };
}

/** Versions of a plugin that are kept to be looked at, and to go back to. */
const versionsKept = 20;
/** Far longer than it takes to write the row of the task. */
const heldMs = 10 * 60_000;

const missing = (dir: string): PluginProblem => ({
  path: dir,
  name: '',
  message: 'The plugins folder is not there. What came from it before stays.',
});

const pluginUnknown = (name: string, wasDeleted: boolean): MusterError =>
  new MusterError(
    'plugin_unknown',
    wasDeleted
      ? `The plugin "${name}" was removed from this server. Its versions are stored still: \`muster plugins rollback ${name} VERSION\` brings one back.`
      : `There is no plugin "${name}" on this server. GET /api/v1/plugins lists those that there are.`,
    { field: 'plugin' },
  );

const actionUnknown = ({ name, manifest }: PluginView, action: string): MusterError =>
  new MusterError(
    'action_unknown',
    `The plugin "${name}" has no action "${action}". It has: ${Object.keys(manifest.actions).join(', ')}.`,
    {
      field: 'action',
    },
  );

/** @param stored its newest version, of one that was removed */
const notFound = (name: string, stored?: string): MusterError =>
  new MusterError(
    'not_found',
    stored === undefined
      ? `There is no plugin "${name}".`
      : `The plugin "${name}" was removed. Its versions are stored still: \`muster plugins rollback ${name} ${stored.slice(0, 12)}\` brings the newest back.`,
  );

const changedMeanwhile = (name: string): MusterError =>
  new MusterError('version_conflict', `The plugin "${name}" is another one by now. Look at it again, then push yours.`);

const fromFolder = (name: string): MusterError =>
  new MusterError('state_conflict', `The plugin "${name}" comes from the plugins folder of the server. Delete it there.`);

const noConnection = (): MusterError =>
  new MusterError('unauthenticated', 'Bundles are for agents with an open connection; send the download token of its welcome.');
