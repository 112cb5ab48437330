import { mustHave } from "../../shared/invariant.ts";
import type { Service, ServiceSpec } from "../../shared/rpc/gen/objects.ts";
import type { Cli } from "../cli.ts";
import { contentCalls } from "../content/calls.ts";
import { againIfOutrun } from "../write-again.ts";
import type { CheckedService } from "./check-services.ts";
import type { Journal } from "./journal.ts";
import { inStack, serviceName } from "./names.ts";
import { stepName } from "./plan.ts";
import { type ContentStep, nameOf } from "./plan-contents.ts";
import { type NetworkStep, networkName } from "./plan-networks.ts";
import { removeNetwork, unlessGone } from "./rm.ts";
import { isSame } from "./same.ts";

// One step of a deployment each: it says what it does, does it, and writes down how to undo it.

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
    journal.add(`Removing network ${name}`, () => removeNetwork(cli, id, false));
    return;
  }
  const { object, labels } = step;
  const name = networkName(object);
  const write = (to: typeof labels): Promise<unknown> =>
    againIfOutrun(async () => {
      const { network } = await control.getNetwork({ ref: object.id }, options);
      const spec = mustHave(network?.spec, "the network's spec");
      const version = network?.meta?.version ?? 0;
      return control.updateNetwork(
        { ref: object.id, version, spec: { ...spec, annotations: { name, labels: to } } },
        options,
      );
    });
  cli.output.line(`Updating labels of network ${name}`);
  await write(labels);
  journal.add(
    `Restoring labels of network ${name}`,
    async () => void (await write(object.spec?.annotations?.labels ?? {})),
  );
}

export async function applyContent(cli: Cli, step: ContentStep, journal: Journal): Promise<void> {
  if (step.action === "keep") return;
  const { kind } = step;
  const calls = await contentCalls(cli, kind);
  const name = stepName(step);
  if (step.action === "create") {
    cli.output.line(`Creating ${kind} ${name}`);
    const { id } = await calls.create(step.spec);
    journal.add(`Removing ${kind} ${name}`, () => calls.remove(id));
    return;
  }
  const { object, labels } = step;
  const write = (to: typeof labels): Promise<unknown> =>
    againIfOutrun(async () => {
      const { meta, spec } = await calls.get(object.id);
      const templateDriver = spec?.templateDriver ?? "";
      return calls.update(object.id, meta?.version ?? 0, { annotations: { name, labels: to }, templateDriver });
    });
  cli.output.line(`Updating labels of ${kind} ${nameOf(object)}`);
  await write(labels);
  journal.add(
    `Restoring labels of ${kind} ${name}`,
    async () => void (await write(object.spec?.annotations?.labels ?? {})),
  );
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
    journal.add(`Removing service ${name}`, () => dropService(cli, made.id));
    return made;
  }
  const before = mustHave(present, `service ${name}`);
  // The version is that of the comparison: what others wrote since must not be lost.
  const written = await updateService(cli, before, spec);
  journal.add(`Restoring service ${name}`, () => restoreService(cli, before));
  return written;
}

/** Removes a service that the file does not name. */
export async function pruneService(cli: Cli, service: Service, journal: Journal): Promise<void> {
  const name = serviceName(service);
  cli.output.line(`Removing service ${name}`);
  await dropService(cli, service.id);
  const spec = mustHave(service.spec, "the service's spec");
  journal.add(`Creating service ${name} again`, async () => void (await createService(cli, spec)));
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

/** The spec from before the deployment; the swarm may have gone back to it already. */
async function restoreService(cli: Cli, before: Service): Promise<void> {
  const control = await cli.api.control();
  await againIfOutrun(async () => {
    const { service } = await control.getService({ ref: before.id }, { signal: cli.signal });
    const now = mustHave(service, "the service of the answer");
    if (isSame(now.spec, before.spec)) return;
    await updateService(cli, now, mustHave(before.spec, "the service's spec"));
  });
}
