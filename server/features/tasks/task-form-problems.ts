import { type Form, type FormProblems, textOf } from '../../platform/web/form.ts';
import type { ArgsFields } from './args-fields.ts';
import { inputsOf } from './args-shape.ts';
import { isJsonMode, shownAt } from './task-form.ts';
import {
  firingFields,
  jsonArgsField,
  nameField,
  ownerField,
  policyGroups,
  scheduleFields,
  typeField,
} from './task-form-fields.ts';

export type PlacedProblems = FormProblems & {
  /** in the order of the page; `id` of the input, null: it has none */
  readonly list: readonly { readonly label: string; readonly text: string; readonly id: string | null }[];
};

/** Problems at the inputs that hold what is wrong, and all of them for the top of the page. */
export function placedProblems(problems: FormProblems, form: Form, fields: ArgsFields | undefined): PlacedProblems {
  const inputs = inputsOfForm(form, fields);
  const labels = new Map(inputs.map(({ key, label }) => [key, label]));
  const placed: Record<string, string> = {};
  for (const [key, text] of Object.entries(problems.fields)) {
    const place = placeOf(shownAt(key), labels);
    const within = key.startsWith(`${place}.`) && key.startsWith('args.') ? `${key.slice(place.length + 1)}: ` : '';
    placed[place] = placed[place] === undefined ? `${within}${text}` : `${placed[place]} ${within}${text}`;
  }
  const order = [...labels.keys()];
  const rank = (key: string): number => (labels.has(key) ? order.indexOf(key) : order.length);
  const list = Object.entries(placed)
    .sort(([a], [b]) => rank(a) - rank(b))
    .map(([key, text]) => ({ label: labels.get(key) ?? key, text, id: labels.has(key) ? idOf(key) : null }));
  return { summary: problems.summary, fields: placed, list };
}

function inputsOfForm(form: Form, fields: ArgsFields | undefined): { readonly key: string; readonly label: string }[] {
  return [
    ...(fields === undefined || isJsonMode(form) ? [jsonArgsField] : inputsOf(fields.fields, form)),
    ownerField,
    typeField,
    ...scheduleFields,
    ...firingFields,
    ...policyGroups.flatMap((group) => group.fields),
    nameField,
    ...(textOf(form, 'argsMode') === 'json' ? [] : [jsonArgsField]),
  ];
}

const ids: Readonly<Record<string, string>> = { owner: 'owner', type: 'type-Adhoc' };

export const idOf = (key: string): string => ids[key] ?? `field-${key.replaceAll('.', '-')}`;

/** `args.tags.0` is shown at `args.tags`; what has no input of its own is shown at the arguments as a whole. */
function placeOf(key: string, places: ReadonlyMap<string, unknown>): string {
  const parts = key.split('.');
  for (let length = parts.length; length > 0; length -= 1) {
    const place = parts.slice(0, length).join('.');
    if (places.has(place)) return place;
  }
  return parts[0] === 'args' ? 'argsJson' : key;
}
