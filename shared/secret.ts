/** A text that refuses to print itself: in a log, a template, JSON or an inspection it reads `[secret]`. */
export type Secret = {
  /** The text, for the one place that needs it. */
  reveal(): string;
  toString(): string;
  toJSON(): string;
};

const shown = '[secret]';
const show = (): string => shown;

export function secret(text: string): Secret {
  // the text lives in a closure, where no walk over properties finds it
  return Object.freeze({ reveal: () => text, toString: show, toJSON: show, [Symbol.for('nodejs.util.inspect.custom')]: show });
}
