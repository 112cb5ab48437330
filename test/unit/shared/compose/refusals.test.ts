// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Compose files look like that.
/** What is wrong with a file is said with its line, what was written, and what to write. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ComposeError } from "../../../../shared/compose/compose-error.ts";
import { loadTexts } from "../../../support/compose.ts";

const service = (lines: string) => `services:\n  web:\n    image: x\n    ${lines.replaceAll("\n", "\n    ")}\n`;

const OF_A_SERVICE: readonly (readonly [string, string])[] = [
  ["imagee: y", 'compose.yaml:4: services.web.imagee: "imagee" is not a key here; did you mean "image"?'],
  ["value: y", 'compose.yaml:4: services.web.value: "value" is not a key here'],
  ["ports: [80, 80:a]", 'compose.yaml:4: services.web.ports[1]: "80:a" is not a port; write "HOST:CONTAINER"'],
  [
    "ports: [1-3:1-2]",
    'compose.yaml:4: services.web.ports[0]: "1-3:1-2" has ranges of different lengths; write equal ones',
  ],
  ["ports: ['x:80:80']", 'compose.yaml:4: services.web.ports[0]: "x" is not an address of a host'],
  ["ports: [70000]", 'compose.yaml:4: services.web.ports[0]: 70000 is not a port; write "HOST:CONTAINER"'],
  ["ports: [80/icmp]", 'compose.yaml:4: services.web.ports[0]: "80/icmp" is not a port; write "HOST:CONTAINER"'],
  ["ports: [1-65000]", "compose.yaml:4: services.web.ports[0]: the ranges of the file stand for more than 10000 ports"],
  ["ports: [{published: 80}]", 'compose.yaml:4: services.web.ports[0]: has no "target", the port of the container'],
  ["ports:\n", "compose.yaml:4: services.web.ports: is empty; write a list of ports"],
  ["environment: x", 'compose.yaml:4: services.web.environment: "x" is not a mapping, or a list of KEY=VALUE'],
  ["environment: {A: [1]}", "compose.yaml:4: services.web.environment.A: a list is not text, a number, true or false"],
  ["image: 5", 'compose.yaml:4: the key "image" is there already, in line 3'],
  ["hostname: 5", "compose.yaml:4: services.web.hostname: 5 is not text (in quotes if it looks like a number)"],
  ["init: maybe", 'compose.yaml:4: services.web.init: "maybe" is not true or false'],
  ["scale: -1", "compose.yaml:4: services.web.scale: -1 is not a whole number of at least 0"],
  ["mem_limit: 5q", 'compose.yaml:4: services.web.mem_limit: "5q" is not a size, as "512m"'],
  ["stop_grace_period: 5", 'compose.yaml:4: services.web.stop_grace_period: 5 is not a duration, as "1m30s"'],
  ["stop_grace_period: -5s", 'compose.yaml:4: services.web.stop_grace_period: "-5s" is not a duration, as "1m30s"'],
  [
    "restart: sometimes",
    'compose.yaml:4: services.web.restart: "sometimes" is not "no", "always", "unless-stopped" or "on-failure[:RETRIES]"',
  ],
  [
    "deploy:\n  mode: x",
    'compose.yaml:5: services.web.deploy.mode: "x" is not one of "replicated", "global", "replicated-job", "global-job"',
  ],
  [
    "deploy:\n  replica: 1",
    'compose.yaml:5: services.web.deploy.replica: "replica" is not a key here; did you mean "replicas"?',
  ],
  ["command: sh -c 'x", "compose.yaml:4: services.web.command: is not a command line: a quote is not closed"],
  [
    "healthcheck: {test: [curl, x]}",
    'compose.yaml:4: services.web.healthcheck.test: begins with "curl"; write "CMD", "CMD-SHELL" or "NONE" first',
  ],
  [
    "volumes: ['aa:/b:ro:x']",
    'compose.yaml:4: services.web.volumes[0]: "aa:/b:ro:x" has too many colons; write the long form',
  ],
  ["volumes: ['aa::b']", 'compose.yaml:4: services.web.volumes[0]: "aa::b" is not a volume; write "SOURCE:TARGET"'],
  ["volumes: [{target: /b}]", 'compose.yaml:4: services.web.volumes[0]: has no "type": bind, volume, tmpfs or image'],
  ["volumes: [{type: bind, target: /b}]", 'compose.yaml:4: services.web.volumes[0]: is a bind without a "source"'],
  ["volumes: ['aa:/b']", 'compose.yaml:4: services.web.volumes: "aa" is not among the file\'s volumes; add it there'],
  [
    "volumes: ['./a:/b/']\ntmpfs: ['/b:size=1m']",
    "compose.yaml:4: services.web.volumes: something is mounted at /b already",
  ],
  ["networks: [back]", 'compose.yaml:4: services.web.networks: "back" is not among the file\'s networks; add it there'],
  [
    "networks: [a]\nnetwork_mode: host",
    'compose.yaml:5: services.web.network_mode: does not go together with "networks"; leave one out',
  ],
  ["secrets: [a]", 'compose.yaml:4: services.web.secrets: "a" is not among the file\'s secrets; add it there'],
  ["depends_on: [db]", 'compose.yaml:4: services.web.depends_on: the service "db" is not in the file'],
  ["depends_on: {web: {restart: true}}", 'compose.yaml:4: services.web.depends_on.web: has no "condition"'],
  ["depends_on: [web]", 'compose.yaml:4: services.web.depends_on: services wait for each other: "web", "web"'],
  ["extends: web", 'compose.yaml:4: services.web.extends: services extend each other: "web" extends "web"'],
  ["extends: other", 'compose.yaml:4: services.web.extends: this file has no service "other"'],
  ["extends: {file: no.yaml, service: x}", "compose.yaml:4: there is no file no.yaml"],
  ["env_file: no.env", "compose.yaml:4: there is no file no.env"],
  [
    "gpus: [{count: 1, device_ids: ['0']}]",
    'compose.yaml:4: services.web.gpus[0]: has both "count" and "device_ids"; leave one out',
  ],
  [
    "deploy: {resources: {reservations: {devices: [{count: 1}]}}}",
    'compose.yaml:4: services.web.deploy.resources.reservations.devices[0]: has no "capabilities"',
  ],
  [
    "scale: 2\ndeploy: {replicas: 3}",
    "compose.yaml:4: services.web.scale: is 2, and deploy.replicas is 3; leave one out",
  ],
  [
    "container_name: one\nscale: 2",
    "compose.yaml:4: services.web.container_name: 2 containers cannot have one name; leave it out",
  ],
  [
    "secrets: [{source: s, mode: '888'}]",
    'compose.yaml:4: services.web.secrets[0].mode: "888" is not permission bits, as 0440',
  ],
  ["extra_hosts: [one]", 'compose.yaml:4: services.web.extra_hosts[0]: "one" is not "HOST=ADDRESS"'],
  ["ulimits: {nofile: {soft: 1}}", 'compose.yaml:4: services.web.ulimits.nofile: has no "hard"'],
  ["hostname: ${X:?set it}", "compose.yaml:4: services.web.hostname: the variable X is required and missing: set it"],
  [
    "hostname: ${X",
    'compose.yaml:4: services.web.hostname: "${X" has no closing brace; write $$ for a dollar that begins no variable',
  ],
];

const OF_A_FILE: readonly (readonly [string, string, string])[] = [
  ["an empty file", "", "compose.yaml is empty"],
  ["a list", "- a", "compose.yaml:1: the file is not a mapping of sections"],
  [
    "an unknown section",
    "service: {}",
    'compose.yaml:1: service: "service" is not a key here; did you mean "services"?',
  ],
  [
    "a name with a blank",
    "services:\n  a b: {image: x}",
    'compose.yaml:2: services.a b: a name has only letters, digits, ".", "_" and "-"',
  ],
  ["a service without an image", "services:\n  a: {}", 'compose.yaml:2: services.a: has neither "image" nor "build"'],
  ["a service that is nothing", "services:\n  a:", "compose.yaml:2: services.a: is empty; write a mapping"],
  [
    "two sources",
    "secrets:\n  a: {file: x, environment: Y}",
    'compose.yaml:2: secrets.a: has "file" and "environment"; leave all but one out',
  ],
  [
    "a config from nowhere",
    "configs:\n  a: {}",
    'compose.yaml:2: configs.a: needs one of "file", "environment", "content" or "external"',
  ],
  [
    "an external volume with a driver",
    "volumes:\n  a:\n    external: true\n    driver: x",
    'compose.yaml:4: volumes.a.driver: does not go together with "external"',
  ],
  [
    "two names of one",
    "networks:\n  a: {name: x, external: {name: y}}",
    'compose.yaml:2: networks.a: has two names, "name" and "external.name"; leave out the second',
  ],
  [
    "a hidden value",
    "secrets:\n  a: {environment: X, '#value': y}",
    'compose.yaml:2: secrets.a.#value: "#value" is not a key here',
  ],
  [
    "a remote include",
    "include: ['https://x/y.yaml']",
    'compose.yaml:1: include: "https://x/y.yaml" is elsewhere; fetch it and name the file',
  ],
  [
    "an include of itself",
    "include: [compose.yaml]",
    "compose.yaml:1: include: files include each other: compose.yaml includes compose.yaml",
  ],
];

async function refusal(text: string): Promise<string> {
  try {
    await loadTexts({ "compose.yaml": text });
    return "accepted";
  } catch (error) {
    assert.ok(error instanceof ComposeError, `not a ComposeError: ${error}`);
    return error.message;
  }
}

describe("what is refused of a service", () => {
  for (const [lines, sentence] of OF_A_SERVICE) {
    it(JSON.stringify(lines), async () => assert.equal(await refusal(service(lines)), sentence));
  }
});

describe("what is refused of a file", () => {
  for (const [claim, text, sentence] of OF_A_FILE) {
    it(claim, async () => assert.equal(await refusal(text), sentence));
  }
});
