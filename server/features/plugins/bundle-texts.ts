/** The texts of bundles on their way to many agents at once: each is read from the database once, the newest few stay in memory. */
export type BundleTexts = { of(sha256: string): Promise<Buffer | undefined> };

const maxBytes = 64 * 1024 * 1024;

export function createBundleTexts(load: (sha256: string) => Promise<string | undefined>): BundleTexts {
  const texts = new Map<string, Promise<Buffer | undefined>>();
  const sizes = new Map<string, number>();

  function forget(sha256: string): void {
    texts.delete(sha256);
    sizes.delete(sha256);
  }

  function makeRoom(): void {
    let total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    for (const [sha256, size] of sizes) {
      if (total <= maxBytes) return;
      forget(sha256);
      total -= size;
    }
  }

  async function read(sha256: string): Promise<Buffer | undefined> {
    try {
      const text = await load(sha256);
      if (text === undefined) {
        forget(sha256);
        return undefined;
      }
      const bytes = Buffer.from(text);
      sizes.set(sha256, bytes.length);
      makeRoom();
      return bytes;
    } catch (error) {
      forget(sha256);
      throw error;
    }
  }

  return {
    of(sha256) {
      const text = texts.get(sha256) ?? read(sha256);
      texts.set(sha256, text);
      return text;
    },
  };
}
