import type { NetworkKernel } from "../../ports/network-kernel.ts";

/**
 * Takes the devices of a network's namespace away, from inside. Those of a namespace that has lost its name go in the
 * kernel's own time, and until then it refuses a second VXLAN device with the same VNI; a network whose last task here
 * is replaced comes back at once.
 */
export async function emptyNamespace(inside: NetworkKernel): Promise<void> {
  const { links } = await inside.observe();
  const devices = links.map(({ name }) => name).filter((name) => name !== "lo");
  await inside.change(devices.map((device) => ({ kind: "removeLink", device })));
}
