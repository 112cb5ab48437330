import { SwarmError } from "../../shared/errors.ts";
import { addressOf } from "../../shared/ipv4.ts";
import type { TaskNames } from "../ports/host-network.ts";
import { addressesOn } from "./attached-network.ts";
import type { Attachment } from "./attachment.ts";
import type { Outcome } from "./reconciler.ts";
import { TASK_RESOLVER } from "./task-dns-rules.ts";

/** What a task that is attached is called by, and asks for names. */
export function calledBy({ networks, cidr }: Attachment): Pick<TaskNames, "address" | "resolver"> {
  return {
    address: networks.flatMap(addressesOn)[0] ?? addressOf(cidr),
    // The names of its networks are known to this host's own server alone.
    resolver: networks.length > 0 ? TASK_RESOLVER : null,
  };
}

/** @throws SwarmError internal with what went wrong for this task. */
export function mustHaveSucceeded(attachment: Attachment, { failures }: Outcome): void {
  const failure =
    failures.byTask.get(attachment.taskId) ?? (attachment.kind === "ingress" ? failures.general[0] : undefined);
  if (failure !== undefined)
    throw new SwarmError("internal", `the network of task ${attachment.taskId} could not be set up: ${failure}`);
}
