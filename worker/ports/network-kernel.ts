import type { NetworkChange } from "../netlink/change.ts";
import type { ConnectionPattern } from "../netlink/connections.ts";
import type { Listener } from "../netlink/listeners.ts";
import type { FilterHook } from "../netlink/packet-filter.ts";
import type { ObservedState } from "../netlink/state.ts";

/** What somebody else may have changed. */
export type Disturbance = "state" | "rules";

/** A table of packet rules. */
export interface RulesTable {
  readonly family: "ip" | "ip6" | "inet";
  readonly name: string;
}

/** `perhapsChanged` = somebody did something in one of the tables, or that cannot be ruled out. */
export type RulesState = "asLoaded" | "missing" | "perhapsChanged";

/** The kernel's network state in one network namespace: the daemon's own, or one that it made. */
export interface NetworkKernel {
  /**
   * What is there at this moment. Cheap: it is kept up to date by the kernel's notices, and read anew only where these
   * do not tell all.
   */
  observe(): Promise<ObservedState>;
  /** As `observe`, but everything is read anew, whatever was heard. */
  observeAnew(): Promise<ObservedState>;
  /**
   * Carries the changes out in their order, each whether or not those before succeeded; resolves with a sentence for
   * each that was refused, at its place.
   */
  change(changes: readonly NetworkChange[]): Promise<readonly (string | null)[]>;

  /** A setting below /proc/sys/, trimmed; null = there is none of that name. */
  readSetting(path: string): string | null;
  /** Sets it; a setting that has gone meanwhile (its device was removed) is no error. */
  writeSetting(path: string, value: string): void;

  /**
   * Carries out what `nft -f -` would, in one transaction. `tables` = all tables of ours, which the text makes anew;
   * null = it only changes what is in them. @throws SwarmError internal when the kernel refuses.
   */
  loadRules(text: string, tables: readonly RulesTable[] | null): Promise<void>;
  /** Whether there is such a table, whoever made it. */
  hasRules(table: RulesTable): Promise<boolean>;
  /** What others did to our tables since they were made. */
  rulesSinceLoad(): Promise<RulesState>;
  /** Base chains, outside of tables of this name, that drop what they do not allow; each as `FAMILY TABLE CHAIN`. */
  drops(hook: FilterHook, exceptTable: string): Promise<readonly string[]>;

  /** Makes the kernel forget connections, so that their next packets are looked at afresh. */
  forgetConnections(patterns: readonly ConnectionPattern[]): Promise<void>;
  /**
   * Ends the connections, and UDP's exchanges with one peer, that programs of this namespace have under these
   * addresses: they get an error at once (ECONNABORTED). Resolves with how many there were that the kernel did not end,
   * as one that is built without CONFIG_INET_DIAG_DESTROY.
   */
  endConnections(addresses: readonly string[]): Promise<number>;
  /** Sockets in the namespace, of programs and of the kernel, that take what comes to a port. */
  listeners(): Promise<readonly Listener[]>;

  /**
   * From now on calls `listener` after somebody other than this object changed something (perhaps: it is called once
   * too often rather than once too rarely), a moment later and never from within a method. null = nobody any more.
   */
  onDisturbance(listener: ((what: Disturbance) => void) | null): void;
  /** Nothing is heard or kept open any more. */
  close(): void;
}

/** Network namespaces that have a name, which is a file. */
export interface NetworkNamespaces {
  /** The namespace that the daemon runs in. */
  own(): NetworkKernel;
  /** Makes an empty namespace at the path, unless one is there. Resolves with whether it was made now. */
  make(path: string): Promise<boolean>;
  /** The one at the path. @throws SwarmError notFound when none is there. */
  open(path: string): Promise<NetworkKernel>;
  /** Takes the name away; the namespace goes with the last process in it. One that has gone is no error. */
  remove(path: string): Promise<void>;
}
