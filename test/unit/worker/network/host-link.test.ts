import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Attachment } from "../../../../worker/network/attachment.ts";
import { attachmentSteps } from "../../../../worker/network/host-link.ts";
import { taskIdOf } from "../../../support/network-objects.ts";

const plain: Attachment = {
  ...{ taskId: taskIdOf("app"), namespacePath: "/netns/app", kind: "egress", cidr: "172.31.240.2/20" },
  ...{
    cidr6: "fd00:e::172.31.240.2/64",
    formerCidr: null,
    hostPorts: [],
    interfaceName: "eth0",
    networks: [],
    isBridged: false,
  },
};
const published: Attachment = {
  ...{ ...plain, kind: "ingress", cidr: "10.0.0.12/24", cidr6: "fd00:a::10.0.0.12/64" },
  ...{ formerCidr: "172.31.240.2/20", interfaceName: "eth1" },
};
const steps = (before: Attachment, ingress: string | null): readonly Attachment[] =>
  attachmentSteps(before, { ingress, networks: [], nextEgressCidr: () => "172.31.240.9/20", cidr6Of });
const cidr6Of = (kind: Attachment["kind"], cidr: string): string =>
  `fd00:${kind === "ingress" ? "a" : "e"}::${cidr.split("/")[0]}/64`;

describe("a running task's link to its host", () => {
  it("stays as it is where nothing else is asked for", () => {
    assert.deepEqual(steps(plain, null), []);
    assert.deepEqual(steps(published, "10.0.0.12/24"), []);
  });

  it("leads to ingress from the first published port on, and keeps the address of connections under way", () => {
    assert.deepEqual(steps(plain, "10.0.0.12/24"), [published]);
  });

  it("is host-local again after the last one, under the address it had", () => {
    assert.deepEqual(steps(published, null), [plain]);
    const never: Attachment = { ...published, formerCidr: null, interfaceName: "eth0" };
    assert.deepEqual(steps(never, null), [
      { ...plain, cidr: "172.31.240.9/20", cidr6: "fd00:e::172.31.240.9/64", interfaceName: "eth1" },
    ]);
  });

  it("is made anew, in two steps, for another address on ingress", () => {
    assert.deepEqual(steps(published, "10.0.0.13/24"), [
      plain,
      { ...published, cidr: "10.0.0.13/24", cidr6: "fd00:a::10.0.0.13/64" },
    ]);
  });
});
