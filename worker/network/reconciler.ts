import { messageOf } from "../../shared/errors.ts";
import type { NodeId } from "../../shared/ids.ts";
import { subnetOf } from "../../shared/ipv4.ts";
import type { NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import type { NetworkFiles } from "../ports/network-files.ts";
import type { Attachment } from "./attachment.ts";
import { type DesiredState, desiredState, type HostFacts } from "./desired.ts";
import { diffState } from "./diff.ts";
import { chooseEgressSubnet } from "./egress.ts";
import { readIngress } from "./ingress.ts";
import type { Failures, Kernel } from "./kernel.ts";
import { EGRESS_DEVICE, namespaceName } from "./names.ts";
import { isOwnRoute, type ObservedState } from "./observed.ts";
import { renderNft, renderNftChange, tableFamilies } from "./render-nft.ts";
import type { RuleSet } from "./rule-set.ts";

/** Others change the kernel too, and a change that failed may succeed against what is there now. */
const ATTEMPTS_MAX = 2;
/** Assumed where no device has the data path's address. */
const LINK_MTU_DEFAULT = 1_500;
/** No device of ours takes more; loopback, as the data path of a swarm of one, has one byte more. */
const LINK_MTU_MAX = 65_535;

/** What the kernel is to be made to match. */
export interface Wanted {
  /** null = nothing is known yet, so nothing is done but for namespaces. */
  readonly tables: readonly NetworkTable[] | null;
  readonly attachments: readonly Attachment[];
}

type KnownWish = Wanted & { readonly tables: readonly NetworkTable[] };

export interface Outcome {
  /** What was different, in words. */
  readonly findings: readonly string[];
  readonly failures: Failures;
}

/** Brings the kernel to the desired state, one run at a time; who asks during a run shares the next one. */
export class Reconciler {
  readonly #kernel: Kernel;
  readonly #files: NetworkFiles;
  readonly #nodeId: NodeId;
  /** Asked at the start of each run. */
  readonly #wanted: () => Wanted;
  #tail: Promise<unknown> = Promise.resolve();
  #next: Promise<Outcome> | null = null;
  #readRulesNext = false;
  #egressSubnet: string | null = null;
  /** The rules as we loaded them, and as the kernel then showed them (undefined: not asked yet); null = load them. */
  #rules: { readonly set: RuleSet; readonly shown: string | null | undefined } | null = null;
  /** What the last run was for. */
  #settled: Wanted | null = null;
  /** What the last run left published. */
  #published: Pick<DesiredState, "carrying" | "rules"> | null = null;

  constructor(kernel: Kernel, files: NetworkFiles, nodeId: NodeId, wanted: () => Wanted) {
    this.#kernel = kernel;
    this.#files = files;
    this.#nodeId = nodeId;
    this.#wanted = wanted;
  }

  /**
   * Resolves when the kernel matches what was wanted when this was called, or later. `readRules` also looks whether
   * somebody changed our packet rules.
   * @throws SwarmError internal when a program does not do its work at all.
   */
  reconcile(rules: "trustRules" | "readRules"): Promise<Outcome> {
    this.#readRulesNext ||= rules === "readRules";
    this.#next ??= this.exclusively(() => {
      const readRules = this.#readRulesNext;
      this.#next = null;
      this.#readRulesNext = false;
      return this.#run(readRules);
    });
    return this.#next;
  }

  /** Runs `work` while no run is under way. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#tail.then(work);
    this.#tail = run.catch(() => {});
    return run;
  }

  /** The block for tasks without ingress ports. Once chosen it stays as long as its device or a task has it. */
  async egressSubnet(): Promise<string> {
    this.#egressSubnet ??= this.#chooseEgressSubnet(await this.#kernel.observe());
    return this.#egressSubnet;
  }

  /** After everything was taken away. */
  forget(): void {
    this.#egressSubnet = null;
    this.#rules = null;
    this.#published = null;
    this.#settled = null;
  }

  async #run(readRules: boolean): Promise<Outcome> {
    const wanted = this.#wanted();
    if (wanted.tables !== null) return await this.#bringAbout({ ...wanted, tables: wanted.tables }, readRules);
    return { findings: await this.#sweepNamespaces(wanted), failures: { general: [], byTask: new Map() } };
  }

  /**
   * Removes namespaces that belong to none of the attachments the run began with. Namespaces are made and removed in
   * runs only, one at a time: removed by whoever detaches a task, one could be made again by a run that began before.
   */
  async #sweepNamespaces({ attachments }: Wanted): Promise<readonly string[]> {
    const owned = new Set(attachments.map(({ taskId }) => namespaceName(taskId)));
    const stray = (await this.#files.listNamespaces()).filter((name) => !owned.has(name));
    const findings: string[] = [];
    for (const name of stray) {
      await this.#kernel.removeNamespace(name).then(
        () => findings.push(`namespace ${name} belonged to no task`),
        (error: unknown) => findings.push(`namespace ${name} belongs to no task, but stays: ${messageOf(error)}`),
      );
    }
    return findings;
  }

  async #bringAbout(wanted: KnownWish, readRules: boolean): Promise<Outcome> {
    let failures: Failures = { general: [], byTask: new Map() };
    let desired: DesiredState | null = null;
    let remade: ReadonlySet<string> = new Set();
    // What differs because more is wanted than at the last run is work to do, not damage.
    const isSettled = this.#settled !== null && isSameWish(this.#settled, wanted);
    const findings: string[] = readRules ? await this.#findRuleDamage() : [];
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      const observed = await this.#kernel.observe();
      desired = desiredState(wanted.tables, wanted.attachments, await this.#facts(wanted, observed));
      const plan = diffState(desired, observed);
      if (attempt === 1) {
        findings.push(...plan.findings);
        remade = plan.remade;
      }
      const { rules, sysctls } = desired;
      failures = await this.#kernel.execute(plan, async () => {
        findings.push(...(await this.#setSysctls(sysctls, remade)));
        // Who may send what is decided before a device comes up; where published ports lead only when the way is there.
        await this.#setRules({ ...rules, ports: this.#rules?.set.ports ?? rules.ports });
      });
      if (failures.general.length === 0 && failures.byTask.size === 0) break;
    }
    if (desired !== null) {
      await this.#setRules(desired.rules);
      findings.push(...(await this.#sweepNamespaces(wanted)));
      await this.#forgetConnections(desired);
    }
    this.#settled = wanted;
    return { findings: isSettled ? findings : [], failures };
  }

  async #facts(wanted: KnownWish, observed: ObservedState): Promise<HostFacts> {
    this.#egressSubnet ??= this.#chooseEgressSubnet(observed);
    const dataPath = readIngress(wanted.tables, this.#nodeId)?.self.dataPathAddress;
    const device = observed.addresses.find(({ cidr }) => cidr.split("/")[0] === dataPath)?.device;
    const reversePath = await this.#files.readSysctl("net/ipv4/conf/all/rp_filter");
    return {
      nodeId: this.#nodeId,
      egressSubnet: this.#egressSubnet,
      linkMtu: Math.min(LINK_MTU_MAX, observed.links.find(({ name }) => name === device)?.mtu ?? LINK_MTU_DEFAULT),
      localAddresses: new Set(observed.addresses.map(({ cidr }) => cidr.split("/")[0] ?? "")),
      strictReversePath: reversePath !== null && reversePath !== "0",
    };
  }

  #chooseEgressSubnet(observed: ObservedState): string {
    const wanted = this.#wanted();
    const own =
      wanted.attachments.find(({ kind }) => kind === "egress")?.cidr ??
      observed.addresses.find(({ device }) => device === EGRESS_DEVICE)?.cidr;
    if (own !== undefined) return subnetOf(own);
    const routes = observed.routes
      .filter((route) => !isOwnRoute(route) && /^\d+\.\d+\.\d+\.\d+(\/\d+)?$/.test(route.destination))
      .map(({ destination }) => destination);
    const networks = (wanted.tables ?? []).flatMap(({ network }) => network?.subnets.map(({ cidr }) => cidr) ?? []);
    return chooseEgressSubnet([...routes, ...networks]);
  }

  async #setSysctls(sysctls: DesiredState["sysctls"], remade: ReadonlySet<string>): Promise<readonly string[]> {
    const findings = await Promise.all(
      [...sysctls].map(async ([path, value]) => {
        const found = await this.#files.readSysctl(path);
        if (found === null || found === value) return [];
        await this.#files.writeSysctl(path, value);
        // A new device has the kernel's defaults: nobody's doing.
        if (path.split("/").some((part) => remade.has(part))) return [];
        return [`setting ${path} was ${found} instead of ${value}`];
      }),
    );
    return findings.flat();
  }

  /** Looks whether somebody changed our rules; if so they count as not loaded. */
  async #findRuleDamage(): Promise<string[]> {
    const rules = this.#rules;
    if (rules === null) return [];
    const shown = await this.#kernel.readRules(tableFamilies(rules.set));
    if (shown !== null && (shown === rules.shown || rules.shown === undefined)) {
      this.#rules = { ...rules, shown };
      return [];
    }
    this.#rules = null;
    return [shown === null ? "our table of packet rules was missing" : "our packet rules had been changed"];
  }

  async #setRules(set: RuleSet): Promise<void> {
    const change = this.#rules === null ? null : renderNftChange(this.#rules.set, set);
    if (change === "") return;
    // Should this fail, nothing is known of what is loaded: the next run loads everything.
    this.#rules = null;
    const isChanged = change !== null && (await this.#kernel.loadRules(change).then(succeeded, failed));
    // Somebody may have taken away what was to be changed.
    if (!isChanged) await this.#kernel.loadRules(renderNft(set));
    const rules = { set, shown: undefined };
    this.#rules = rules;
    // Nobody waits for this: the rules are in force. The queue does, so that it runs before the next change.
    void this.exclusively(() => this.#rememberShownRules(rules)).catch(() => {});
  }

  /** Takes note how the kernel shows our rules, to see later whether somebody changed them. */
  async #rememberShownRules(rules: { readonly set: RuleSet }): Promise<void> {
    if (this.#rules !== rules) return;
    const shown = await this.#kernel.readRules(tableFamilies(rules.set));
    if (this.#rules === rules) this.#rules = { set: rules.set, shown };
  }

  /**
   * The kernel's connection table remembers decisions of the past: who talks to a backend that has gone would go on
   * doing so, UDP clients for as long as they keep sending, and a port nobody answered stays so for them. A backend
   * that drains keeps its connections but for those it has not answered: their first packet was lost, and the same
   * packet, sent again a second later, would meet a task that has gone.
   */
  async #forgetConnections(desired: DesiredState): Promise<void> {
    const before = this.#published;
    this.#published = desired;
    if (before === null) return;
    await this.#kernel.forgetBackends([...before.carrying].filter((address) => !desired.carrying.has(address)));
    const offered = backendsOf(desired.rules);
    const draining = [...backendsOf(before.rules)].filter((address) => !offered.has(address));
    await this.#kernel.forgetUnanswered(draining.filter((address) => desired.carrying.has(address)));
    const openBefore = new Set(openUdpPorts(before.rules));
    await this.#kernel.forgetUdpPorts(openUdpPorts(desired.rules).filter((port) => !openBefore.has(port)));
  }
}

const succeeded = (): boolean => true;
const failed = (): boolean => false;

/** Who gets new connections. */
function backendsOf({ ports }: DesiredState["rules"]): ReadonlySet<string> {
  return new Set(ports.flatMap(({ backends }) => backends.map(({ address }) => address)));
}

function openUdpPorts(rules: DesiredState["rules"]): readonly number[] {
  return rules.ports
    .filter(({ protocol, backends }) => protocol === "udp" && backends.length > 0)
    .map(({ port }) => port);
}

function isSameWish(before: Wanted, now: Wanted): boolean {
  return (
    before.tables === now.tables &&
    before.attachments.length === now.attachments.length &&
    before.attachments.every((attachment, at) => attachment === now.attachments[at])
  );
}
