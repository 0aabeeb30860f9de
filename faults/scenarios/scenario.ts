export type ScenarioOptions = {
  readonly minutes: number;
  readonly keep: boolean;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
};
export type ScenarioOutcome = { readonly ok: boolean; readonly rows: readonly (readonly [name: string, value: string])[] };
