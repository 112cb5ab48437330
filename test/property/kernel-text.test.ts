/**
 * No word of a worker, a spec or a manager reaches a message to the kernel or the text for nft as it is: it is refused,
 * its host is left out, or what is rendered has the grammar of what was reviewed.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { takeDescription } from "../../manager/dispatcher/worker-words.ts";
import { SwarmError } from "../../shared/errors.ts";
import { mustHave } from "../../shared/invariant.ts";
import type { NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import { deviceOf } from "../../worker/netlink/change.ts";
import { requestFor } from "../../worker/netlink/requests.ts";
import type { ObservedState } from "../../worker/netlink/state.ts";
import { insideChanges, parseAttachment } from "../../worker/network/attachment.ts";
import { desiredState } from "../../worker/network/desired.ts";
import { diffState } from "../../worker/network/diff.ts";
import { renderNft, renderNftChange } from "../../worker/network/render-nft.ts";
import { hostOf, ingressTable, nodeIdOf, port, taskIdOf } from "../support/network-objects.ts";
import { createNode, createSubnet } from "../support/objects.ts";

const GOLDEN = join(import.meta.dirname, "../golden/network");
const NOTHING: ObservedState = {
  ...{ links: [], addresses: [], routes: [], neighbours: [], forwarding: [], settings: new Map() },
};
const DATA_PATH = "10.98.0.";

// Placeholders for what a value may look like, the longest first.
const VALUES: readonly (readonly [RegExp, string])[] = [
  [/(?<![\w:.])(?:[0-9a-f]{2}:){5}[0-9a-f]{2}(?![\w:.])/g, "MAC"],
  [/(?<![\w:.])(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){7}|[0-9a-f:]*::[0-9a-f:]*)(?:\/\d{1,3})?(?![\w.])/g, "IP"],
  [/(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,2})?(?![\w.])/g, "IP"],
  [/(?<!\w)0x[0-9a-f]{12}(?!\w)/g, "MAC"],
  [/(?<!\w)sw[ie]-[a-z0-9]{11}(?!\w)/g, "LINK"],
  [/(?<!\w)sw-vx\d+(?!\w)/g, "LINK"],
  [/(?<!\w)(?:tcp|udp|sctp)(?!\w)/g, "PROTOCOL"],
  [/(?<![\w.])(port_PROTOCOL_)?\d+(?![\w.])/g, "$1NUMBER"],
  [/(port_\w+_)\d+/g, "$1NUMBER"],
];
const shapeOf = (line: string): string => {
  let shape = VALUES.reduce((text, [pattern, name]) => text.replaceAll(pattern, name), line);
  shape = shape.replaceAll(/port_(?:tcp|udp|sctp)_\d+(?:_\d+)*/g, "port_PROTOCOL_NUMBER");
  // A list of things of one kind is as good as one of them.
  return shape
    .replaceAll(/(\{ )((?:(?!, ).)+?)(?:, \2)+(?= \})/g, "$1$2")
    .replace(/,$/, "")
    .trim();
};
const NFT_SHAPES = new Set(
  readdirSync(GOLDEN)
    .filter((name) => name.endsWith(".nft"))
    .flatMap((name) => readFileSync(join(GOLDEN, name), "utf8").split("\n"))
    .map(shapeOf),
);
const ELEMENT =
  /^flush chain ip swarm port_PROTOCOL_NUMBER$|^(?:add|delete) element ip6? swarm \w+ \{ (?:"?\w+"?(?: [.:] "?\w+"?)*) \}$/;

const LINK = /^(?:|sw-egress|eth0|lo|sw-vx\d+|sw[ie]-[a-z0-9]{11})$/;
/** Bytes; a task's link with both ends has the most. */
const MESSAGE_MAX = 256;

/** Renders everything for host 1 from the table, as the daemon does, and looks at each line. */
function check(table: NetworkTable, attachments: readonly string[] = []): void {
  const facts = {
    ...{ nodeId: nodeIdOf(1), networks: [], egressSubnet: "172.31.240.0/20", linkMtu: 1_500 },
    ...{ localAddresses: new Set([`${DATA_PATH}1`]), leftPorts: new Map(), strictReversePath: true, hasIpv6: true },
  };
  const parsed = attachments.map(parseAttachment).filter((attachment) => attachment.kind !== "none");
  const benign = desiredState([ingressTable([hostOf(1)])], [], facts);
  const desired = desiredState([table], parsed, facts);
  const plan = diffState(desired, NOTHING);
  const changes = [...plan.links, ...plan.rest];
  for (const { attachment, gateways } of plan.tasks) changes.push(...insideChanges(attachment, gateways));
  for (const change of changes) {
    assert.match(deviceOf(change), LINK);
    // Whatever is no address, no MAC and no device's name does not become a message.
    assert.ok(requestFor(change, { indexOf: () => 1, fileOf: () => 1 }).length < MESSAGE_MAX);
  }
  for (const [path, value] of desired.sysctls) {
    assert.match(
      path,
      /^net\/ipv4\/ip_forward$|^net\/ipv6\/conf\/all\/forwarding$|^net\/ipv[46]\/conf\/sw[\w-]+\/\w+$/,
    );
    assert.match(value, /^\d+$/);
  }
  const change = renderNftChange(benign.rules, desired.rules) ?? "";
  for (const line of renderNft(desired.rules).split("\n")) assert.ok(NFT_SHAPES.has(shapeOf(line)), line);
  for (const line of change.split("\n").filter((text) => text !== "")) {
    const rule = /^add rule ip swarm port_PROTOCOL_NUMBER (.*)$/.exec(shapeOf(line))?.[1];
    if (rule !== undefined) assert.ok(NFT_SHAPES.has(rule), line);
    else assert.match(shapeOf(line), ELEMENT);
  }
}

function checkUnlessRefused(...words: Parameters<typeof check>): "checked" | "refused" {
  try {
    check(...words);
    return "checked";
  } catch (error) {
    if (error instanceof SwarmError) return "refused";
    throw error;
  }
}

/** What breaks out of a word, of a line, of a set, of a command; or looks nearly like what is expected. */
const scrap = fc.constantFrom(
  ...[
    " ",
    "\n",
    "\r",
    "\t",
    "\0",
    ";",
    "#",
    "{",
    "}",
    ",",
    '"',
    "'",
    "`",
    "$(x)",
    "\\",
    "\u2028",
    "/",
    "/8",
    "/99",
    "%eth0",
    ":",
    ".",
  ],
  ...[
    "-force",
    "-batch",
    "dev eth0",
    "dst 6.6.6.6",
    "drop",
    "accept",
    "flush ruleset",
    "add rule ip x y accept",
    "@members",
  ],
  ...[
    "10.0.0.7",
    "10.0.0.7/24",
    "::",
    "fd00::7",
    "::ffff:10.0.0.7",
    "02:42:0a:00:00:07",
    "0",
    "007",
    "0x7f",
    "1e3",
    "１０.0.0.1",
  ],
);
const hostile = fc.oneof(
  fc.array(scrap, { maxLength: 6 }).map((parts) => parts.join("")),
  fc.string(),
  fc.string({ unit: "binary" }),
);
/** Mostly as it should be, so that what is wrong gets far. */
const maybe = (good: string): fc.Arbitrary<string> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(good) }, { weight: 1, arbitrary: hostile });

test("what is reviewed has the shapes that are looked for", () => {
  const tasks = [
    { id: taskIdOf("web1"), host: hostOf(1) },
    { id: taskIdOf("web2"), host: hostOf(2) },
  ];
  const table = ingressTable([1, 2, 3].map(hostOf), { tasks, ports: [port("TCP", 80, 8080), port("UDP", 53, 53)] });
  const attachment = {
    taskId: taskIdOf("web1"),
    namespacePath: "/run/swarm/network/netns/swarm-x",
    kind: "ingress",
    cidr: "10.0.0.11/24",
    hostPorts: [],
    formerCidr: null,
    isBridged: false,
  };
  check(table, [JSON.stringify(attachment)]);
  const evil = ingressTable([hostOf(1), { ...hostOf(2), ingressAddress: "10.0.0.3" }]);
  assert.throws(() =>
    check({
      ...evil,
      network: {
        ...mustHave(evil.network, "it"),
        subnets: [createSubnet("10.0.0.0/24", "10.0.0.1/32 dev lo\naddress add 6.6.6.6")],
      },
    }),
  );
});

test("words of a worker, through the leader's door", () => {
  fc.assert(
    fc.property(hostile, hostile, (dataPathAddress, hostname) => {
      const good = mustHave(createNode("n1").description, "description");
      let said: typeof good;
      try {
        said = takeDescription({ ...good, dataPathAddress, hostname }, "10.98.0.2");
      } catch (error) {
        assert.ok(error instanceof SwarmError);
        return;
      }
      const host = { ...hostOf(2), address: said.dataPathAddress, name: said.hostname };
      const table = ingressTable([hostOf(1), host, hostOf(3)], { tasks: [{ id: taskIdOf("web1"), host }] });
      assert.equal(checkUnlessRefused(table), "checked", "a worker's word hurts no other host");
    }),
    { numRuns: 2_000 },
  );
});

test("words of a manager that checks nothing", () => {
  const outcomes = { checked: 0, refused: 0 };
  const anyTable = fc.record({
    subnet: maybe("10.0.0.0/24"),
    gateway: maybe("10.0.0.1"),
    own: maybe("10.0.0.2"),
    hostIp: maybe("10.98.0.0/24"),
    other: fc.record({ data: maybe("10.98.0.2"), address: maybe("10.0.0.3"), name: hostile }),
    task: fc.record({ id: maybe(taskIdOf("web1")), address: maybe("10.0.0.11/24") }),
    serviceName: hostile,
    networkName: hostile,
  });
  fc.assert(
    fc.property(anyTable, ({ subnet, gateway, own, hostIp, other, task, serviceName, networkName }) => {
      const self = { ...hostOf(1), ingressAddress: own };
      const host = { ...hostOf(2), address: other.data, ingressAddress: other.address, name: other.name };
      const tasks = [{ id: task.id as never, host, address: task.address }];
      const table = ingressTable([self, host], { tasks, ports: [port("TCP", 80, 8080, "INGRESS", hostIp)] });
      const network = mustHave(table.network, "network");
      const annotations = { name: networkName, labels: {} };
      const spec = { ...mustHave(network.spec, "spec"), annotations };
      outcomes[
        checkUnlessRefused({
          ...table,
          network: { ...network, subnets: [createSubnet(subnet, gateway)], spec },
          services: table.services.map((service) => ({ ...service, name: serviceName })),
        })
      ]++;
    }),
    { numRuns: 3_000 },
  );
  assert.ok(outcomes.checked > 300 && outcomes.refused > 300, JSON.stringify(outcomes));
});

test("records of tasks' networks, whoever wrote them", () => {
  const anyRecord = fc.record({
    taskId: maybe(taskIdOf("web1")),
    namespacePath: maybe("/run/swarm/network/netns/swarm-web1"),
    kind: fc.constantFrom("ingress", "egress"),
    cidr: maybe("10.0.0.11/24"),
    hostPorts: fc.oneof(
      fc.constantFrom([], [port("TCP", 8080, 80)]),
      fc
        .record({
          ...{ protocol: maybe("TCP"), publishedPort: maybe("80") },
          targetPort: fc.constant(80),
          hostIp: maybe("10.0.0.1"),
        })
        .map((one) => [one]),
    ),
  });
  fc.assert(
    fc.property(anyRecord, (record) => void checkUnlessRefused(ingressTable([hostOf(1)]), [JSON.stringify(record)])),
    { numRuns: 2_000 },
  );
});
