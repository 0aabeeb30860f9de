/**
 * `npm run bench [-- --quick] [-- --json]`: what Muster does, as shares of what the machine can do at best, all measured in one run of
 * about two minutes (20 s with `--quick`). The exit code tells whether it could be measured, not whether it was fast.
 *
 * `npm run bench -- seed DIR` and `npm run bench -- pages DIR` are about the dashboard: a ledger of a large fleet, and its pages measured.
 */
const [command, ...rest] = process.argv.slice(2);

if (command === 'seed') {
  const { seedCommand } = await import('./seed/seed-command.ts');
  await seedCommand(rest);
} else if (command === 'pages') {
  const { pagesCommand } = await import('./pages/pages-command.ts');
  await pagesCommand(rest);
} else {
  const { measureCommand } = await import('./measure-command.ts');
  await measureCommand(process.argv.slice(2));
}
