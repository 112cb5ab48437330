import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRoutes } from "../../../../swarmd/ports/routes.ts";

const TABLE = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	010010AC	0003	0	0	0	00000000	0	0	0
eth0	000010AC	00000000	0001	0	0	0	0000FFFF	0	0	0
wg0	0000080A	00000000	0001	0	0	0	0000FEFF	0	0	0
odd line
`;

test("the kernel's table of routes gives blocks, without the default route", () => {
  assert.deepEqual(parseRoutes(TABLE), ["172.16.0.0/16", "10.8.0.0/15"]);
});
