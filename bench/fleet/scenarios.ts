import type { Scenario } from './scenario.ts';
import { allScenario } from './scenarios/all.ts';
import { dashboardsScenario } from './scenarios/dashboards.ts';
import { heartbeatsScenario } from './scenarios/heartbeats.ts';
import { historyScenario } from './scenarios/history.ts';
import { joiningScenario } from './scenarios/joining.ts';
import { latencyScenario } from './scenarios/latency.ts';
import { logFloodScenario } from './scenarios/log-flood.ts';
import { schedulesScenario } from './scenarios/schedules.ts';
import { throughputScenario } from './scenarios/throughput.ts';

/** In the order in which they are described. */
export const scenarios: readonly Scenario[] = [
  joiningScenario,
  heartbeatsScenario,
  allScenario,
  throughputScenario,
  latencyScenario,
  logFloodScenario,
  historyScenario,
  schedulesScenario,
  dashboardsScenario,
];
