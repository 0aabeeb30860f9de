/**
 * `npm run bench [-- --quick] [-- --json]`: what Muster does, as shares of what the machine can do at best, all measured in one run of
 * about two minutes (20 s with `--quick`). The exit code tells whether it could be measured, not whether it was fast.
 *
 * `npm run bench -- seed DIR`, `npm run bench -- pages DIR` and `npm run bench -- run-page` are about the dashboard: a ledger of a large
 * fleet, its pages measured, and the page of a run on ten thousand hosts in a real browser.
 *
 * `npm run bench -- fleet SCENARIO` is about many agents: thousands of simulated ones, and what the server makes of them.
 */
const [command, ...rest] = process.argv.slice(2);

if (command === 'seed') {
  const { seedCommand } = await import('./seed/seed-command.ts');
  await seedCommand(rest);
} else if (command === 'pages') {
  const { pagesCommand } = await import('./pages/pages-command.ts');
  await pagesCommand(rest);
} else if (command === 'run-page') {
  const { runPageCommand } = await import('./run-page/run-page-command.ts');
  await runPageCommand(rest);
} else if (command === 'fleet') {
  const { fleetCommand } = await import('./fleet/fleet-command.ts');
  await fleetCommand(rest);
} else {
  const { measureCommand } = await import('./measure-command.ts');
  await measureCommand(process.argv.slice(2));
}
