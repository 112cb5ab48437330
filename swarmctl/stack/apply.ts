import { SwarmError } from "../../shared/errors.ts";
import { mustHave } from "../../shared/invariant.ts";
import type { ContentKind } from "../../shared/objects/file-reference.ts";
import type { Labels } from "../../shared/objects/labels.ts";
import { sleep } from "../../shared/ports/clock.ts";
import type { Service, ServiceSpec } from "../../shared/rpc/gen/objects.ts";
import type { Cli } from "../cli.ts";
import { contentCalls } from "../content/calls.ts";
import { isSame } from "../same.ts";
import { againIfOutrun } from "../write-again.ts";
import type { CheckedService } from "./check-services.ts";
import type { Journal } from "./journal.ts";
import { inStack, serviceName } from "./names.ts";
import { stepName } from "./plan.ts";
import { type ContentStep, nameOf } from "./plan-contents.ts";
import { type NetworkStep, networkName } from "./plan-networks.ts";
import { removeNetwork, unlessGone } from "./rm.ts";

// One step of a deployment each: it says what it does, does it, and writes down how to undo it.

/** How long an update may take to be over, so that nothing can go back to what is to be removed. */
const UNUSED_MS_MAX = 5 * 60_000;
const LOOK_MS = 500;
/** A large spec on a busy cluster. */
const WRITE_TIMEOUT_MS = 60_000;

export async function applyNetwork(cli: Cli, step: NetworkStep, journal: Journal): Promise<void> {
  if (step.action !== "create" && step.warning !== null) cli.output.warn(`Warning: ${step.warning}`);
  if (step.action === "keep") return;
  const control = await cli.api.control();
  const options = { signal: cli.signal };
  if (step.action === "create") {
    const name = networkName({ id: "", spec: step.spec });
    cli.output.line(`Creating network ${name}`);
    const { network } = await control.createNetwork({ spec: step.spec }, options);
    const { id } = mustHave(network, "the network of the answer");
    journal.add(`Removing network ${name}`, (again) => removeNetwork(again, id, false));
    return;
  }
  const { object, labels } = step;
  const name = networkName(object);
  cli.output.line(`Updating labels of network ${name}`);
  await labelNetwork(cli, object.id, labels);
  const before = object.spec?.annotations?.labels ?? {};
  journal.add(`Restoring labels of network ${name}`, (again) => labelNetwork(again, object.id, before));
}

function labelNetwork(cli: Cli, ref: string, labels: Labels): Promise<void> {
  return againIfOutrun(async () => {
    const control = await cli.api.control();
    const { network } = await control.getNetwork({ ref }, { signal: cli.signal });
    const spec = mustHave(network?.spec, "the network's spec");
    const annotations = { name: spec.annotations?.name ?? "", labels };
    const version = network?.meta?.version ?? 0;
    await control.updateNetwork({ ref, version, spec: { ...spec, annotations } }, { signal: cli.signal });
  });
}

export async function applyContent(cli: Cli, step: ContentStep, journal: Journal): Promise<void> {
  if (step.action === "keep") return;
  const { kind } = step;
  const calls = await contentCalls(cli, kind);
  const name = stepName(step);
  if (step.action === "create") {
    cli.output.line(`Creating ${kind} ${name}`);
    const { id } = await calls.create(step.spec);
    journal.add(`Removing ${kind} ${name}`, (again) => removeUnused(again, kind, id));
    return;
  }
  const { object, labels } = step;
  cli.output.line(`Updating labels of ${kind} ${nameOf(object)}`);
  await labelContent(cli, kind, object.id, labels);
  const before = object.spec?.annotations?.labels ?? {};
  journal.add(`Restoring labels of ${kind} ${name}`, (again) => labelContent(again, kind, object.id, before));
}

function labelContent(cli: Cli, kind: ContentKind, ref: string, labels: Labels): Promise<void> {
  return againIfOutrun(async () => {
    const calls = await contentCalls(cli, kind);
    const { meta, spec } = await calls.get(ref);
    const annotations = { name: spec?.annotations?.name ?? "", labels };
    await calls.update(ref, meta?.version ?? 0, { annotations, templateDriver: spec?.templateDriver ?? "" });
  });
}

/** A service that has gone back to its spec of before may still return from there for a moment. */
async function removeUnused(cli: Cli, kind: ContentKind, ref: string): Promise<void> {
  const calls = await contentCalls(cli, kind);
  const untilMs = cli.clock.now() + UNUSED_MS_MAX;
  for (;;) {
    try {
      await unlessGone(() => calls.remove(ref));
      return;
    } catch (error) {
      if (!(error instanceof SwarmError) || error.code !== "invalidArgument" || cli.clock.now() >= untilMs) throw error;
    }
    await sleep(cli.clock, LOOK_MS, "stack deploy: content unused", cli.signal);
  }
}

/** Resolves with the service as it is then. */
export async function applyService(
  cli: Cli,
  { action, present, spec, wanted }: CheckedService,
  stack: string,
  journal: Journal,
): Promise<Service> {
  const name = inStack(stack, wanted.key);
  if (action === "keep") return mustHave(present, `service ${name}`);
  cli.output.line(`${action === "create" ? "Creating" : "Updating"} service ${name}`);
  if (action === "create") {
    const made = await createService(cli, spec);
    journal.add(`Removing service ${name}`, (again) => dropService(again, made.id));
    return made;
  }
  const before = mustHave(present, `service ${name}`);
  // The version is that of the comparison: what others wrote since must not be lost.
  const written = await updateService(cli, before, spec);
  journal.add(`Restoring service ${name}`, (again) => restoreService(again, before));
  return written;
}

/** Removes a service that the file does not name. */
export async function pruneService(cli: Cli, service: Service, journal: Journal): Promise<void> {
  const name = serviceName(service);
  cli.output.line(`Removing service ${name}`);
  await dropService(cli, service.id);
  const spec = mustHave(service.spec, "the service's spec");
  journal.add(`Creating service ${name} again`, async (again) => void (await createService(again, spec)));
}

async function createService(cli: Cli, spec: ServiceSpec): Promise<Service> {
  const control = await cli.api.control();
  // Its image is pinned already, or shall not be.
  const { service } = await control.createService(
    { spec, noResolveImage: true },
    { signal: cli.signal, timeoutMs: WRITE_TIMEOUT_MS },
  );
  return mustHave(service, "the service of the answer");
}

async function updateService(cli: Cli, { id, meta }: Service, spec: ServiceSpec): Promise<Service> {
  const control = await cli.api.control();
  const { service } = await control.updateService(
    { ref: id, version: meta?.version ?? 0, spec, noResolveImage: true },
    { signal: cli.signal, timeoutMs: WRITE_TIMEOUT_MS },
  );
  return mustHave(service, "the service of the answer");
}

async function dropService(cli: Cli, id: string): Promise<void> {
  const control = await cli.api.control();
  await unlessGone(() => control.removeService({ ref: id }, { signal: cli.signal }));
}

/**
 * The spec from before the deployment; the swarm may have gone back to it already. As a rollback, so that nothing runs
 * before it: what is gone back to has been through its pre-deploy command.
 */
async function restoreService(cli: Cli, before: Service): Promise<void> {
  const control = await cli.api.control();
  await againIfOutrun(async () => {
    const { service } = await control.getService({ ref: before.id }, { signal: cli.signal });
    const now = mustHave(service, "the service of the answer");
    if (isSame(now.spec, before.spec)) return;
    await control.updateService(
      { ref: now.id, version: now.meta?.version ?? 0, rollback: true, rollbackTo: before.generation },
      { signal: cli.signal, timeoutMs: WRITE_TIMEOUT_MS },
    );
  });
}
