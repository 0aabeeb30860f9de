export type SavedViewsTable = {
  id: string;
  /** whose filters they are: `executions` */
  list: string;
  name: string;
  /** of the URL, without the question mark */
  query: string;
  /** name of the actor who saved it */
  owner: string;
  /** 0 or 1: everybody sees it */
  shared: number;
  created_at: number;
};
