import { type Form, listOf, textOf } from '../../platform/web/form.ts';
import type { ArgsField } from './args-fields.ts';

/** Every input of these arguments with its key and label, in the order of the page, those in rows included. */
export function inputsOf(fields: readonly ArgsField[], form: Form): { readonly key: string; readonly label: string }[] {
  return fields.flatMap((field) => {
    const own = { key: field.key, label: field.label };
    if (field.kind === 'group') return [own, ...inputsOf(field.fields, form)];
    if (field.kind !== 'rows' && field.kind !== 'map') return [own];
    const inner = listOf(form, field.key).flatMap((row, index) => {
      const place = `${field.label} ${index + 1}`;
      const inRow = inputsOf([field.kind === 'rows' ? field.itemAt(row) : field.valueAt(row)], form);
      const named = field.kind === 'map' ? [{ key: field.nameKey(row), label: 'Name' }] : [];
      return [...named, ...inRow].map(({ key, label }) => ({
        key,
        label: key === `${field.key}.${row}` ? place : `${place}, ${label}`,
      }));
    });
    return [own, ...inner];
  });
}

/** Whether something was given that differs from what stands there anyway, in the field or anywhere in it. */
export function isTouched(field: Pick<ArgsField, 'key' | 'kind'>, form: Form, usual: Form): boolean {
  // of a switch, no is something as well
  if (field.kind === 'switch') return (textOf(form, field.key) === 'on') !== (textOf(usual, field.key) === 'on');
  const keys = Object.keys(form).filter((name) => name === field.key || name.startsWith(`${field.key}.`));
  const text = (of: Form, name: string): string =>
    listOf(of, name)
      .filter((part) => part !== '')
      .join('\n');
  return keys.some((name) => text(form, name) !== '' && text(form, name) !== text(usual, name));
}
