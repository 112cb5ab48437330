import { toRfc3339 } from "../../shared/docker-shape/common.ts";
import { toDockerNode } from "../../shared/docker-shape/node.ts";
import { resourceTexts } from "../../shared/generic-resources.ts";
import { humanBytes } from "../../shared/human-bytes.ts";
import { clashTexts } from "../../shared/objects/host-listener.ts";
import { overlayTexts } from "../../shared/objects/overlay-text.ts";
import type { Node, RootRotation } from "../../shared/rpc/gen/objects.ts";
import type { Run } from "../cli.ts";
import { type Field, prettyLines, printInspected, requireOneShape } from "../format/inspect.ts";
import type { INSPECT_OPTIONS } from "../list-options.ts";
import { nodeRef, nodesById, pretty, showFound } from "../names.ts";
import { tlsStatus } from "./row.ts";

export const run: Run<typeof INSPECT_OPTIONS> = async (cli, args, flags) => {
  requireOneShape(flags);
  const control = await cli.api.control();
  const { cluster } = flags.is("pretty") ? await control.getCluster({}, { signal: cli.signal }) : { cluster: null };
  const find = async (arg: string): Promise<Node | null> =>
    (await control.getNode({ ref: await nodeRef(cli, arg) }, { signal: cli.signal })).node;
  await showFound(args, find, async (nodes) => {
    if (!flags.is("pretty")) {
      const shown = nodes.map((node) => toDockerNode(node));
      printInspected(shown, flags.text("format") ?? "", cli.output);
      return;
    }
    const rotation = cluster?.rootCa?.rotation ?? null;
    const names = nodes.some(hasNarrowWays) ? await nodesById(cli) : new Map<string, Node>();
    const nameOf = (id: string): string => names.get(id)?.description?.hostname || id;
    const all = nodes.flatMap((node) => prettyLines(fieldsOf(node, rotation, nameOf)));
    for (const line of all) cli.output.line(line);
  });
};

function hasNarrowWays({ description }: Node): boolean {
  return (description?.overlay?.narrow.length ?? 0) > 0;
}

function fieldsOf(node: Node, rotation: RootRotation | null, nameOf: (id: string) => string): readonly Field[] {
  const { description, managerStatus, spec, status } = node;
  const overlay = description?.overlay ?? null;
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
    ["Overlay", { lines: overlay === null ? [] : overlayTexts(overlay, nameOf).map((text) => ` ${text}`) }],
    ["Engine Version", description?.engineVersion ?? ""],
    ["Engine Labels", Object.entries(description?.engineLabels ?? {}).map(([key, value]) => `${key}=${value}`)],
    ["TLS Status", tlsStatus(node, rotation)],
  ];
}
