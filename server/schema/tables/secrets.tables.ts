/** The value of `sealed` is opened by the master key whose id is `key_id`, and by nothing in the database. */
export type SecretsTable = {
  name: string;
  key_id: string;
  /** base64 */
  nonce: string;
  /** AES-256-GCM, the tag at its end, base64 */
  sealed: string;
  updated_at: number;
  updated_by: string;
  last_used_at: number | null;
};

/** Tasks that can fire again and name a secret. */
export type SecretUsesTable = { secret: string; task_id: string; task_name: string };
