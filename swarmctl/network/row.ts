import { toRfc3339 } from "../../shared/docker-shape/common.ts";
import { driverOf, hasAddresses, hasIpv6, scopeOf } from "../../shared/objects/network.ts";
import type { Network } from "../../shared/rpc/gen/objects.ts";
import type { Column } from "../format/table.ts";
import { shortId } from "../names.ts";

/** A line of `network ls`; its fields are what templates and JSON know, as Docker has them. */
export interface NetworkRow extends Readonly<Record<string, unknown>> {
  readonly CreatedAt: string;
  readonly Driver: string;
  readonly ID: string;
  readonly IPv4: string;
  readonly IPv6: string;
  readonly Internal: string;
  readonly Labels: string;
  readonly Name: string;
  readonly Scope: string;
}

export function networkRow(network: Network, truncate: boolean): NetworkRow {
  const { id, meta, spec } = network;
  const labels = Object.entries(spec?.annotations?.labels ?? {});
  const driver = driverOf(spec ?? { driver: "" });
  return {
    CreatedAt: toRfc3339(meta?.createdAtMs ?? 0),
    Driver: driver,
    ID: truncate ? shortId(id) : id,
    IPv4: String(spec !== null && hasAddresses(spec)),
    IPv6: String(hasIpv6(network)),
    Internal: String(spec?.internal ?? false),
    Labels: labels.map(([key, value]) => `${key}=${value}`).join(","),
    Name: spec?.annotations?.name ?? "",
    Scope: scopeOf({ driver }),
  };
}

export const NETWORK_COLUMNS: readonly Column<NetworkRow>[] = [
  { heading: "NETWORK ID", cell: (row) => row.ID },
  { heading: "NAME", cell: (row) => row.Name },
  { heading: "DRIVER", cell: (row) => row.Driver },
  { heading: "SCOPE", cell: (row) => row.Scope },
];
