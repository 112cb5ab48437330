/** What the suite and the process with the hosts tell each other. */

/** For the process with the hosts, in its first argument. */
export interface HostsConfig {
  /** HOST:PORT of the manager. */
  readonly address: string;
  /** As many hosts, with the ids of `hostIdOf`. */
  readonly hosts: number;
}

export type HostsHear =
  /** The hosts up to this number lose power: they end without a word. */
  { readonly kind: "powerOff"; readonly hosts: number };

export type HostsSay = { readonly kind: "started" };
