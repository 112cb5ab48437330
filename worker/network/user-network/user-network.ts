import { messageOf } from "../../../shared/errors.ts";
import type { ContainerKey } from "../../../shared/ids.ts";
import type { NetworkChange } from "../../netlink/change.ts";
import { deviceOf } from "../../netlink/change.ts";
import type { NetworkKernel, NetworkNamespaces } from "../../ports/network-kernel.ts";
import { Forgetting } from "../forgetting.ts";
import { isUserLink, NFT_TABLE } from "../names.ts";
import { type RuleTable, renderTable, renderTableChange } from "../rule-table.ts";
import { emptyNamespace } from "./empty-namespace.ts";
import type { LocalTask } from "./local-task.ts";
import { diffNamespace, type NamespacePlan, type Present } from "./namespace-diff.ts";
import { type NetworkRules, networkRules } from "./network-rules.ts";
import { type NamespaceState, NETWORK_SETTINGS, type NetworkFacts, networkState, taskState } from "./network-state.ts";
import { FAMILIES, type NetworkView } from "./network-view.ts";
import type { Turns } from "./service-rules.ts";

/** Others change the kernel too, and a change that failed may succeed against what is there now. */
const ATTEMPTS_MAX = 2;

/** What a network's namespace is to be made to match. */
export interface NetworkWish {
  readonly view: NetworkView;
  /** This host's tasks on it. */
  readonly tasks: readonly LocalTask[];
  readonly facts: NetworkFacts;
  /** Links of tasks that have a namespace on this host, whatever networks they are on. */
  readonly links: ReadonlySet<string>;
}

export interface NetworkOutcome {
  /** What others had changed, in words. */
  readonly findings: readonly string[];
  readonly general: readonly string[];
  /** What went wrong for one task alone. */
  readonly byTask: ReadonlyMap<ContainerKey, string>;
}

interface Options {
  readonly namespaces: NetworkNamespaces;
  /** The daemon's own namespace, from which the VXLAN device sends. */
  readonly host: NetworkKernel;
  /** Where the network's namespace is, or will be. */
  readonly path: string;
  readonly onDisturbance: () => void;
}

/**
 * One user network on this host: its namespace, brought to what the table and the tasks ask for. One `bring` at a time.
 * What nobody else touched is taken for what it was made, so that a change costs what changed.
 */
export class UserNetwork {
  readonly #options: Options;
  #kernel: NetworkKernel | null = null;
  /** What the namespace was last made to match; null = it must be looked at. */
  #settled: { readonly wish: NetworkWish; readonly state: NamespaceState } | null = null;
  /** What was asked for last, whether or not it could be done. */
  #last: NetworkWish | null = null;
  #isDisturbed = false;
  /** As they are loaded; null = nothing is known of that. */
  #rules: RuleTable | null = null;
  #turns: Turns = new Map();
  /** Links that go with the namespaces of their tasks, in the kernel's own time: it makes who removes one wait. */
  readonly #leaving = new Set<string>();
  readonly #forgetting = new Forgetting();
  /** Blocks that the insides of tasks know, by task. */
  readonly #insides = new Map<string, string>();

  constructor(options: Options) {
    this.#options = options;
  }

  /** `everything` = the kernel is read anew, whatever it told. @throws SwarmError internal when it does not answer. */
  async bring(wish: NetworkWish, depth: "known" | "everything"): Promise<NetworkOutcome> {
    const settled = this.#settled;
    const isAsked = settled === null || !isSameWish(settled.wish, wish);
    const findings = new Set(await this.#forgetting.settle());
    const { kernel, isNew, isMade } = await this.#open();
    if (isMade) this.#forgetting.noteNothingThere();
    if (!isNew && !isAsked && depth === "known" && !this.#isDisturbed) return nothingToDo;
    if (!isNew) for (const finding of await this.#findRuleDamage(kernel)) findings.add(finding);
    if (isNew || depth === "everything") this.#setSettings(kernel, isNew ? null : findings);
    let outcome: Omit<NetworkOutcome, "findings"> = { general: [], byTask: new Map() };
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      const isAnew = depth === "everything" && attempt === 1;
      const present = await this.#letGo(kernel, wish, await this.#present(kernel, isAnew), isAnew);
      const state = networkState(wish.view, wish.tasks, wish.facts);
      const plan = diffNamespace(state, present, this.#options.path);
      for (const finding of plan.findings) findings.add(finding);
      this.#settled = null;
      outcome = await this.#execute(kernel, plan, wish);
      if (outcome.general.length > 0 || outcome.byTask.size > 0) continue;
      this.#settled = { wish, state };
      break;
    }
    await this.#forgetConnections(kernel, this.#last, wish);
    this.#last = wish;
    // What differs because more is wanted is work to do, and not damage.
    return { findings: isAsked ? [] : [...findings], ...outcome };
  }

  close(): void {
    this.#kernel?.close();
    this.#kernel = null;
  }

  /** The namespace, made if it is not there. */
  async #open(): Promise<{ readonly kernel: NetworkKernel; readonly isNew: boolean; readonly isMade: boolean }> {
    const { namespaces, path, onDisturbance } = this.#options;
    const isMade = await namespaces.make(path);
    if (this.#kernel !== null && !isMade) return { kernel: this.#kernel, isNew: false, isMade };
    // Somebody took the name away: what was known is of a namespace that nobody but we can reach any more.
    if (this.#kernel !== null) await emptyNamespace(this.#kernel).catch(() => {});
    this.close();
    this.#settled = null;
    this.#rules = null;
    this.#insides.clear();
    this.#leaving.clear();
    const kernel = await namespaces.open(path);
    kernel.onDisturbance(() => {
      this.#isDisturbed = true;
      onDisturbance();
    });
    this.#kernel = kernel;
    return { kernel, isNew: true, isMade };
  }

  async #present(kernel: NetworkKernel, isAnew: boolean): Promise<Present> {
    if (isAnew) return await kernel.observeAnew();
    const settled = this.#settled;
    if (settled === null || this.#isDisturbed) {
      // Before it is looked at: what comes meanwhile leads to another look.
      this.#isDisturbed = false;
      return await kernel.observe();
    }
    const { links, ...entries } = settled.state;
    return { ...entries, links: links.map((link) => ({ ...presentLink, ...link, ...kindOf(link) })) };
  }

  /** What is there without the links that are leaving; one whose name is wanted again is removed at once. */
  async #letGo(kernel: NetworkKernel, wish: NetworkWish, present: Present, isAnew: boolean): Promise<Present> {
    // What should have gone and has not is seen then.
    if (isAnew) this.#leaving.clear();
    const wanted = new Set(wish.tasks.map(({ link }) => link));
    const isStray = (name: string): boolean => isUserLink(name) && !wanted.has(name) && !wish.links.has(name);
    const late = [...this.#leaving].filter((name) => wanted.has(name));
    // One that has gone by now is as good.
    if (late.length > 0) await kernel.change(late.map((device) => ({ kind: "removeLink", device })));
    for (const name of late) this.#leaving.delete(name);
    const names = new Set(present.links.map(({ name }) => name));
    for (const name of this.#leaving) if (!names.has(name)) this.#leaving.delete(name);
    if (!isAnew) for (const name of names) if (isStray(name)) this.#leaving.add(name);
    if (this.#leaving.size === 0 && late.length === 0) return present;
    const gone = new Set([...this.#leaving, ...late]);
    const isThere = ({ device }: { readonly device: string }): boolean => !gone.has(device);
    return {
      links: present.links.filter(({ name }) => !gone.has(name)),
      addresses: present.addresses.filter(isThere),
      routes: present.routes.filter(isThere),
      neighbours: present.neighbours.filter(isThere),
      forwarding: present.forwarding,
    };
  }

  async #execute(
    kernel: NetworkKernel,
    plan: NamespacePlan,
    wish: NetworkWish,
  ): Promise<Omit<NetworkOutcome, "findings">> {
    const general: string[] = [];
    const byTask = new Map<ContainerKey, string>();
    const links = new Map(wish.tasks.map(({ link, taskId }) => [link, taskId]));
    const change = async (changes: readonly NetworkChange[]): Promise<void> => {
      const hasFailed = (taskId: ContainerKey | undefined): boolean => taskId !== undefined && byTask.has(taskId);
      const possible = changes.filter((one) => !hasFailed(links.get(deviceOf(one))));
      const results = possible.length === 0 ? [] : await kernel.change(possible);
      for (const [at, why] of results.entries()) {
        if (why === null) continue;
        const taskId = links.get(deviceOf(possible[at] as NetworkChange));
        if (taskId === undefined) general.push(why);
        else byTask.set(taskId, why);
      }
    };
    await change(plan.removeLinks);
    if (plan.overlay !== null) {
      const refused = await this.#options.host.change([{ kind: "addLink", link: plan.overlay }]);
      general.push(...refused.filter((why) => why !== null));
    }
    await change(plan.addLinks);
    await change(plan.entries);
    await this.#setRules(kernel, wish);
    for (const task of wish.tasks) {
      if (byTask.has(task.taskId) || !this.#mustSetUpInside(task, plan, wish.view)) continue;
      await this.#setUpInside(task, wish.view).catch((error: unknown) => byTask.set(task.taskId, messageOf(error)));
    }
    await change(plan.up);
    await change(plan.removals);
    return { general, byTask };
  }

  /** Its link is new, was down, or the network has other blocks than the task knows. */
  #mustSetUpInside(task: LocalTask, plan: NamespacePlan, view: NetworkView): boolean {
    return plan.tasks.includes(task) || this.#insides.get(task.taskId) !== blocksOf(view);
  }

  async #setUpInside(task: LocalTask, view: NetworkView): Promise<void> {
    const { addresses, neighbours, routes } = taskState(view, task);
    const inside = await this.#options.namespaces.open(task.namespacePath);
    try {
      // No link-local address: nobody has a use for one here.
      inside.writeSetting(`net/ipv6/conf/${task.interfaceName}/addr_gen_mode`, "1");
      const refused = await inside.change([
        { kind: "setUp", device: task.interfaceName },
        ...addresses.map((address) => ({ kind: "addAddress", address, scope: "global" }) as const),
        ...neighbours.map((neighbour) => ({ kind: "addNeighbour", neighbour }) as const),
        ...routes.map((route) => ({ kind: "addRoute", route, onlink: false }) as const),
      ]);
      const why = refused.filter((sentence) => sentence !== null);
      if (why.length > 0) throw new Error(`inside of its namespace: ${why.join("; ")}`);
      this.#insides.set(task.taskId, blocksOf(view));
    } finally {
      inside.close();
    }
  }

  #setSettings(kernel: NetworkKernel, findings: Set<string> | null): void {
    for (const [path, value] of NETWORK_SETTINGS) {
      const found = kernel.readSetting(path);
      if (found === null || found === value) continue;
      kernel.writeSetting(path, value);
      findings?.add(`setting ${path} was ${found} instead of ${value}`);
    }
  }

  async #findRuleDamage(kernel: NetworkKernel): Promise<readonly string[]> {
    if (this.#rules === null) return [];
    const state = await kernel.rulesSinceLoad();
    if (state === "asLoaded") return [];
    this.#rules = null;
    return [state === "missing" ? "the table of packet rules was missing" : "the packet rules had been changed"];
  }

  async #setRules(kernel: NetworkKernel, { view, tasks }: NetworkWish): Promise<void> {
    const rules: NetworkRules = networkRules(view, tasks, this.#turns);
    const change = this.#rules === null ? null : renderTableChange(this.#rules, rules.table);
    if (change !== "") {
      // Should this fail, nothing is known of what is loaded: the next run loads everything.
      this.#rules = null;
      const isChanged = change !== null && (await kernel.loadRules(change, null).then(succeeded, failed));
      // Somebody may have taken away what was to be changed.
      if (!isChanged) await kernel.loadRules(renderTable(rules.table), [{ family: "inet", name: NFT_TABLE }]);
    }
    this.#rules = rules.table;
    this.#turns = rules.turns;
  }

  /**
   * Who goes on sending to a task that has gone would be led there for as long as he sends, if by UDP. A task that
   * drains keeps its connections but for those it has not answered: their first packet was lost, and the same packet,
   * sent again a second later, would meet a task that has gone.
   */
  async #forgetConnections(kernel: NetworkKernel, before: NetworkWish | null, now: NetworkWish): Promise<void> {
    const there = new Set(now.view.endpoints.flatMap(addressesOf));
    if (!this.#forgetting.isCertain) {
      // Its namespace, with all connections, has outlived the daemon before.
      await this.#forgetting.begin(kernel, [{ kind: "udpStray", port: null, known: there }]);
      return;
    }
    if (before === null || before.view.endpoints === now.view.endpoints) return;
    const ready = new Set(now.view.endpoints.filter(({ isReady }) => isReady).flatMap(addressesOf));
    const known = new Set(now.view.endpoints);
    const patterns = before.view.endpoints
      .filter((endpoint) => !known.has(endpoint))
      .flatMap((endpoint) => addressesOf(endpoint).map((address) => ({ address, wasReady: endpoint.isReady })))
      .filter(({ address, wasReady }) => !there.has(address) || (wasReady && !ready.has(address)))
      .map(({ address }) => ({ kind: "backend", address, unanswered: there.has(address) }) as const);
    await this.#forgetting.begin(kernel, patterns);
  }
}

function isSameWish(before: NetworkWish, now: NetworkWish): boolean {
  const { view, tasks, facts } = now;
  const { dataPathAddress } = view.self;
  return (
    before.view === view &&
    before.facts.linkMtu === facts.linkMtu &&
    before.facts.localAddresses.has(dataPathAddress) === facts.localAddresses.has(dataPathAddress) &&
    before.tasks.length === tasks.length &&
    before.tasks.every((task, at) => task === tasks[at])
  );
}

const nothingToDo: NetworkOutcome = { findings: [], general: [], byTask: new Map() };
const succeeded = (): boolean => true;
const failed = (): boolean => false;
const presentLink = { up: true, vxlan: null };

function kindOf(link: NamespaceState["links"][number]): Pick<Present["links"][number], "kind" | "vxlan"> {
  if (link.kind === "task") return { kind: "veth", vxlan: null };
  const { vni, port, local } = link;
  return { kind: "vxlan", vxlan: { vni, port, local } };
}

function blocksOf({ blocks }: NetworkView): string {
  return blocks.map(({ cidr, gateway }) => `${cidr} ${gateway}`).join(" ");
}

function addressesOf({ addresses }: NetworkView["endpoints"][number]): readonly string[] {
  return FAMILIES.flatMap((family) => addresses[family] ?? []);
}
