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
  /** changes with every start; a service that was started anew has another one */
  readonly life: string;
};

export type Verb = 'start' | 'stop' | 'restart' | 'reload' | 'enable' | 'disable';

/** What one kind of service manager can do. Everything rejects with a sentence. */
export type ServiceManager = {
  /** @returns undefined if there is no such service */
  look(name: string): Promise<Service | undefined>;
  /** Asks for it; whether it came to be is looked at afterwards. */
  order(verb: Verb, name: string): Promise<void>;
  list(): Promise<readonly Pick<Service, 'name' | 'description' | 'state' | 'detail'>[]>;
  /** The last lines that the service wrote since a time, into the log of the execution. @returns the last of them */
  lastWords(name: string, since: Date): Promise<string>;
};

export const whatIs = ({ name, state, detail }: Service): string =>
  `${name} is ${state}${detail === state ? '' : ` (${detail})`}`;
