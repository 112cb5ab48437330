import { SwarmError } from "../../shared/errors.ts";
import { mustHave } from "../../shared/invariant.ts";
import { slotName, taskName } from "../../shared/objects/task-name.ts";
import type { NetworkAttachmentConfig, Service, ServiceSpec } from "../../shared/rpc/gen/objects.ts";
import type { Cli } from "../cli.ts";
import { changeServiceSpec } from "../service/change-spec.ts";

/** Who can be on a network of the swarm by name. */
interface Member {
  readonly kind: "service";
  readonly id: string;
}

interface Place {
  readonly networkId: string;
  readonly networkName: string;
}

/**
 * Changes the networks of a service, whose tasks follow while they run. `change` gets those it has and the network that
 * is meant. Resolves with the service as written.
 * @throws SwarmError notFound for an unknown network or service; invalidArgument for a task, which has no networks of
 * its own; what `change` throws.
 */
export async function changeNetworks(
  cli: Cli,
  refs: { readonly network: string; readonly member: string; readonly verb: "connect" | "disconnect" },
  change: (has: readonly NetworkAttachmentConfig[], place: Place) => readonly NetworkAttachmentConfig[],
): Promise<Service> {
  const control = await cli.api.control();
  const { network } = await control.getNetwork({ ref: refs.network }, { signal: cli.signal });
  const { id, spec } = mustHave(network, "the network of the answer");
  const place = { networkId: id, networkName: spec?.annotations?.name ?? id };
  const member = await memberOf(cli, refs);
  const changed = (before: ServiceSpec): ServiceSpec => {
    const task = mustHave(before.task, "the service's task");
    return { ...before, task: { ...task, networks: [...change(task.networks, place)] } };
  };
  return await changeServiceSpec(cli, member.id, changed, { noResolveImage: true });
}

async function memberOf(cli: Cli, { network, member, verb }: Parameters<typeof changeNetworks>[1]): Promise<Member> {
  const control = await cli.api.control();
  try {
    const { service } = await control.getService({ ref: member }, { signal: cli.signal });
    return { kind: "service", id: mustHave(service, "the service of the answer").id };
  } catch (error) {
    if (!(error instanceof SwarmError) || error.code !== "notFound") throw error;
    const lists = [{ idPrefixes: [member] }, { namePrefixes: [member.split(".").slice(0, 2).join(".")] }];
    const answers = await Promise.all(lists.map((filter) => control.listTasks(filter, { signal: cli.signal })));
    const task = answers
      .flatMap(({ tasks }) => tasks)
      .find((each) => each.id.startsWith(member) || [slotName(each), taskName(each)].includes(member));
    if (task === undefined) throw error;
    const name = task.serviceAnnotations?.name ?? task.serviceId;
    throw new SwarmError(
      "invalidArgument",
      `${member} is a task, which is on the networks of its service: ` +
        `use \`swarmctl network ${verb} ${network} ${name}\` for all tasks of ${name}`,
    );
  }
}
