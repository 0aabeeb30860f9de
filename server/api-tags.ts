/** How the API document groups its routes, and what each group is about. */
export const apiTags = {
  tasks: 'What is to be done, where, when and how carefully.',
  runs: 'One firing of a task: its hosts frozen, its results together.',
  executions: 'One run on one host: its state and why, its attempts, its log.',
  agents: 'The hosts: status, metrics, facts, tags.',
  owners: 'What an owner or a target expression reaches.',
  plugins: 'Kinds of work, in versions, as the agents hold them.',
  secrets: 'Values that tasks name and nobody can read.',
  search: 'Everything that has a name or an id.',
  users: 'People who sign in to the dashboard.',
  tokens: 'API tokens, each scoped to a role.',
  'join-tokens': 'Tokens that hosts join with.',
  audit: 'Who did what.',
  downloads: 'Executables of the agent, and the installers that bring them to hosts.',
  events: 'What happens, as a stream.',
  agent: 'What agents themselves call.',
  operations: 'For those who watch over the server.',
} as const;
