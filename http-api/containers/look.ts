import { toDockerContainer } from "../../shared/docker-shape/container.ts";
import { toContainerSizes } from "../../shared/docker-shape/container-sizes.ts";
import { SwarmError } from "../../shared/errors.ts";
import { mustHave } from "../../shared/invariant.ts";
import { meansTask } from "../../shared/objects/container-id.ts";
import type { ContainerSummary } from "../../shared/rpc/gen/containers.ts";
import type { FileChange } from "../../shared/rpc/gen/streams.ts";
import { type Answer, json } from "../answer.ts";
import { execBook } from "../exec/exec-book.ts";
import { type Call, param } from "../route.ts";
import { imageSizes } from "./list.ts";
import { placeOf } from "./place.ts";

const KINDS = { CHANGED: 0, ADDED: 1, DELETED: 2 } as const satisfies Readonly<Record<FileChange["kind"], number>>;

export async function inspect(call: Call): Promise<Answer> {
  const { engine, ref } = await placeOf(call);
  const sizes = call.query.flag("size");
  const answer = await engine.containers.inspect({ ref, sizes }, { signal: call.signal });
  const container = mustHave(answer.container, "the container of an answer");
  refuseTask(param(call, "id"), mustHave(container.summary, "the summary of a container"));
  const execs = execBook(call.backend).runningIn(container.summary?.id ?? "");
  const shown = { ...toDockerContainer(container), ExecIDs: execs.length === 0 ? null : execs };
  if (!sizes) return json(shown);
  const summary = mustHave(container.summary, "the summary of a container");
  return json({ ...shown, SizeRw: 0, ...toContainerSizes(summary, await imageSizes(call)) });
}

/** `docker inspect ID` asks for a container first, and for a task if there is none. @throws SwarmError notFound */
function refuseTask(ref: string, summary: Pick<ContainerSummary, "id" | "taskId">): void {
  if (meansTask(ref, summary)) throw new SwarmError("notFound", `No such container: ${ref}`);
}

export async function top(call: Call): Promise<Answer> {
  const { engine, ref } = await placeOf(call);
  const psOptions = call.query
    .text("ps_args")
    .split(/\s+/)
    .filter((word) => word !== "");
  const { titles, processes } = await engine.streams.top({ container: ref, psOptions }, { signal: call.signal });
  return json({ Processes: processes.map(({ fields }) => fields), Titles: titles });
}

export async function changes(call: Call): Promise<Answer> {
  const { engine, ref } = await placeOf(call);
  const { changes: found } = await engine.streams.diff({ container: ref }, { signal: call.signal });
  return json(found.length === 0 ? null : found.map(({ path, kind }) => ({ Path: path, Kind: KINDS[kind] })));
}
