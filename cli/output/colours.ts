import { countsAsError, type ExecutionState, executionStates, isFinal } from '../../shared/states.ts';

export type Colour = 'red' | 'green' | 'yellow' | 'blue' | 'dim' | 'bold';

const codes: Readonly<Record<Colour, readonly [on: number, off: number]>> = {
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  dim: [2, 22],
  bold: [1, 22],
};

export type Paint = (text: string, colour: Colour | undefined) => string;

/** @param output where the text will go: nothing is coloured that does not go to a terminal */
export const paintFor = (output: { readonly colours: boolean }): Paint => {
  if (!output.colours) return (text) => text;
  return (text, colour) => {
    if (colour === undefined || text === '') return text;
    const [on, off] = codes[colour];
    return `\u001b[${on}m${text}\u001b[${off}m`;
  };
};

/** Of a state of an execution or a run, a status of an agent or a task. */
export function colourOfState(state: string): Colour | undefined {
  if (state in others) return others[state];
  if (!isExecutionState(state)) return undefined;
  if (state === 'succeeded') return 'green';
  if (countsAsError(state)) return 'red';
  return isFinal(state) ? 'yellow' : 'blue';
}

const others: Readonly<Record<string, Colour>> = {
  active: 'blue',
  paused: 'yellow',
  done: 'dim',
  Online: 'green',
  Idle: 'yellow',
  Offline: 'red',
  Revoked: 'dim',
};

const isExecutionState = (text: string): text is ExecutionState => (executionStates as string[]).includes(text);
