type Parse = (text: string) => unknown;
export type TypeParsers = { getTypeParser(oid: number, format?: string): Parse };

/**
 * How the texts that PostgreSQL sends become values. Numbers that JavaScript cannot hold stay text; a time is ISO 8601 with all the digits it
 * has; the rest is as the driver has it.
 */
export function postgresParser(own: TypeParsers): (oid: number, format?: string) => Parse {
  const texts = own.getTypeParser(oids.texts);
  const listOf =
    (parse: Parse): Parse =>
    (text) =>
      nested(texts(text), parse);
  const parsers: Readonly<Record<number, Parse>> = {
    20: wholeNumber,
    1016: listOf(wholeNumber),
    1082: asItIs,
    1182: listOf(asItIs),
    1083: asItIs,
    1114: isoTime,
    1115: listOf(isoTime),
    1184: isoTime,
    1185: listOf(isoTime),
    1186: asItIs,
    1187: listOf(asItIs),
    1700: asItIs,
    1231: listOf(asItIs),
    600: asItIs,
    718: asItIs,
  }; // biome-ignore format: a table
  return (oid, format) =>
    format === 'binary' ? own.getTypeParser(oid, format) : (parsers[oid] ?? own.getTypeParser(oid, format));
}

const oids = { texts: 1009 } as const;

const asItIs: Parse = (text) => text;
const wholeNumber: Parse = (text) => (Number.isSafeInteger(Number(text)) ? Number(text) : text);
/** `2026-01-05 12:00:00.5+00` in the session's UTC; `infinity` stays */
const isoTime: Parse = (text) =>
  text.replace(/^(\d+-\d\d-\d\d) (\S+?)(\+00)?$/, (_, date, time, zone) => `${date}T${time}${zone ? 'Z' : ''}`);

const nested = (value: unknown, parse: Parse): unknown =>
  Array.isArray(value) ? value.map((one) => nested(one, parse)) : typeof value === 'string' ? parse(value) : value;
