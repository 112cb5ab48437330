import { strict as assert } from "node:assert";
import { test } from "node:test";
import { LogReading } from "../../../../manager/logs/log-reading.ts";
import type { LogTarget } from "../../../../manager/logs/log-targets.ts";
import type { NodeId, TaskId } from "../../../../shared/ids.ts";
import { systemClock } from "../../../../shared/ports/system-clock.ts";
import { testId } from "../../../support/objects.ts";

const target = (task: string): LogTarget => {
  return { taskId: testId<TaskId>(task), nodeId: testId<NodeId>("n1"), name: `web.${task}`, hostname: "n1" };
};

test("a tail counts for tasks there were when the reader came; of those that begin later every line is asked for", () => {
  const asked: string[] = [];
  let isInSession = false;
  let made = 0;
  using reading = new LogReading({
    options: { follow: true, tail: 0, sinceMs: 0 },
    clock: systemClock,
    createPublicationId: () => `p${++made}`,
    subscribe: (_nodeId, { taskIds, options, close }) => {
      if (close !== true && isInSession) asked.push(`${taskIds?.map((id) => id.slice(0, 2))} tail ${options?.tail}`);
      return isInSession;
    },
  });
  // The host of t1 can be asked only a second later: its old lines are still not wanted.
  reading.cover([target("t1")]);
  isInSession = true;
  reading.cover([target("t1"), target("t2")]);
  assert.deepEqual(asked, ["t1 tail 0", "t2 tail -1"]);
});
