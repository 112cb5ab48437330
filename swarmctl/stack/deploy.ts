import { isRetryable, messageOf, SwarmError } from "../../shared/errors.ts";
import { sleep } from "../../shared/ports/clock.ts";
import type { Service } from "../../shared/rpc/gen/objects.ts";
import type { Cli, Run } from "../cli.ts";
import { contentCalls } from "../content/calls.ts";
import { giveOwnLogin } from "../registry/own-login.ts";
import { printFailedTask } from "../service/progress/failed-task.ts";
import { applyContent, applyNetwork, applyService, pruneService } from "./apply.ts";
import { buildImages } from "./build-images.ts";
import type { CheckedService } from "./check-services.ts";
import { Journal } from "./journal.ts";
import { loadStack } from "./load.ts";
import { checkStackName, inStack } from "./names.ts";
import { type DEPLOY_OPTIONS, RESOLVE_WORDS } from "./options.ts";
import { type PreparedStack, prepareStack } from "./prepare.ts";
import { StackProgress } from "./progress.ts";
import { removeNetwork, unlessGone } from "./rm.ts";
import { type Awaited, waitFor } from "./wait.ts";

type DeployFlags = Parameters<Run<typeof DEPLOY_OPTIONS>>[2];

export const run: Run<typeof DEPLOY_OPTIONS> = async (cli, [name = ""], flags) => {
  const stack = checkStackName(name);
  const resolve = flags.choice("resolveImage", RESOLVE_WORDS) ?? "always";
  const loaded = await loadStack(cli, stack, flags);
  const built = await buildImages(cli, loaded, flags.is("quiet"));
  if (flags.is("withRegistryAuth"))
    await giveLogins(
      cli,
      built.wanted.services.map(({ spec }) => spec),
    );
  const journal = new Journal();
  const deployment = new Deployment(cli, stack, flags, journal);
  try {
    await withoutBreaks(cli, async () => {
      await deployment.carryOut(await prepareStack(cli, built, { resolve, prunes: flags.is("prune") }));
    });
  } catch (error) {
    if (cli.signal.aborted && !flags.is("atomic")) throw error;
    await deployment.explain(error);
    if (!flags.is("atomic")) throw error;
    throw await undone(cli, stack, journal, error);
  }
};

/** A change of leader, or of a service by somebody else, in each of so many tries in a row is not going to pass. */
const TRIES_MAX = 5;
const AGAIN_MS = 1_000;

/** What is there decides what is left to do, so a deployment that a change of leader broke off is just done again. */
async function withoutBreaks(cli: Cli, deploy: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await deploy();
      return;
    } catch (error) {
      if (!isRetryable(error) || attempt === TRIES_MAX || cli.signal.aborted) throw error;
      cli.output.warn(`Warning: ${messageOf(error)}: going on with what is left to do`);
    }
    await sleep(cli.clock, AGAIN_MS, "stack deploy: again", cli.signal);
  }
}

/** One login for each registry is enough. */
async function giveLogins(cli: Cli, specs: readonly CheckedService["spec"][]): Promise<void> {
  const images = new Set(specs.map(({ task }) => task?.container?.image ?? ""));
  for (const image of images) await giveOwnLogin(cli, image);
}

async function undone(cli: Cli, stack: string, journal: Journal, error: unknown): Promise<SwarmError> {
  // Undone even after Ctrl-C: a half of a stack is what --atomic rules out.
  const isWhole = await journal.undoAll({ ...cli, signal: new AbortController().signal });
  const outcome = isWhole ? "everything is as it was" : "not everything could be put back: see above";
  return new SwarmError("failedPrecondition", `stack ${stack} was not deployed, and ${outcome}: ${messageOf(error)}`);
}

/** Carries out what was prepared. */
class Deployment {
  readonly #cli: Cli;
  readonly #stack: string;
  readonly #flags: DeployFlags;
  readonly #journal: Journal;
  readonly #progress: StackProgress;
  readonly #awaited = new Map<string, Awaited>();
  /** Ids of services that did not come up. */
  readonly #failed: string[] = [];

  constructor(cli: Cli, stack: string, flags: DeployFlags, journal: Journal) {
    this.#cli = cli;
    this.#stack = stack;
    this.#flags = flags;
    this.#journal = journal;
    this.#progress = new StackProgress(cli.output, flags.is("quiet"));
  }

  async carryOut({ plan, services }: PreparedStack): Promise<void> {
    const { networks, contents, prunable, leftovers } = plan;
    for (const step of networks) await applyNetwork(this.#cli, step, this.#journal);
    for (const step of contents) await applyContent(this.#cli, step, this.#journal);
    // Before the others: one of them may want the same port, or take the place of one of these.
    if (this.#flags.is("prune"))
      for (const service of prunable.services) await pruneService(this.#cli, service, this.#journal);
    for (const service of services) {
      const written = await applyService(this.#cli, service, this.#stack, this.#journal);
      this.#awaited.set(service.wanted.key, awaitedOf(service, written, this.#stack));
    }
    if (!this.#flags.is("detach")) await this.#waitForAll();
    await removeLeftovers(this.#cli, leftovers);
    if (this.#flags.is("prune")) {
      for (const { id, spec } of prunable.networks) {
        this.#cli.output.line(`Removing network ${spec?.annotations?.name ?? id}`);
        await removeNetwork(this.#cli, id, this.#flags.is("detach"));
      }
    }
  }

  /** Says which task failed, with its last words. */
  async explain(error: unknown): Promise<void> {
    if (!(error instanceof SwarmError)) return;
    for (const id of this.#failed) await printFailedTask(this.#cli, id);
  }

  async #waitForAll(): Promise<void> {
    const waits = new Map<string, Promise<void>>();
    for (const [key, service] of this.#awaited) {
      const before = service.dependsOn.flatMap((name) => waits.get(name) ?? []);
      waits.set(key, this.#waitFor(service, before));
    }
    const outcomes = await Promise.allSettled(waits.values());
    this.#progress.settle();
    const reasons = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as unknown] : []));
    const failures = reasons.filter((reason) => !(reason instanceof BlockedError));
    const [first] = failures;
    if (first === undefined) return;
    if (failures.length === 1 || failures.some((failure) => !(failure instanceof SwarmError))) throw first;
    throw new SwarmError("failedPrecondition", failures.map(messageOf).join("\nError: "));
  }

  /** What depends on a service that fails would be waited for in vain: it has no tasks. */
  async #waitFor(service: Awaited, before: readonly Promise<void>[]): Promise<void> {
    const abort = new AbortController();
    const { promise: blocked, reject } = Promise.withResolvers<never>();
    blocked.catch(() => {});
    for (const each of before) each.catch(() => reject(new BlockedError()));
    const cli = { ...this.#cli, signal: AbortSignal.any([this.#cli.signal, abort.signal]) };
    try {
      await Promise.race([waitFor(cli, service, this.#progress.viewOf(service.name)), blocked]);
    } catch (error) {
      if (!(error instanceof BlockedError)) this.#failed.push(service.id);
      if (!(error instanceof SwarmError)) throw error;
      // A service that is waited for alone need not be named; of a stack it must.
      throw new SwarmError(error.code, `${service.name}: ${error.message}`, { cause: error });
    } finally {
      abort.abort();
    }
  }
}

/** Of a wait that another one's failure ended. */
class BlockedError extends Error {}

function awaitedOf({ wanted, action }: CheckedService, written: Service, stack: string): Awaited {
  const { id, generation } = written;
  const dependsOn = [...wanted.dependsOn.keys()];
  return { id, generation, name: inStack(stack, wanted.key), isKept: action === "keep", dependsOn };
}

/** One that a service still uses, or may go back to, stays until a later deployment. */
async function removeLeftovers(cli: Cli, leftovers: PreparedStack["plan"]["leftovers"]): Promise<void> {
  for (const { kind, object } of leftovers) {
    const { id, spec } = object;
    const calls = await contentCalls(cli, kind);
    try {
      await unlessGone(() => calls.remove(id));
      cli.output.line(`Removed ${kind} ${spec?.annotations?.name ?? id}, which nothing uses any more`);
    } catch (error) {
      if (!(error instanceof SwarmError) || error.code !== "invalidArgument") throw error;
    }
  }
}
