import { BATCH_IN_FLIGHT_MAX } from "./limits.ts";
import type { Store, WriteTx } from "./store-types.ts";

/**
 * Applies `change` to many items, in as many transactions as the limits require, a few of them in flight at once. Not
 * atomic: a failure leaves the items before it changed. Each `change` must read its object again, since others may
 * write between two transactions, and may write at most 50 objects.
 * @throws what Store.update throws; by then nothing more is started, and what was started has settled.
 */
export async function batch<Item>(
  store: Store,
  label: string,
  items: Iterable<Item>,
  change: (tx: WriteTx, item: Item) => void,
): Promise<void> {
  const rest = [...items];
  const started: Promise<void>[] = [];
  try {
    for (let next = 0; next < rest.length; ) {
      const ran = Promise.withResolvers<number>();
      const update = store.update(label, (tx) => ran.resolve(changeUntilFull(tx, rest, next, change)));
      update.catch(() => {});
      started.push(update);
      // The next transaction continues after this one as soon as this one has run, committed or not.
      next = await Promise.race([ran.promise, update.then(() => ran.promise)]);
      if (started.length >= BATCH_IN_FLIGHT_MAX) await started.shift();
    }
  } finally {
    await Promise.allSettled(started);
  }
  await Promise.all(started);
}

/** Returns the position of the first item that was left for another transaction. */
function changeUntilFull<Item>(
  tx: WriteTx,
  items: readonly Item[],
  from: number,
  change: (tx: WriteTx, item: Item) => void,
): number {
  let at = from;
  for (; at < items.length && !tx.isFull; at++) change(tx, items[at] as Item);
  return at;
}
