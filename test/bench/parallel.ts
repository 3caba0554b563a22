/** Requests that are on their way at a time. */
const WIDTH = 32;

/** Does the work for every name, 32 at a time; rejects with the first failure. */
export async function inParallel(names: readonly string[], work: (name: string) => Promise<void>): Promise<void> {
  const rest = names.values();
  const worker = async (): Promise<void> => {
    for (const name of rest) await work(name);
  };
  await Promise.all(Array.from({ length: WIDTH }, worker));
}
