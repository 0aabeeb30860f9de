/**
 * Jest reporter: hands the counts to scripts/test.ts, which prints them last.
 *
 * A process that does not exit by itself has something left open: after a grace it says what, fails and ends.
 */
import type { AggregatedResult } from '@jest/reporters';

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const exitGraceMs = 10_000;

export default class TestSummary {
  onRunComplete(_contexts: unknown, results: AggregatedResult): void {
    const counts: TestCounts = {
      passed: results.numPassedTests,
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: results.numPendingTests + results.numTodoTests,
    };
    process.send?.(counts);
    setTimeout(endStuckProcess, exitGraceMs).unref();
  }
}

function endStuckProcess(): void {
  console.error(`The tests are over, but something keeps the process open: ${process.getActiveResourcesInfo().join(', ')}`);
  process.exit(1);
}
