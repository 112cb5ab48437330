import { SwarmError } from "../../shared/errors.ts";
import { mustHave } from "../../shared/invariant.ts";
import type { WaitContainerRequest } from "../../shared/rpc/gen/containers.ts";
import { type Answer, lateJson } from "../answer.ts";
import type { Call } from "../route.ts";
import { placeOf } from "./place.ts";

const CONDITIONS: ReadonlyMap<string, WaitContainerRequest["condition"]> = new Map([
  ["", "NOT_RUNNING"],
  ["not-running", "NOT_RUNNING"],
  ["next-exit", "NEXT_EXIT"],
  ["removed", "REMOVED"],
]);

/**
 * Waits for an end. The headers come once the container is looked at: clients start it when they have them, and the
 * answer must not miss a run of a millisecond.
 */
export async function wait(call: Call): Promise<Answer> {
  const condition = CONDITIONS.get(call.query.text("condition"));
  if (condition === undefined) {
    const given = JSON.stringify(call.query.text("condition").slice(0, 100));
    throw new SwarmError("invalidArgument", `invalid condition: ${given}: expected not-running, next-exit or removed`);
  }
  const { engine, ref } = await placeOf(call);
  const messages = engine.containers.watchEnd({ ref, condition }, { signal: call.signal })[Symbol.asyncIterator]();
  const first = await messages.next();
  mustHave(first.done === true ? null : first.value.watching, "the word that a container is looked at");
  return lateJson(async () => {
    const last = await messages.next();
    const end = mustHave(last.done === true ? null : last.value.end, "the end of a container");
    return { StatusCode: end.exitCode };
  });
}
