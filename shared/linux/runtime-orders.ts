/**
 * Prefixes of annotations that give orders to runtimes, such as to use another system call filter: to crun (also to run
 * another kind of program), to runc, and to runtimes that run containers under a kernel of their own.
 */
const PREFIXES = ["run.oci.", "module.wasm.", "org.systemd.property.", "io.katacontainers.", "dev.gvisor."];

/** Whether an OCI runtime would take an annotation of this key as an order. */
export function isRuntimeOrder(key: string): boolean {
  return PREFIXES.some((prefix) => key.startsWith(prefix));
}
