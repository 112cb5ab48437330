import type { Reading } from "./field-row.ts";

/** Keys of a service that mean nothing to a swarm, with why; `isAsked`: values that ask for something. */
const UNSUPPORTED: readonly {
  readonly key: string;
  readonly why: string;
  readonly isAsked?: (reading: Reading) => boolean;
}[] = [
  { key: "credential_spec", why: "it is for containers of Windows" },
  { key: "cpu_count", why: "it is for containers of Windows: give deploy.resources.limits.cpus" },
  { key: "cpu_percent", why: "it is for containers of Windows: give deploy.resources.limits.cpus" },
  {
    key: "isolation",
    why: "it is for containers of Windows",
    isAsked: ({ service }) => !["", "default"].includes(service.isolation ?? ""),
  },
  { key: "external_links", why: "put both services on one external network, where they find each other by name" },
  { key: "mac_address", why: "the swarm gives tasks their addresses" },
  { key: "models", why: "there is no one who runs models" },
  { key: "post_start", why: "nothing is run in a container when it has started" },
  { key: "pre_start", why: "nothing is run before a container starts" },
  { key: "pre_stop", why: "nothing is run in a container before it is asked to stop" },
  { key: "provider", why: "services are containers" },
  {
    key: "stdin_open",
    why: "nobody can write to the standard input of a service's tasks",
    isAsked: ({ service }) => service.stdinOpen === true,
  },
];

/** Notes every key of a service that would have no effect. */
export function noteUnsupported(reading: Reading): void {
  const { service, notes, path } = reading;
  for (const { key, why, isAsked } of UNSUPPORTED) {
    if (service.keys.has(key) && (isAsked?.(reading) ?? true)) {
      notes.unsupported([...path, key], `service ${service.name}: ${key} is not supported: ${why}`);
    }
  }
}
