/** A service of the host, as its service manager tells it. */
export type Service = {
  readonly name: string;
  readonly description: string;
  /** `running` also for work that is done and counts as such (systemd: `active (exited)`) */
  readonly state: 'running' | 'stopped' | 'failed' | 'changing';
  /** the words of the service manager itself, such as `active (running)` */
  readonly detail: string;
  /** whether it starts with the host; undefined where something else decides that */
  readonly enabled: boolean | undefined;
  /** the word of the service manager: `enabled`, `static`, `masked`, `Auto` … */
  readonly startMode: string;
  readonly pid: number | null;
  /** another one after every start, also one that the service manager made by itself; only comparable while the service runs */
  readonly life: string;
  /** it does one thing and ends (systemd: `oneshot`): stopped again is how it is when it went well */
  readonly isOnce?: boolean;
};

export type ListedService = Pick<Service, 'name' | 'description' | 'state' | 'detail' | 'startMode'>;

export type Verb = 'start' | 'stop' | 'restart' | 'reload' | 'enable' | 'disable';

/** `late`: still at it when the time was up. `done` is what the service manager says; how the service is now must be looked at. */
export type OrderEnd = 'done' | 'late' | { readonly refused: string };

/** What one kind of service manager can do. */
export type ServiceManager = {
  /** @returns undefined if there is no such service */
  look(name: string): Promise<Service | undefined>;
  order(verb: Verb, name: string, waitSeconds: number): Promise<OrderEnd>;
  list(): Promise<readonly ListedService[]>;
  /** The last lines about the service since a time, into the log of the execution. @returns the last of them */
  lastWords(name: string, since: Date): Promise<string>;
};

export const whatIs = ({ name, state, detail }: Service): string =>
  `${name} is ${state}${detail === state ? '' : ` (${detail})`}`;
