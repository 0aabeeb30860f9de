/** Counters, gauges and histograms of this process in the text format of Prometheus. */
export type Metrics = {
  /** Only ever rises. `add` names the values of the labels in their order. */
  counter(name: string, help: string, labels?: readonly string[]): { add(by: number, ...values: readonly string[]): void };
  /** Read when somebody asks: a number, or one per combination of label values. */
  gauge(name: string, help: string, read: () => number): void;
  gauges(
    name: string,
    help: string,
    labels: readonly string[],
    read: () => Iterable<readonly [values: readonly string[], value: number]>,
  ): void;
  histogram(
    name: string,
    help: string,
    buckets: readonly number[],
    labels?: readonly string[],
  ): { observe(value: number, ...values: readonly string[]): void };
  text(): string;
};

export const metricsType = 'text/plain; version=0.0.4; charset=utf-8';

/** Labels must come from a bounded set (a declared path, never a URL): every combination is kept for good. */
export function createMetrics(): Metrics {
  const families = new Map<string, () => string>();

  function add(name: string, help: string, type: 'counter' | 'gauge' | 'histogram', lines: () => Iterable<string>): void {
    if (families.has(name)) throw new Error(`the metric ${name} exists already`);
    families.set(name, () => [`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`, ...lines()].join('\n'));
  }

  return {
    counter(name, help, labels = []) {
      const series = createSeries(() => ({ value: 0 }));
      add(name, help, 'counter', () =>
        series.entries().map(([values, { value }]) => `${name}${labelText(labels, values)} ${value}`),
      );
      if (labels.length === 0) series.of([]);
      return {
        add(by, ...values) {
          series.of(values).value += by;
        },
      };
    },
    gauge(name, help, read) {
      add(name, help, 'gauge', () => [`${name} ${read()}`]);
    },
    gauges(name, help, labels, read) {
      add(name, help, 'gauge', () => [...read()].map(([values, value]) => `${name}${labelText(labels, values)} ${value}`));
    },
    histogram(name, help, buckets, labels = []) {
      const series = createSeries(() => ({ counts: buckets.map(() => 0), count: 0, sum: 0 }));
      add(name, help, 'histogram', () =>
        series
          .entries()
          .flatMap(([values, { counts, count, sum }]) => [
            ...buckets.map(
              (bound, i) => `${name}_bucket${labelText([...labels, 'le'], [...values, String(bound)])} ${counts[i]}`,
            ),
            `${name}_bucket${labelText([...labels, 'le'], [...values, '+Inf'])} ${count}`,
            `${name}_sum${labelText(labels, values)} ${sum}`,
            `${name}_count${labelText(labels, values)} ${count}`,
          ]),
      );
      return {
        observe(value, ...values) {
          const one = series.of(values);
          one.count += 1;
          one.sum += value;
          for (let i = buckets.length - 1; i >= 0 && value <= (buckets[i] ?? 0); i -= 1) one.counts[i] = (one.counts[i] ?? 0) + 1;
        },
      };
    },
    text: () => `${[...families.values()].map((family) => family()).join('\n')}\n`,
  };
}

/** One value per combination of label values. */
function createSeries<T>(fresh: () => T) {
  const values = new Map<string, { readonly labels: readonly string[]; readonly value: T }>();
  return {
    of(labels: readonly string[]): T {
      const key = labels.join('\0');
      const known = values.get(key);
      if (known !== undefined) return known.value;
      const value = fresh();
      values.set(key, { labels, value });
      return value;
    },
    entries: () => [...values.values()].map(({ labels, value }) => [labels, value] as const),
  };
}

function labelText(names: readonly string[], values: readonly string[]): string {
  if (names.length === 0) return '';
  return `{${names.map((name, i) => `${name}="${(values[i] ?? '').replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`))}"`).join(',')}}`;
}

const escapeHelp = (help: string): string => help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
