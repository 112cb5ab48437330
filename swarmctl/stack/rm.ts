import { SwarmError } from "../../shared/errors.ts";
import { isKeptByUsers } from "../../shared/network-users.ts";
import { isFinal } from "../../shared/objects/task-state.ts";
import { sleep } from "../../shared/ports/clock.ts";
import type { Service } from "../../shared/rpc/gen/objects.ts";
import type { Cli, Run } from "../cli.ts";
import { contentCalls } from "../content/calls.ts";
import { forEach } from "../names.ts";
import { checkStackName, nothingFound, serviceName, stackFilter, stackServices } from "./names.ts";
import type { STACK_RM_OPTIONS } from "./options.ts";

/** How often it is looked whether tasks have ended: what a person does not notice as waiting. */
const LOOK_MS = 200;
/** A task may take its whole grace period to stop, and people who gave it a long one know that they did. */
const END_MS_MAX = 10 * 60_000;

export const run: Run<typeof STACK_RM_OPTIONS> = (cli, args, flags) =>
  forEach(args, (stack) => removeStack(cli, checkStackName(stack), flags.is("detach")));

interface Named {
  readonly id: string;
  readonly name: string;
}

/**
 * Services first, because secrets and networks cannot go while something uses them; networks last, when no task has an
 * address on them any more: whoever deploys the stack again right after this finds nothing of it in the way.
 */
async function removeStack(cli: Cli, stack: string, isDetached: boolean): Promise<void> {
  const control = await cli.api.control();
  const options = { signal: cli.signal };
  const services = (await stackServices(cli, stack)).flatMap(({ service }) => (service === null ? [] : [service]));
  const [secrets, configs] = await Promise.all(
    (["secret", "config"] as const).map(async (kind) => (await contentCalls(cli, kind)).list(stackFilter(stack))),
  );
  const { networks } = await control.listNetworks(stackFilter(stack), options);
  const named = ({ id, spec }: { id: string; spec: { annotations: { name: string } | null } | null }): Named => ({
    id,
    name: spec?.annotations?.name ?? id,
  });
  if (services.length + (secrets?.length ?? 0) + (configs?.length ?? 0) + networks.length === 0)
    throw nothingFound(stack);
  const remove = async (noun: string, { name }: Named, call: () => Promise<unknown>): Promise<void> => {
    cli.output.line(`Removing ${noun} ${name}`);
    await unlessGone(call);
  };
  for (const service of services) {
    await remove("service", { id: service.id, name: serviceName(service) }, () =>
      control.removeService({ ref: service.id }, options),
    );
  }
  for (const each of (secrets ?? []).map(named))
    await remove("secret", each, () => control.removeSecret({ ref: each.id }, options));
  for (const each of (configs ?? []).map(named))
    await remove("config", each, () => control.removeConfig({ ref: each.id }, options));
  if (!isDetached) await tasksEnded(cli, services, stack);
  for (const each of networks.map(named)) {
    await remove("network", each, async () => {
      try {
        await removeNetwork(cli, each.id, isDetached);
      } catch (error) {
        if (!isDetached || !isInUse(error)) throw error;
        cli.output.warn(`Warning: ${error.message}: \`swarmctl stack rm ${stack}\` removes it then`);
      }
    });
  }
}

const isInUse = (error: unknown): error is SwarmError =>
  error instanceof SwarmError && error.code === "failedPrecondition";

/** Tries again while tasks still end; who does not end without people is not waited for. */
export async function removeNetwork(cli: Cli, id: string, isOnce: boolean): Promise<void> {
  const control = await cli.api.control();
  const untilMs = cli.clock.now() + END_MS_MAX;
  for (;;) {
    try {
      await control.removeNetwork({ ref: id }, { signal: cli.signal });
      return;
    } catch (error) {
      if (isOnce || !isInUse(error) || cli.clock.now() >= untilMs) throw error;
      const { services } = await control.listServices({}, { signal: cli.signal });
      const { guests } = await control.getNetwork({ ref: id }, { signal: cli.signal });
      if (isKeptByUsers(id, services, guests)) throw error;
    }
    await sleep(cli.clock, LOOK_MS, "stack rm: network", cli.signal);
  }
}

/** Somebody else, or we in an earlier try, may have removed it already. */
export async function unlessGone(call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (!(error instanceof SwarmError) || error.code !== "notFound") throw error;
  }
}

/** @throws SwarmError deadlineExceeded naming a task that does not end. */
async function tasksEnded(cli: Cli, services: readonly Service[], stack: string): Promise<void> {
  if (services.length === 0) return;
  const control = await cli.api.control();
  const untilMs = cli.clock.now() + END_MS_MAX;
  const ids = new Set(services.map(({ id }) => id));
  for (;;) {
    // Not by service: managers do not know the removed ones any more.
    const { tasks } = await control.listTasks({ namePrefixes: services.map(serviceName) }, { signal: cli.signal });
    const left = tasks.filter(({ serviceId, status }) => ids.has(serviceId) && !isFinal(status?.state ?? "NEW"));
    const [first] = left;
    if (first === undefined) return;
    if (cli.clock.now() >= untilMs) {
      throw new SwarmError(
        "deadlineExceeded",
        `${left.length} tasks of stack ${stack} have not ended, ${first.id} of service ` +
          `${first.serviceAnnotations?.name ?? first.serviceId} among them: its networks are left`,
      );
    }
    await sleep(cli.clock, LOOK_MS, "stack rm: tasks end", cli.signal);
  }
}
