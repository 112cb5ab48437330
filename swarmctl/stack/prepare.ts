import type { Cli } from "../cli.ts";
import { type CheckedService, checkServices, type ResolveImage } from "./check-services.ts";
import { fillContents } from "./fill-contents.ts";
import { type LoadedStack, refuseFaults } from "./load.ts";
import { planStack, type StackPlan } from "./plan.ts";
import { readState } from "./state.ts";

/** What a deployment of a file would do to the swarm as it is now. */
export interface PreparedStack {
  readonly plan: StackPlan;
  /** In the order in which they are to be written. */
  readonly services: readonly CheckedService[];
}

/**
 * Compares what is wanted with what is there, and has managers check all of it; nothing is written.
 * @throws SwarmError invalidArgument with everything that is in the way.
 */
export async function prepareStack(
  cli: Cli,
  { wanted, place }: LoadedStack,
  options: { readonly resolve: ResolveImage; readonly prunes: boolean },
): Promise<PreparedStack> {
  const state = await readState(cli, wanted);
  const { filled, faults: unread } = await fillContents(cli, wanted, state, place);
  const { plan, faults: clashes } = planStack(wanted, state, filled, place);
  refuseFaults([...unread, ...clashes]);
  const { services, faults } = await checkServices(cli, plan, options, place);
  refuseFaults(faults);
  return { plan, services };
}
