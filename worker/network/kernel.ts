import { messageOf } from "../../shared/errors.ts";
import type { ContainerKey } from "../../shared/ids.ts";
import { deviceOf, type NetworkChange } from "../netlink/change.ts";
import type { ConnectionPattern } from "../netlink/connections.ts";
import type { Listener } from "../netlink/listeners.ts";
import type { ObservedState } from "../netlink/state.ts";
import type { NetworkFiles } from "../ports/network-files.ts";
import type { Disturbance, NetworkKernel, NetworkNamespaces, RulesState } from "../ports/network-kernel.ts";
import { insideChanges, linkNameOf } from "./attachment.ts";
import { type Plan, removalChanges } from "./diff.ts";
import { isNetworkNamespace, isOfOneTask, NFT_TABLE } from "./names.ts";
import { removeTable } from "./render-nft.ts";
import { emptyNamespace } from "./user-network/empty-namespace.ts";

/** A look at everything may come just after a task has gone, but two of them are minutes apart. */
const LOOKS_MAX = 1;

/** What did not work while a plan was carried out. */
export interface Failures {
  readonly general: readonly string[];
  readonly byTask: ReadonlyMap<ContainerKey, string>;
}

/** The host's network and the namespaces of its tasks; no decisions here. */
export class Kernel {
  readonly #host: NetworkKernel;
  readonly #namespaces: NetworkNamespaces;
  readonly #files: NetworkFiles;
  /**
   * Links of tasks whose namespaces have been removed: the kernel takes them away in its own time. With each, how many
   * looks at everything it has outlived.
   */
  readonly #leaving = new Map<string, number>();
  /** Somebody else may have changed something since the last look. */
  #isTouched = true;

  constructor(namespaces: NetworkNamespaces, files: NetworkFiles) {
    this.#namespaces = namespaces;
    this.#host = namespaces.own();
    this.#files = files;
  }

  /** A look; says also whether anybody else may have changed something since the last. */
  async look(everything: boolean): Promise<{ readonly observed: ObservedState; readonly isTouched: boolean }> {
    const observed = await this.observe(everything);
    const isTouched = this.#isTouched || everything;
    this.#isTouched = false;
    return { observed, isTouched };
  }

  /** `everything` = read anew, whatever was heard. */
  async observe(everything: boolean): Promise<ObservedState> {
    const state = await (everything ? this.#host.observeAnew() : this.#host.observe());
    if (this.#leaving.size === 0) return state;
    const names = new Set(state.links.map(({ name }) => name));
    for (const [name, looks] of this.#leaving) {
      // Its namespace is held by somebody; it is shown, and will be removed by itself.
      if (!names.has(name) || (everything && looks >= LOOKS_MAX)) this.#leaving.delete(name);
      else if (everything) this.#leaving.set(name, looks + 1);
    }
    return { ...state, links: state.links.filter(({ name }) => !this.#leaving.has(name)) };
  }

  /**
   * Carries a plan out as far as it goes; what fails for one task stops neither the rest nor other tasks. `guard` is
   * awaited when new devices are there and still down; if it rejects, none comes up.
   */
  async execute(plan: Plan, guard: () => Promise<void>): Promise<Failures> {
    const byTask = new Map<ContainerKey, string>();
    const perTask = async (step: (task: Plan["tasks"][number]) => Promise<void>): Promise<void> => {
      for (const task of plan.tasks) {
        const { taskId } = task.attachment;
        if (!byTask.has(taskId)) await step(task).catch((error: unknown) => byTask.set(taskId, messageOf(error)));
      }
    };
    const change = async (changes: readonly NetworkChange[]): Promise<readonly string[]> => {
      const failed = plan.tasks.filter(({ attachment }) => byTask.has(attachment.taskId));
      const names = new Set(failed.map(({ attachment }) => linkNameOf(attachment)));
      return await this.#change(changes.filter((one) => !names.has(deviceOf(one))));
    };
    await perTask(async ({ attachment }) => void (await this.#namespaces.make(attachment.namespacePath)));
    await this.#hurryLeaving(plan.links);
    const general = [...(await change(plan.links))];
    await guard();
    await perTask(async ({ attachment, gateways }) => {
      const inside = await this.#namespaces.open(attachment.namespacePath);
      try {
        // No link-local address, as at the other end.
        inside.writeSetting(`net/ipv6/conf/${attachment.interfaceName}/addr_gen_mode`, "1");
        const refused = (await inside.change(insideChanges(attachment, gateways))).filter((why) => why !== null);
        if (refused.length > 0) throw new Error(`inside of its namespace: ${refused.join("; ")}`);
      } finally {
        inside.close();
      }
    });
    general.push(...(await change(plan.rest)));
    return { general, byTask };
  }

  /** Links of tasks that go with the namespaces just removed; what has none any more is removed by itself. */
  async letGo(links: readonly string[], removedNamespaces: readonly string[]): Promise<readonly string[]> {
    const alone = links.filter((link) => !removedNamespaces.some((namespace) => isOfOneTask(link, namespace)));
    for (const link of links) if (!alone.includes(link)) this.#leaving.set(link, 0);
    await this.#host.change(alone.map((device) => ({ kind: "removeLink", device })));
    // One that went by itself at that very moment is as good.
    const there = new Set((await this.#host.observe()).links.map(({ name }) => name));
    return alone.filter((link) => there.has(link)).map((link) => `device ${link} cannot be removed`);
  }

  readSetting(path: string): string | null {
    return this.#host.readSetting(path);
  }

  writeSetting(path: string, value: string): void {
    this.#host.writeSetting(path, value);
  }

  /** @throws SwarmError internal when the kernel refuses the rules. */
  async loadRules(text: string, families: readonly ("ip" | "ip6")[]): Promise<void> {
    await this.#host.loadRules(
      text,
      families.map((family) => ({ family, name: NFT_TABLE })),
    );
  }

  /** Changes elements of sets. @throws SwarmError internal when the kernel refuses. */
  async changeRules(text: string): Promise<void> {
    await this.#host.loadRules(text, null);
  }

  rulesSinceLoad(): Promise<RulesState> {
    return this.#host.rulesSinceLoad();
  }

  /** Base chains of others that drop what is to be forwarded unless one of their rules lets it through. */
  foreignForwardDrops(): Promise<readonly string[]> {
    return this.#host.drops("forward", NFT_TABLE);
  }

  /** The same for what is meant for the host itself, as questions for names are. */
  foreignInputDrops(): Promise<readonly string[]> {
    return this.#host.drops("input", NFT_TABLE);
  }

  listeners(): Promise<readonly Listener[]> {
    return this.#host.listeners();
  }

  forgetConnections(patterns: readonly ConnectionPattern[]): Promise<void> {
    return this.#host.forgetConnections(patterns);
  }

  async removeNamespace(name: string): Promise<void> {
    const path = this.#files.namespacePath(name);
    // What is not in order inside must not keep the namespace here.
    if (isNetworkNamespace(name)) await this.#emptyNamespace(path).catch(() => {});
    await this.#namespaces.remove(path);
  }

  async #emptyNamespace(path: string): Promise<void> {
    const inside = await this.#namespaces.open(path);
    await emptyNamespace(inside).finally(() => inside.close());
  }

  /** Takes devices, routes and rules of ours away; resolves with what could not be removed. */
  async removeAll(): Promise<readonly string[]> {
    await this.loadRules(removeTable("ip"), []);
    // Never made where the data path is IPv4, and then not every kernel knows the family.
    await this.loadRules(removeTable("ip6"), []).catch(() => {});
    this.#leaving.clear();
    const refused = await this.#change(removalChanges(await this.observe(true)));
    // One that went by itself at that very moment is as good.
    return removalChanges(await this.#host.observe()).length === 0 ? [] : refused;
  }

  onDisturbance(listener: (what: Disturbance) => void): void {
    this.#host.onDisturbance((what) => {
      if (what === "state") this.#isTouched = true;
      listener(what);
    });
  }

  close(): void {
    this.#host.close();
  }

  /** A device whose name is wanted again does not wait until the kernel has the time. */
  async #hurryLeaving(changes: readonly NetworkChange[]): Promise<void> {
    const wanted = changes.filter(({ kind }) => kind === "addLink").map(deviceOf);
    const late = wanted.filter((name) => this.#leaving.delete(name));
    // One that has gone by now is as good.
    await this.#host.change(late.map((device) => ({ kind: "removeLink", device })));
  }

  async #change(changes: readonly NetworkChange[]): Promise<readonly string[]> {
    if (changes.length === 0) return [];
    return (await this.#host.change(changes)).filter((why) => why !== null);
  }
}
