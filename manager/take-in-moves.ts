import { type LoopDeps, takeStepsInSlices } from "./control-loop.ts";
import { MovingTasks } from "./tasks/leaving.ts";

/**
 * Which tasks move, as a loop begins to follow them: all that is there is taken in, in slices. From then on the loop
 * itself notes what changes; only a resync is seen to here, as long as the result is not disposed.
 */
export async function takeInMoves(
  { store, clock }: Pick<LoopDeps, "store" | "clock">,
  label: string,
  signal: AbortSignal,
): Promise<{ readonly moving: MovingTasks } & Disposable> {
  const moving = new MovingTasks();
  using _meanwhile = store.subscribe(({ changes }) => {
    for (const change of changes) moving.note(change);
  });
  const resyncs = store.subscribe(({ resync }) => {
    if (resync) moving.rebuild(store.view());
  });
  await takeStepsInSlices(
    moving.fill(() => store.view()),
    { clock, label },
    signal,
  );
  return { moving, [Symbol.dispose]: () => resyncs[Symbol.dispose]() };
}
