import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { OUR_FIELDS } from "../../../../shared/docker-shape/kept-fields.ts";
import { valueAt } from "../../../../shared/service-spec/paths.ts";
import { faultText } from "../../../../swarmctl/stack/translate/notes.ts";
import { SWARM_ROWS } from "../../../../swarmctl/stack/translate/swarm-rows.ts";
import { FIELD_ROWS } from "../../../../swarmctl/stack/translate/translate.ts";
import { createStackWorld, translated } from "./stack-world.ts";

const file = (key: string, value: string, deploy = ""): string =>
  `services:\n  web:\n    image: nginx\n    deploy:\n${deploy}      x-swarm:\n        ${key}: ${value}\n  db: { image: nginx }\n`;

const JOB = "      mode: replicated-job\n";

/** Each key with a value, what the spec then has, and the mode that it needs. */
const KEYS: Readonly<Record<string, readonly [written: string, wanted: unknown, deploy?: string]>> = {
  affinity: ['["service==db,soft"]', [{ service: "shop_db", avoid: false, topology: "", soft: true }]],
  autoscale: ['"max=4,cpu=60%"', "max=4,cpu=60%"],
  concurrency: ["replace", "REPLACE", JOB],
  history: ["3", 3, JOB],
  lost_after: ["2m", 120_000],
  max_concurrent: ["2", 2, JOB],
  max_unavailable: ["25%", "25%"],
  on_return: ["keep-original", "KEEP_ORIGINAL"],
  placement_strategy: ["binpack", "binpack"],
  pre_deploy: ["shop 'mi grate'", ["shop", "mi grate"]],
  pre_deploy_timeout: ["5m", 300_000],
  priority: ["60", 60],
  schedule: ['"0 3 * * *"', "0 3 * * *", JOB],
  start_deadline: ["1h", 3_600_000, JOB],
  sticky: ["30s", 30_000],
  stop_after: ["1m", 60_000],
  timezone: ["Europe/Berlin", "Europe/Berlin", JOB],
  update_canary: ["20%", "20%"],
};

describe("deploy.x-swarm", () => {
  test("has a key for each field of ours that Compose has no word for", () => {
    const said = new Set(FIELD_ROWS.map(({ path }) => path));
    const unsaid = OUR_FIELDS.map(({ path }) => path).filter((path) => !said.has(path));
    // `depends_on` is no row of the table; the others are left to `service update`.
    assert.deepEqual(unsaid, ["dependsOn", "task.controls.cpusetMems", "task.controls.hugepages"]);
    assert.deepEqual(SWARM_ROWS.map(({ key }) => key.replace("deploy.x-swarm.", "")).sort(), Object.keys(KEYS));
  });

  for (const [key, [written, wanted, deploy]] of Object.entries(KEYS)) {
    test(`${key} is in the service's spec`, async () => {
      const { wanted: stack, faults } = await translated(file(key, written, deploy));
      assert.deepEqual(faults, []);
      const spec = stack.services.find((service) => service.key === "web")?.spec;
      const path = SWARM_ROWS.find((row) => row.key === `deploy.x-swarm.${key}`)?.path ?? "";
      assert.deepEqual(spec === undefined ? undefined : valueAt(spec, path), wanted);
    });
  }

  for (const [key, value, sentence] of [
    ["priority", "101", /^compose\.yaml:6: .*x-swarm\.priority: 101 is not a whole number from 0 to 100$/],
    ["priorty", "1", /^compose\.yaml:6: .*"priorty" is not a key here; did you mean "priority"\?$/],
    ["placement_strategy", "random", /^compose\.yaml:6: .*"random" is not one of "spread", "binpack"$/],
    ["affinity", '"db"', /^compose\.yaml:6: invalid affinity "db": expected service==NAME or service!=NAME$/],
    ["autoscale", '"cpu=60%"', /^compose\.yaml:6: .*it needs max=NUMBER/],
    ["max_unavailable", "some", /^compose\.yaml:6: invalid number of unavailable tasks "some": expected a number/],
    ["update_canary", "101%", /^compose\.yaml:6: invalid update canary "101%": expected a number of slots/],
    ["lost_after", "soon", /^compose\.yaml:6: .*x-swarm\.lost_after: "soon" is not a duration/],
    [
      "schedule",
      '"0 3 * * *"',
      /^compose\.yaml:6: deploy\.x-swarm\.schedule is only valid with a replicated job or a global job, and web is a replicated service$/,
    ],
  ] as const) {
    test(`${key}: ${value} is refused with line and reason`, async () => {
      const said = await translated(file(key, value)).then(
        ({ faults }) => faults.map(faultText),
        (error: Error) => [error.message],
      );
      assert.equal(said.length, 1, said.join("\n"));
      assert.match(said[0] ?? "", sentence);
    });
  }

  test("is deployed, shown as a difference and as canonical text; autoscaling that it does not give stays", async () => {
    await using world = await createStackWorld();
    const limits = "      resources: { limits: { cpus: 1 } }\n";
    const path = world.write("compose.yaml", file("priority", "60", limits));
    await world.run("stack", "deploy", "--detach", "-c", path, "shop");
    const web = () => world.api.store.view().byName("service", "shop_web")?.spec;
    assert.equal(web()?.task.placement?.priority, 60);
    await world.run("service", "update", "--detach", "--autoscale", "max=4,cpu=60%", "shop_web");
    const changed = world.write("compose.yaml", file("priority", "70", limits));
    const diff = await world.run("stack", "diff", "-c", changed, "shop");
    assert.match(diff.out.join("\n"), /priority/);
    assert.doesNotMatch(diff.out.join("\n"), /autoscale/);
    const config = await world.run("stack", "config", "-c", changed);
    assert.match(config.out.join("\n"), /x-swarm:\n\s+priority: 70/);
    await world.run("stack", "deploy", "--detach", "-c", changed, "shop");
    const spec = web();
    assert.deepEqual(
      [spec?.task.placement?.priority, spec?.mode === "replicated" && spec.replicated.autoscale],
      [70, "max=4,cpu=60%"],
    );
  });
});
