import { describe, expect, test } from '@jest/globals';
import { createMetrics } from './metrics.ts';

describe('metrics', () => {
  test('a counter counts per combination of labels, and one without labels begins at zero', () => {
    const metrics = createMetrics();
    const requests = metrics.counter('requests_total', 'Requests.', ['method', 'status']);
    metrics.counter('errors_total', 'Errors.');
    requests.add(1, 'GET', '200');
    requests.add(2, 'GET', '200');
    requests.add(1, 'GET', 'a"b\\c\n');
    expect(metrics.text()).toBe(
      [
        '# HELP requests_total Requests.',
        '# TYPE requests_total counter',
        'requests_total{method="GET",status="200"} 3',
        'requests_total{method="GET",status="a\\"b\\\\c\\n"} 1',
        '# HELP errors_total Errors.',
        '# TYPE errors_total counter',
        'errors_total 0',
        '',
      ].join('\n'),
    );
  });

  test('a gauge is read when somebody asks', () => {
    const metrics = createMetrics();
    let open = 1;
    metrics.gauge('open', 'Open.', () => open);
    metrics.gauges('agents', 'Agents.', ['status'], () => [[['Online'], 3]]);
    open = 2;
    expect(metrics.text()).toContain('open 2\n');
    expect(metrics.text()).toContain('agents{status="Online"} 3\n');
  });

  test('the buckets of a histogram hold all that is not above them', () => {
    const metrics = createMetrics();
    const seconds = metrics.histogram('seconds', 'Time.', [0.1, 1], ['path']);
    for (const value of [0.05, 0.1, 0.5, 7]) seconds.observe(value, '/a');
    expect(metrics.text().split('\n').slice(2, -1)).toEqual([
      'seconds_bucket{path="/a",le="0.1"} 2',
      'seconds_bucket{path="/a",le="1"} 3',
      'seconds_bucket{path="/a",le="+Inf"} 4',
      'seconds_sum{path="/a"} 7.65',
      'seconds_count{path="/a"} 4',
    ]);
  });

  test('a name is given once', () => {
    const metrics = createMetrics();
    metrics.counter('a', 'A.');
    expect(() => metrics.counter('a', 'A.')).toThrow('exists already');
  });
});
