import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SharedWork, type WorkContext } from "../../../../worker/images/shared-work.ts";

const NEVER = new AbortController().signal;
const quiet = (): void => {};

interface Gate {
  readonly context: WorkContext;
  readonly finish: (value: string) => void;
}

/** Work that waits to be finished by the test. */
function gates(): { readonly begun: Gate[]; readonly work: (context: WorkContext) => Promise<string> } {
  const begun: Gate[] = [];
  return {
    begun,
    work: (context) =>
      new Promise((resolve, reject) => {
        begun.push({ context, finish: resolve });
        context.signal.addEventListener("abort", () => reject(context.signal.reason), { once: true });
      }),
  };
}
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("shared work", () => {
  it("is done once for all who ask meanwhile, and again for who asks later", async () => {
    const shared = new SharedWork<string>(2);
    const { begun, work } = gates();
    const heard: string[] = [];
    const both = Promise.all([
      shared.join("nginx", NEVER, (message) => heard.push(`a ${message}`), work),
      shared.join("nginx", NEVER, (message) => heard.push(`b ${message}`), work),
    ]);
    await turn();
    begun[0]?.context.report("half");
    const late = shared.join("nginx", NEVER, (message) => heard.push(`c ${message}`), work);
    begun[0]?.finish("done");
    assert.deepEqual([...(await both), await late], ["done", "done", "done"]);
    assert.deepEqual(heard, ["a half", "b half", "c half"]);
    assert.equal(begun.length, 1);
    const again = shared.join("nginx", NEVER, quiet, work);
    await turn();
    begun[1]?.finish("anew");
    assert.equal(await again, "anew");
  });

  it("goes on when one of two leaves, and stops when the last one leaves", async () => {
    const shared = new SharedWork<string>(1);
    const { begun, work } = gates();
    const [first, second] = [new AbortController(), new AbortController()];
    const joined = [first, second].map(({ signal }) => shared.join("x", signal, quiet, work));
    await turn();
    first.abort();
    await assert.rejects(joined[0] ?? turn(), /x: cancelled/);
    assert.equal(begun[0]?.context.signal.aborted, false);
    second.abort();
    await assert.rejects(joined[1] ?? turn(), /x: cancelled/);
    assert.equal(begun[0]?.context.signal.aborted, true);
  });

  it("does no more than so many at once, in order", async () => {
    const shared = new SharedWork<string>(2);
    const { begun, work } = gates();
    const all = ["a", "b", "c"].map((name) => shared.join(name, NEVER, quiet, work));
    await turn();
    assert.equal(begun.length, 2);
    begun[0]?.finish("a");
    await all[0];
    await turn();
    assert.equal(begun.length, 3);
    begun[1]?.finish("b");
    begun[2]?.finish("c");
    assert.deepEqual(await Promise.all(all), ["a", "b", "c"]);
  });

  it("passes a failure to all, and forgets it", async () => {
    const shared = new SharedWork<string>(1);
    const fail = async (): Promise<string> => {
      throw new Error("no");
    };
    await Promise.all([1, 2].map(() => assert.rejects(shared.join("x", NEVER, quiet, fail), /no/)));
    assert.equal(await shared.join("x", NEVER, quiet, async () => "yes"), "yes");
  });
});
