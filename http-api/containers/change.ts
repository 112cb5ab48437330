import { fromDockerUpdate } from "../../shared/docker-shape/container-request.ts";
import { SwarmError } from "../../shared/errors.ts";
import { parseInstant } from "../../shared/run-text/instant.ts";
import { type Answer, empty, json } from "../answer.ts";
import { requireJson } from "../body.ts";
import { checkFilters } from "../query.ts";
import { type Call, param } from "../route.ts";
import { containersHere } from "./place.ts";

const NOT_MODIFIED = 304;
const MS_PER_SECOND = 1_000;
/** A stop that may wait for ever, or a run of a grace period of days, ends when it ends. */
const STOP_TIMEOUT_MS = 2 ** 31 - 1;
/** Its image is mounted, its network made. */
const START_TIMEOUT_MS = 130_000;

export async function start(call: Call): Promise<Answer> {
  const options = { signal: call.signal, timeoutMs: START_TIMEOUT_MS };
  const { wasSo } = await containersHere(call).start({ ref: param(call, "id") }, options);
  return empty(wasSo ? NOT_MODIFIED : 204);
}

export async function stop(call: Call): Promise<Answer> {
  const { wasSo } = await containersHere(call).stop(howToStop(call), stopOptions(call));
  return empty(wasSo ? NOT_MODIFIED : 204);
}

export async function restart(call: Call): Promise<Answer> {
  await containersHere(call).restart(howToStop(call), stopOptions(call));
  return empty();
}

export async function kill(call: Call): Promise<Answer> {
  const { query, signal } = call;
  await containersHere(call).kill({ ref: param(call, "id"), signal: query.text("signal") }, { signal });
  return empty();
}

export async function pause(call: Call): Promise<Answer> {
  await containersHere(call).pause({ ref: param(call, "id") }, { signal: call.signal });
  return empty();
}

export async function unpause(call: Call): Promise<Answer> {
  await containersHere(call).unpause({ ref: param(call, "id") }, { signal: call.signal });
  return empty();
}

export async function rename(call: Call): Promise<Answer> {
  const name = call.query.text("name").replace(/^\//, "");
  if (name === "") throw new SwarmError("invalidArgument", "Neither old nor new names may be empty");
  await containersHere(call).rename({ ref: param(call, "id"), name }, { signal: call.signal });
  return empty();
}

export async function update(call: Call): Promise<Answer> {
  const change = fromDockerUpdate(await requireJson(call.body), param(call, "id"));
  const { warnings } = await containersHere(call).update(change, { signal: call.signal });
  return json({ Warnings: warnings.length === 0 ? null : warnings });
}

export async function remove(call: Call): Promise<Answer> {
  const { query, signal } = call;
  if (query.flag("link")) {
    throw new SwarmError("invalidArgument", "a link is named CONTAINER/ALIAS: this names a container");
  }
  const how = { ref: param(call, "id"), force: query.flag("force"), volumes: query.flag("v") };
  await containersHere(call).remove(how, { signal, timeoutMs: START_TIMEOUT_MS });
  return empty();
}

/** `DELETE /containers/NAME/ALIAS?link=1`: what the container calls another one; both stay. */
export async function unlink(call: Call): Promise<Answer> {
  const [ref, alias] = [param(call, "id"), param(call, "alias")];
  if (!call.query.flag("link")) throw new SwarmError("notFound", `No such container: ${ref}/${alias}`);
  await containersHere(call).unlink({ ref, alias }, { signal: call.signal });
  return empty();
}

export async function prune(call: Call): Promise<Answer> {
  const filters = call.query.filters();
  checkFilters(filters, ["until", "label", "label!"]);
  const [until, ...more] = filters.get("until") ?? [];
  if (more.length > 0) throw new SwarmError("invalidArgument", "more than one until filter specified");
  const request = {
    untilMs: until === undefined ? 0 : parseInstant(until, call.clock.wallNow(), "until"),
    labels: filters.get("label") ?? [],
    withoutLabels: filters.get("label!") ?? [],
  };
  const { ids, bytes } = await containersHere(call).prune(request, { signal: call.signal });
  return json({ ContainersDeleted: ids.length === 0 ? null : ids, SpaceReclaimed: bytes });
}

function howToStop(call: Call): { readonly ref: string; readonly signal: string; readonly graceMs?: number } {
  const { query } = call;
  const asked = { ref: param(call, "id"), signal: query.text("signal") };
  return query.text("t") === "" ? asked : { ...asked, graceMs: query.whole("t", 0) * MS_PER_SECOND };
}

function stopOptions({ signal }: Call): { readonly signal: AbortSignal; readonly timeoutMs: number } {
  return { signal, timeoutMs: STOP_TIMEOUT_MS };
}
