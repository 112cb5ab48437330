import { messageOf } from "../../shared/errors.ts";
import type { ContainerKey, NodeId } from "../../shared/ids.ts";
import { subnetOf, toCidr } from "../../shared/ipv4.ts";
import type { NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import type { ObservedState } from "../netlink/state.ts";
import type { NetworkFiles } from "../ports/network-files.ts";
import type { Attachment } from "./attachment.ts";
import { desiredState } from "./desired.ts";
import { FORWARDING6 } from "./desired-ipv6.ts";
import type { DesiredState, HostFacts } from "./desired-state.ts";
import { diffState } from "./diff.ts";
import { chooseEgressSubnet } from "./egress.ts";
import { connectionsToForget, Forgetting, type Published, strayConnections } from "./forgetting.ts";
import { readIngress } from "./ingress.ts";
import { interimRules } from "./interim-rules.ts";
import { keepHeedingRouters, supportsIpv6 } from "./ipv6-support.ts";
import type { Failures, Kernel } from "./kernel.ts";
import { localTasks } from "./local-tasks.ts";
import { EGRESS_DEVICE, isOwnRoute, namespaceName, networkNamespaceName, userLinkName } from "./names.ts";
import type { LeftPorts } from "./port-claims.ts";
import { renderNft, renderNftChange, tableFamilies } from "./render-nft.ts";
import type { RuleSet } from "./rule-set.ts";
import type { NetworkOutcome } from "./user-network/user-network.ts";
import type { UserNetworks } from "./user-network/user-networks.ts";

/** Others change the kernel too, and a change that failed may succeed against what is there now. */
const ATTEMPTS_MAX = 2;
/** Assumed where no device has the data path's address. */
const LINK_MTU_DEFAULT = 1_500;
/** No device of ours takes more; loopback, as the data path of a swarm of one, has one byte more. */
const LINK_MTU_MAX = 65_535;

const REVERSE_PATH = "net/ipv4/conf/all/rp_filter";

/** What the kernel is to be made to match. */
export interface Wanted {
  /** null = nothing is known yet, so nothing is done but for namespaces. */
  readonly tables: readonly NetworkTable[] | null;
  readonly attachments: readonly Attachment[];
  /** Tasks with a namespace and no network. */
  readonly bare: readonly ContainerKey[];
  readonly leftPorts: LeftPorts;
}

type KnownWish = Wanted & { readonly tables: readonly NetworkTable[] };

/**
 * How much of the kernel is looked at: `known` = what it tells by itself; `everything` = all of it, read anew, and
 * settings that it does not tell of.
 */
export type Depth = "known" | "everything";

export interface Outcome {
  readonly failures: Failures;
}

/** Brings the kernel to the desired state, one run at a time; who asks during a run shares the next one. */
export class Reconciler {
  readonly #kernel: Kernel;
  readonly #files: NetworkFiles;
  readonly #networks: UserNetworks;
  readonly #nodeId: NodeId;
  /** Asked at the start of each run. */
  readonly #wanted: () => Wanted;
  #tail: Promise<unknown> = Promise.resolve();
  #next: Promise<Outcome> | null = null;
  #depthNext: Depth = "known";
  #egressSubnet: string | null = null;
  /** The rules as we loaded them; null = nothing is known of what is loaded. */
  #rules: RuleSet | null = null;
  /** Settings as we found or made them. */
  readonly #settings = new Map<string, string>();
  /** Namespaces that had an owner at the last run; null = the first is still to come. */
  #owned: ReadonlySet<string> | null = null;
  /** What was different at the runs since it was last asked, in words. */
  #findings: string[] = [];
  /** What the last run was for. */
  #settled: Wanted | null = null;
  /** What the kernel has of ours, but for what others did since; null = that is not known. */
  #state: DesiredState | null = null;
  /** What the last run left published. */
  #published: Published | null = null;
  readonly #forgetting = new Forgetting();
  /** null = not tried yet. */
  #hasIpv6: boolean | null = null;

  constructor(
    parts: { readonly kernel: Kernel; readonly networks: UserNetworks; readonly files: NetworkFiles },
    nodeId: NodeId,
    wanted: () => Wanted,
  ) {
    this.#kernel = parts.kernel;
    this.#networks = parts.networks;
    this.#files = parts.files;
    this.#nodeId = nodeId;
    this.#wanted = wanted;
  }

  /**
   * Resolves when the kernel matches what was wanted when this was called, or later.
   * @throws SwarmError internal when the kernel does not answer, or refuses the packet rules.
   */
  reconcile(depth: Depth): Promise<Outcome> {
    if (depth === "everything") this.#depthNext = depth;
    this.#next ??= this.exclusively(() => {
      const wantedDepth = this.#depthNext;
      this.#next = null;
      this.#depthNext = "known";
      return this.#run(wantedDepth);
    });
    return this.#next;
  }

  /** What was found different since the last call, whatever the run was for in which it was found. */
  takeFindings(): readonly string[] {
    const findings = this.#findings;
    this.#findings = [];
    return findings;
  }

  /** Runs `work` while no run is under way. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#tail.then(work);
    this.#tail = run.catch(() => {});
    return run;
  }

  /** The block for tasks without ingress ports. Once chosen it stays as long as its device or a task has it. */
  async egressSubnet(): Promise<string> {
    this.#egressSubnet ??= this.#chooseEgressSubnet(await this.#kernel.observe(false));
    return this.#egressSubnet;
  }

  /** Finds out, once, whether this host's kernel can do for IPv6 what the routing mesh needs. */
  async tryIpv6(): Promise<void> {
    this.#hasIpv6 ??= await supportsIpv6(this.#kernel);
  }

  /** To be asked after `tryIpv6`. */
  isFitForIpv6(): boolean {
    return this.#hasIpv6 === true;
  }

  /**
   * Whether the mesh has IPv6 here, as far as is known: before the first run nothing speaks against it where the kernel
   * is fit.
   */
  carriesIpv6(): boolean {
    const rules = this.#published?.rules;
    const isMissing = rules !== undefined && rules.ingress !== null && (rules.ipv6?.ingress ?? null) === null;
    return this.#hasIpv6 === true && !isMissing;
  }

  /** After everything was taken away. */
  forget(): void {
    this.#egressSubnet = null;
    this.#rules = null;
    this.#published = null;
    this.#state = null;
    this.#settled = null;
    this.#owned = null;
    this.#settings.clear();
  }

  async #run(depth: Depth): Promise<Outcome> {
    await this.tryIpv6();
    const wanted = this.#wanted();
    if (wanted.tables !== null) return await this.#bringAbout({ ...wanted, tables: wanted.tables }, depth);
    const { findings } = await this.#sweepNamespaces(wanted);
    this.#findings.push(...findings);
    return { failures: { general: [], byTask: new Map() } };
  }

  /**
   * Removes namespaces that belong to none of the attachments the run began with. Namespaces are made and removed in
   * runs only, one at a time: removed by whoever detaches a task, one could be made again by a run that began before.
   */
  async #sweepNamespaces(wanted: Wanted): Promise<{
    readonly removed: readonly string[];
    readonly findings: readonly string[];
  }> {
    const owned = ownedNamespaces(wanted);
    const stray = (await this.#files.listNamespaces()).filter((name) => !owned.has(name));
    const removed: string[] = [];
    const findings: string[] = [];
    for (const name of stray) {
      await this.#kernel.removeNamespace(name).then(
        () => {
          removed.push(name);
          findings.push(`namespace ${name} belonged to nothing here`);
        },
        (error: unknown) => findings.push(`namespace ${name} belongs to nothing here, but stays: ${messageOf(error)}`),
      );
    }
    return { removed, findings };
  }

  async #bringAbout(wanted: KnownWish, depth: Depth): Promise<Outcome> {
    let failures: Failures = { general: [], byTask: new Map() };
    let desired: DesiredState | null = null;
    let departing: readonly string[] = [];
    const made = new Set<string>();
    this.#findings.push(...(await this.#forgetting.settle()));
    // What differs because more is wanted than at the last run is work to do, not damage.
    const isSettled = this.#settled !== null && isSameWish(this.#settled, wanted);
    const findings = new Set(await this.#findRuleDamage());
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      const { observed, isTouched } = await this.#kernel.look(depth === "everything" && attempt === 1);
      desired = desiredState(wanted.tables, wanted.attachments, this.#facts(wanted, observed));
      const plan = diffState(desired, observed, isTouched ? null : this.#state);
      this.#state = null;
      departing = plan.departing;
      // At a second attempt too: somebody may have broken something since the first.
      for (const finding of plan.findings) findings.add(finding);
      for (const device of plan.remade) made.add(device);
      const { rules, sysctls } = desired;
      failures = await this.#kernel.execute(plan, async () => {
        for (const finding of this.#setSysctls(sysctls, { made, observed, depth })) findings.add(finding);
        // Who may send what is decided before a device comes up. Published ports lead to new tasks only when the way is
        // there, and no more to tasks whose way is about to go.
        const { interim, isAnybodyLeaving } = interimRules(this.#rules, rules);
        if (isAnybodyLeaving || plan.rest.some(({ kind }) => kind === "setUp")) await this.#setRules(interim);
      });
      if (failures.general.length > 0 || failures.byTask.size > 0) continue;
      this.#state = desired;
      break;
    }
    if (desired !== null) {
      await this.#setRules(desired.rules);
      const { byTask, findings: damage } = await this.#bringNetworks(wanted, depth);
      failures = { ...failures, byTask: new Map([...byTask, ...failures.byTask]) };
      // Of each network by itself: whether something was asked of it is known there.
      this.#findings.push(...damage);
      const { left, found } = await this.#letGo(wanted, departing, depth);
      failures = { ...failures, general: [...failures.general, ...left] };
      for (const finding of found) findings.add(finding);
      const before = this.#forgetting.isCertain ? this.#published : null;
      this.#published = desired;
      const outdated = before === null ? strayConnections(desired) : connectionsToForget(before, desired);
      await this.#forgetting.begin(this.#kernel, outdated);
    }
    this.#settled = wanted;
    if (isSettled) this.#findings.push(...findings);
    return { failures };
  }

  /** After the host: namespaces of tasks and links to the host are there. */
  async #bringNetworks(wanted: KnownWish, depth: Depth): Promise<Pick<NetworkOutcome, "findings" | "byTask">> {
    const { linkMtu, localAddresses } = this.#facts(wanted, await this.#kernel.observe(false));
    const tasks = localTasks(wanted.attachments);
    const links = new Set(wanted.attachments.map(({ taskId }) => userLinkName(taskId)));
    const facts = { linkMtu, localAddresses };
    return await this.#networks.bring({ tables: wanted.tables, tasks, facts, links }, depth);
  }

  /** Links and namespaces of tasks that have gone, looked for when one has or when everything is looked at. */
  async #letGo(
    wanted: KnownWish,
    departing: readonly string[],
    depth: Depth,
  ): Promise<{ readonly left: readonly string[]; readonly found: readonly string[] }> {
    const owned = ownedNamespaces(wanted);
    const before = this.#owned;
    this.#owned = owned;
    const isSomebodyGone = before === null || [...before].some((name) => !owned.has(name));
    if (!isSomebodyGone && departing.length === 0 && depth === "known") return { left: [], found: [] };
    const { removed, findings } = await this.#sweepNamespaces(wanted);
    return { left: await this.#kernel.letGo(departing, removed), found: findings };
  }

  #facts(wanted: KnownWish, observed: ObservedState): HostFacts {
    this.#egressSubnet ??= this.#chooseEgressSubnet(observed);
    const dataPath =
      readIngress(wanted.tables, this.#nodeId)?.self.dataPathAddress ??
      this.#networks.views(wanted.tables).find(({ vni }) => vni !== null)?.self.dataPathAddress;
    const device = observed.addresses.find(({ cidr }) => cidr.split("/")[0] === dataPath)?.device;
    const reversePath = observed.settings.get(REVERSE_PATH) ?? this.#kernel.readSetting(REVERSE_PATH);
    return {
      nodeId: this.#nodeId,
      networks: this.#networks.views(wanted.tables),
      egressSubnet: this.#egressSubnet,
      leftPorts: wanted.leftPorts,
      linkMtu: Math.min(LINK_MTU_MAX, observed.links.find(({ name }) => name === device)?.mtu ?? LINK_MTU_DEFAULT),
      localAddresses: new Set(observed.addresses.map(({ cidr }) => cidr.split("/")[0] ?? "")),
      strictReversePath: reversePath !== null && reversePath !== "0",
      hasIpv6: this.#hasIpv6 === true,
    };
  }

  #chooseEgressSubnet(observed: ObservedState): string {
    const wanted = this.#wanted();
    const own =
      wanted.attachments.find(({ kind }) => kind === "egress")?.cidr ??
      observed.addresses.find(({ device }) => device === EGRESS_DEVICE)?.cidr;
    if (own !== undefined) return subnetOf(own);
    // The default route leads everywhere and says nothing of who is where.
    const routes = observed.routes
      .filter((route) => !isOwnRoute(route) && route.destination !== "0.0.0.0/0")
      .map(({ destination }) => destination);
    const networks = (wanted.tables ?? []).flatMap(({ network }) => network?.subnets.map(({ cidr }) => cidr) ?? []);
    return chooseEgressSubnet([...routes, ...networks].filter((cidr) => toCidr(cidr) !== null));
  }

  /** Settings of devices just made, of those whose change was told, and, at a look at everything, of all. */
  #setSysctls(
    sysctls: DesiredState["sysctls"],
    seen: { readonly made: ReadonlySet<string>; readonly observed: ObservedState; readonly depth: Depth },
  ): readonly string[] {
    const findings: string[] = [];
    for (const path of this.#settings.keys()) if (!sysctls.has(path)) this.#settings.delete(path);
    for (const [path, value] of sysctls) {
      const isNew = path.split("/").some((part) => seen.made.has(part));
      const told = seen.observed.settings.get(path) ?? value;
      if (seen.depth === "known" && !isNew && told === value && this.#settings.get(path) === value) continue;
      this.#settings.set(path, value);
      const found = this.#kernel.readSetting(path);
      if (found === null || found === value) continue;
      if (path === FORWARDING6) this.#findings.push(...keepHeedingRouters(this.#kernel, seen.observed));
      this.#kernel.writeSetting(path, value);
      // A new device has the kernel's defaults: nobody's doing.
      if (!isNew) findings.push(`setting ${path} was ${found} instead of ${value}`);
    }
    return findings;
  }

  /** Looks whether somebody changed our rules; if so they count as not loaded. */
  async #findRuleDamage(): Promise<readonly string[]> {
    if (this.#rules === null) return [];
    const state = await this.#kernel.rulesSinceLoad();
    if (state === "asLoaded") return [];
    this.#rules = null;
    return [state === "missing" ? "our table of packet rules was missing" : "our packet rules had been changed"];
  }

  async #setRules(set: RuleSet): Promise<void> {
    const change = this.#rules === null ? null : renderNftChange(this.#rules, set);
    if (change !== "") {
      // Should this fail, nothing is known of what is loaded: the next run loads everything.
      this.#rules = null;
      const isChanged = change !== null && (await this.#kernel.changeRules(change).then(succeeded, failed));
      // Somebody may have taken away what was to be changed.
      if (!isChanged) await this.#kernel.loadRules(renderNft(set), tableFamilies(set));
    }
    this.#rules = set;
  }
}

/** Names of the namespaces of tasks and of their networks. */
function ownedNamespaces({ attachments, bare }: Wanted): ReadonlySet<string> {
  const networks = attachments.flatMap((attachment) => attachment.networks);
  return new Set([
    ...[...attachments.map(({ taskId }) => taskId), ...bare].map(namespaceName),
    ...networks.map(({ networkId }) => networkNamespaceName(networkId)),
  ]);
}

const succeeded = (): boolean => true;
const failed = (): boolean => false;

function isSameWish(before: Wanted, now: Wanted): boolean {
  return (
    before.tables === now.tables &&
    before.attachments.length === now.attachments.length &&
    before.attachments.every((attachment, at) => attachment === now.attachments[at])
  );
}
