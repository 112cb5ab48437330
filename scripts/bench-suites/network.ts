/**
 * User networks and the mesh in the lab: what each way to a container costs, when every host knows of a change, and
 * that no request fails while services are updated, made smaller and moved.
 */
import { down, up } from "../lab-parts/lifecycle.ts";
import type { Figure } from "./figure.ts";
import { measureWays } from "./network/paths.ts";
import { measureUnbroken } from "./network/unbroken.ts";
import { measureVisible } from "./network/visible.ts";

const MANAGERS = 3;

export type NetworkPart = "ways" | "unbroken" | "visible";

/** `full`: as often as promised; else a few times. */
export async function measureNetwork(
  quick: boolean,
  full: boolean,
  parts: readonly NetworkPart[] = ["ways", "unbroken", "visible"],
): Promise<readonly Figure[]> {
  const measures = {
    ways: { hosts: 3, measure: () => measureWays(quick) },
    visible: { hosts: 5, measure: () => measureVisible(quick, 5) },
    unbroken: { hosts: 3, measure: () => measureUnbroken(full) },
  };
  const figures: Figure[] = [];
  for (const part of parts) {
    const { hosts, measure } = measures[part];
    await down();
    await up({ count: hosts, managers: MANAGERS, formSwarm: true });
    try {
      figures.push(...(await measure()));
    } finally {
      await down();
    }
  }
  return figures;
}
