import * as z from 'zod';
import { joinTokenPattern } from './join-tokens.ts';
import { httpUrl, nameOfAgent, oneOf, path, seconds, secretText, tagList, wholeNumber } from './setting-values.ts';
import { setting, type ValuesOf } from './settings.ts';
import { logLevels } from './settings-server.ts';

/** The settings of the agent. The order is that of the README. */
export const agentSettings = {
  config: setting({
    env: 'MUSTER_AGENT_CONFIG',
    help: 'JSON file with any of these settings, by their keys.',
    value: path,
    default: undefined,
    defaultMeans: '`settings.json` in the folder of the agent, if it is there',
    notInFile: true,
  }),
  server: setting({
    env: 'MUSTER_SERVER',
    help: 'URL of the server.',
    value: httpUrl,
    default: undefined,
    defaultMeans: 'the server that it has joined',
  }),
  joinToken: setting({
    env: 'MUSTER_JOIN_TOKEN',
    help: 'Spent once, to join the server.',
    value: secretText(z.string().trim().regex(joinTokenPattern), 'a join token as the server shows it, `mjt_…`'),
    default: undefined,
    defaultMeans: 'none is needed once it has joined',
  }),
  ca: setting({
    env: 'MUSTER_AGENT_CA',
    help: 'PEM file with the authority that issued the certificate of the server, trusted besides those of the host.',
    value: path,
    default: undefined,
    defaultMeans: 'those of the host',
  }),
  proxy: setting({
    env: 'MUSTER_AGENT_PROXY',
    help: 'HTTP proxy on the way to the server, `http://host:port`; it has to let CONNECT through to the port of the server.',
    value: httpUrl,
    default: undefined,
    defaultMeans: 'none',
  }),
  name: setting({
    env: 'MUSTER_AGENT_NAME',
    help: 'Name of the agent, unique in the fleet.',
    value: nameOfAgent,
    default: undefined,
    defaultMeans: 'the name of the host',
  }),
  dir: setting({
    env: 'MUSTER_AGENT_DIR',
    help: 'Folder of everything that the agent keeps.',
    value: path,
    default: './data/agent',
  }),
  slots: setting({
    env: 'MUSTER_AGENT_SLOTS',
    help: 'How many executions may run at the same time.',
    value: wholeNumber(1, 1000),
    default: 10,
  }),
  tags: setting({
    env: 'MUSTER_AGENT_TAGS',
    help: 'Tags that it asks for when it joins, such as `web,env=prod`.',
    value: tagList,
    default: [],
    defaultMeans: 'none',
  }),
  drainSeconds: setting({
    env: 'MUSTER_AGENT_DRAIN_SECONDS',
    help: 'Time for running work to finish when the agent is told to stop; then it is ended.',
    value: seconds(0, 86_400),
    default: 10,
  }),
  outboxBytes: setting({
    env: 'MUSTER_AGENT_OUTBOX_BYTES',
    help: 'So much output and results may wait for the server on disk; beyond, no new work is taken.',
    value: wholeNumber(1024 * 1024, 2 ** 50),
    default: 1024 ** 3,
  }),
  minFreeBytes: setting({
    env: 'MUSTER_AGENT_MIN_FREE_BYTES',
    help: 'With less than this free on the disk of its folder, the agent takes no new work.',
    value: wholeNumber(0, 2 ** 50),
    default: 100 * 1024 * 1024,
  }),
  logLevel: setting({ env: 'MUSTER_LOG_LEVEL', help: 'How much is logged.', value: oneOf(logLevels), default: 'info' }),
} as const;

export type AgentSettingValues = ValuesOf<typeof agentSettings>;
