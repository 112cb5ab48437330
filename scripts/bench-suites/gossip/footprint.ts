import { fork } from "node:child_process";
import { join } from "node:path";
import { type Figure, figure } from "../figure.ts";
import type { Footprint } from "./lone-member.ts";

/** Known to one process when its memory is measured, and when its processor time is. */
const MEMBERS_FOR_MEMORY = 10_000;
const MEMBERS_FOR_CPU = 1_000;
const MEMBER_BYTES_MAX = 2_048;
/** Of one processor, at rest. */
const CPU_PERCENT_MAX = 2;

/** What knowing a large cluster costs one process: a real member whose peers are all played by one other process. */
export async function measureFootprint(): Promise<readonly Figure[]> {
  const large = await run(MEMBERS_FOR_MEMORY);
  const usual = await run(MEMBERS_FOR_CPU);
  return [
    figure(`memory a member known, of ${MEMBERS_FOR_MEMORY}`, "B", MEMBER_BYTES_MAX, [large.bytesPerMember]),
    figure(`processor time of one, at rest among ${MEMBERS_FOR_CPU} (real sockets)`, "%", CPU_PERCENT_MAX, [
      usual.cpuPercent,
    ]),
    figure(`processor time of one, at rest among ${MEMBERS_FOR_MEMORY} (real sockets)`, "%", CPU_PERCENT_MAX, [
      large.cpuPercent,
    ]),
  ];
}

function run(members: number): Promise<Footprint> {
  const crowd = fork(join(import.meta.dirname, "crowd.ts"), [String(members)]);
  const lone = fork(join(import.meta.dirname, "lone-member.ts"), [String(members)], { execArgv: ["--expose-gc"] });
  return new Promise<Footprint>((resolve, reject) => {
    lone.once("message", (footprint: Footprint) => resolve(footprint));
    lone.once("exit", () => reject(new Error("the measured member ended")));
    crowd.once("exit", () => reject(new Error("the crowd ended")));
  }).finally(() => {
    crowd.kill();
    lone.kill();
  });
}
