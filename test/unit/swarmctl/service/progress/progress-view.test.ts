import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ServiceProgress, SlotProgress } from "../../../../../shared/rpc/gen/control.ts";
import type { Output } from "../../../../../swarmctl/cli.ts";
import { createView } from "../../../../../swarmctl/service/progress/progress-view.ts";

const PREPARING: SlotProgress = {
  ...{ name: "1", state: "PREPARING", error: "", errorIsEarlier: false, running: false, over: false, endedTasks: [] },
  message: "pulling shop:2: 45 %, 13 of 30 MB",
};
const progress = (slot: Partial<SlotProgress>): ServiceProgress =>
  ({
    ...{ name: "web", running: 0, wanted: 1, global: false, slots: [{ ...PREPARING, ...slot }] },
    ...{ updateStatus: null, troubles: [], waiting: "", job: false, completed: 0 },
  }) as unknown as ServiceProgress;

describe("the progress of a service whose image is being pulled", () => {
  const shown = (isTerminal: boolean, ...steps: readonly Partial<SlotProgress>[]): readonly string[] => {
    const lines: string[] = [];
    const redraw = (_drawn: number, now: readonly string[]): void => void lines.splice(0, lines.length, ...now);
    const output = { isTerminal, columns: 100, line: (line: string) => lines.push(line), redraw } as unknown as Output;
    const view = createView(output, false);
    for (const step of steps) view.show(progress(step));
    return lines;
  };

  it("tells a person bytes and percent in place of a bar", () => {
    const [, line = ""] = shown(true, {});
    assert.match(line, /preparing {1,2}pulling shop:2: 45 %, 13 of 30 MB/);
    assert.match(shown(true, { message: "" })[1] ?? "", /preparing \[=+>/);
  });

  it("says once in a log that it is under way", () => {
    const lines = shown(false, {}, { message: "pulling shop:2: 90 %, 27 of 30 MB" });
    assert.equal(lines.filter((line) => line.includes("pulling")).length, 1);
  });
});

it("a log says nothing of slots in which nothing was made yet", () => {
  const lines: string[] = [];
  const output = { isTerminal: false, line: (line: string) => lines.push(line) } as unknown as Output;
  const view = createView(output, false);
  view.show(progress({ state: "NEW", message: "" }));
  view.show(progress({ state: "RUNNING", message: "" }));
  view.show(progress({ state: "NEW", message: "" }));
  assert.deepEqual(lines, ["overall progress: 0 out of 1 tasks", "web.1: running", "web.1: new"]);
});

it("the reason why the task before failed is not taken for that of the one that takes its place", () => {
  const lines: string[] = [];
  const output = { isTerminal: false, line: (line: string) => lines.push(line) } as unknown as Output;
  const view = createView(output, false);
  view.show(progress({ state: "ASSIGNED", message: "", error: "task: non-zero exit (1)", errorIsEarlier: true }));
  view.show(progress({ state: "PENDING", message: "", error: "no suitable node" }));
  assert.deepEqual(
    lines.filter((line) => line.startsWith("web.1")),
    ["web.1: assigned: the task before failed: task: non-zero exit (1)", "web.1: pending: no suitable node"],
  );
});
