import { toRfc3339 } from "../../shared/docker-shape/common.ts";
import { toDockerNode } from "../../shared/docker-shape/node.ts";
import { resourceTexts } from "../../shared/generic-resources.ts";
import { clashTexts } from "../../shared/objects/host-listener.ts";
import type { Node, RootRotation } from "../../shared/rpc/gen/objects.ts";
import type { Run } from "../cli.ts";
import { humanBytes } from "../format/age.ts";
import { type Field, prettyLines, printInspected, requireOneShape } from "../format/inspect.ts";
import type { INSPECT_OPTIONS } from "../list-options.ts";
import { nodeRef, pretty } from "../names.ts";
import { tlsStatus } from "./row.ts";

export const run: Run<typeof INSPECT_OPTIONS> = async (cli, args, flags) => {
  requireOneShape(flags);
  const control = await cli.api.control();
  const { cluster } = flags.is("pretty") ? await control.getCluster({}, { signal: cli.signal }) : { cluster: null };
  const nodes: Node[] = [];
  for (const arg of args) {
    const { node } = await control.getNode({ ref: await nodeRef(cli, arg) }, { signal: cli.signal });
    if (node !== null) nodes.push(node);
  }
  if (flags.is("pretty")) {
    const rotation = cluster?.rootCa?.rotation ?? null;
    for (const node of nodes) for (const line of prettyLines(fieldsOf(node, rotation))) cli.output.line(line);
    return;
  }
  printInspected(
    nodes.map((node) => toDockerNode(node)),
    flags.text("format") ?? "",
    cli.output,
  );
};

function fieldsOf(node: Node, rotation: RootRotation | null): readonly Field[] {
  const { description, managerStatus, spec, status } = node;
  return [
    ["ID", node.id],
    ["Labels", Object.entries(spec?.annotations?.labels ?? {}).map(([key, value]) => `${key}=${value}`)],
    ["Hostname", description?.hostname ?? ""],
    ["Joined at", toRfc3339(node.meta?.createdAtMs ?? 0)],
    [
      "Status",
      [
        ["State", pretty(status?.state ?? "UNKNOWN")],
        ["Message", status?.message ?? ""],
        ["Availability", pretty(spec?.availability ?? "ACTIVE")],
        ["Address", status?.address ?? ""],
      ],
    ],
    ...(managerStatus === null
      ? []
      : ([
          [
            "Manager Status",
            [
              ["Address", managerStatus.address],
              ["Raft Status", pretty(managerStatus.reachability)],
              ["Leader", managerStatus.leader ? "Yes" : "No"],
            ],
          ],
        ] as const)),
    [
      "Platform",
      [
        ["Operating System", description?.platform?.os ?? ""],
        ["Architecture", description?.platform?.architecture ?? ""],
      ],
    ],
    [
      "Resources",
      [
        ["CPUs", String((description?.resources?.nanoCpus ?? 0) / 1e9)],
        ["Memory", humanBytes(description?.resources?.memoryBytes ?? 0)],
        ["Generic Resources", (description?.resources?.generic ?? []).flatMap(resourceTexts)],
      ],
    ],
    ["Port Clashes", { lines: description === null ? [] : clashTexts(description).map((text) => ` ${text}`) }],
    ["Engine Version", description?.engineVersion ?? ""],
    ["Engine Labels", Object.entries(description?.engineLabels ?? {}).map(([key, value]) => `${key}=${value}`)],
    ["TLS Status", tlsStatus(node, rotation)],
  ];
}
