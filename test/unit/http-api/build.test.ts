import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { buildHeaderOf } from "../../../http-api/build/build-query.ts";
import { Query } from "../../../http-api/query.ts";
import { ROUTES } from "../../../http-api/routes.ts";
import { BuildLines } from "../../../shared/docker-shape/build-lines.ts";
import { SwarmError } from "../../../shared/errors.ts";
import { startApi } from "../../support/api-socket.ts";
import { fakeBackend } from "../../support/fake-backend.ts";

const ID = `sha256:${"ab".repeat(32)}`;
const header = (text: string) => buildHeaderOf(new Query(text));

describe("the parameters of a build", () => {
  it("become the builder's own", () => {
    const args = encodeURIComponent('{"A":"1","GONE":null}');
    const labels = encodeURIComponent('{"a":"b"}');
    const query = `t=x:1&t=y&dockerfile=D&nocache=1&pull=true&target=two&buildargs=${args}&labels=${labels}`;
    assert.deepEqual(
      header(`${query}&networkmode=bridge&extrahosts=a:1.2.3.4&extrahosts=b:::1&platform=linux/arm64&squash=0`),
      {
        names: ["x:1", "y"],
        dockerfile: "D",
        buildArgs: ["A=1"],
        target: "two",
        noCache: true,
        pull: true,
        platform: "linux/arm64",
        labels: ["a=b"],
        secretFiles: [],
        network: "bridge",
        hosts: ["a:1.2.3.4", "b:::1"],
        squash: false,
        step: null,
      },
    );
  });

  for (const [query, code] of [
    ["memory=much", "invalidArgument"],
    ["memswap=100000000", "invalidArgument"],
    ["memory=100000000&memswap=50000000", "invalidArgument"],
    ['ulimits={"a":1}', "invalidArgument"],
    ["ulimits=[1]", "invalidArgument"],
    ["cgroupparent=/x", "unimplemented"],
    ["securityopt=[%22seccomp=unconfined%22]", "invalidArgument"],
    ["remote=http%3A%2F%2Fx%2Fy.git", "unimplemented"],
    ["session=abc", "unimplemented"],
    ["version=2", "unimplemented"],
    ["isolation=hyperv", "invalidArgument"],
    ["buildargs=[]", "invalidArgument"],
    ['labels={"a":1}', "invalidArgument"],
  ] as const) {
    it(`are refused where they cannot be heeded: ${query}`, () => {
      assert.throws(() => header(query), { code });
    });
  }

  it("limit what a step may use, as those of a container do", () => {
    const ulimits = encodeURIComponent('[{"Name":"nofile","Soft":1,"Hard":2}]');
    const processors = "cpushares=5&cpuperiod=1000&cpuquota=2000&cpusetcpus=0-1&cpusetmems=0";
    const { step } = header(`memory=67108864&memswap=-1&${processors}&shmsize=9&ulimits=${ulimits}`);
    assert.equal(step?.limits?.memoryBytes, 67_108_864);
    assert.equal(step?.swapBytes, -1);
    const { cpuShares, cpuPeriodUs, cpuQuotaUs, cpusetCpus, cpusetMems } = step?.controls ?? {};
    assert.deepEqual([cpuShares, cpuPeriodUs, cpuQuotaUs, cpusetCpus, cpusetMems], [5, 1_000, 2_000, "0-1", "0"]);
    assert.equal(step?.container?.shmSizeBytes, 9);
    assert.deepEqual(step?.container?.ulimits, [{ name: "nofile", soft: 1, hard: 2 }]);
  });

  it("that ask for nothing are taken", () => {
    header(
      "version=1&memory=0&shmsize=0&cachefrom=[]&ulimits=null&rm=1&forcerm=1&networkmode=default&isolation=default",
    );
  });
});

describe("what the builder says", () => {
  it("is put in Docker's words, line by line", () => {
    const lines = new BuildLines();
    const said = "STEP 1/2: FROM x\n[1/2] STEP 2/2: RUN y\n--> Using cache 0123456789abcdef\n--> fedcba987654\nout";
    assert.deepEqual(lines.take(said), [
      "Step 1/2 : FROM x\n",
      "Step 2/2 : RUN y\n",
      " ---> Using cache\n",
      " ---> 0123456789ab\n",
      " ---> fedcba987654\n",
    ]);
    assert.deepEqual(lines.take(`put\nCOMMIT x\nSuccessfully tagged x\n${"a".repeat(64)}`), ["output\n"]);
    assert.deepEqual(lines.end(), []);
  });
});

describe("a build by the API", () => {
  it("ends with the id, and in words that clients look for", async () => {
    const sent: unknown[] = [];
    async function* messages(): AsyncGenerator<unknown> {
      yield { output: "STEP 1/1: FROM x\n", id: "" };
      yield { output: "", id: ID };
    }
    const build = (): unknown => ({
      send: async (message: unknown) => void sent.push(message),
      end: () => sent.push("end"),
      messages: messages(),
    });
    await using api = await startApi({ backend: fakeBackend({ images: { build } }), routes: ROUTES });
    const config = Buffer.from('{"reg.test":{"username":"me","password":"pw"}}').toString("base64url");
    const { body } = await api.ask("POST", "/v1.50/build?t=x", {
      body: "tar",
      headers: { "x-registry-config": config },
    });
    assert.deepEqual(
      body
        .trim()
        .split("\r\n")
        .map((line) => JSON.parse(line)),
      [
        { stream: "Step 1/1 : FROM x\n" },
        { aux: { ID } },
        { stream: `Successfully built ${"ab".repeat(6)}\n` },
        { stream: "Successfully tagged x:latest\n" },
      ],
    );
    assert.deepEqual((sent[0] as { header: { logins: unknown } }).header.logins, [
      { registry: "reg.test", username: "me", password: "pw", identityToken: "" },
    ]);
    assert.deepEqual(sent.slice(1), [{ context: Buffer.from("tar") }, "end"]);
    assert.equal((await api.ask("POST", "/build?t=Not%20A%20Name")).status, 400);
  });

  for (const fails of [true, false]) {
    it(`that is quiet ${fails ? "shows what its steps said when one of them fails" : "shows its id alone"}`, async () => {
      async function* messages(): AsyncGenerator<unknown> {
        yield { output: "STEP 1/1: RUN false\nno such file", id: "" };
        if (fails) throw new SwarmError("invalidArgument", "The command 'false' returned a non-zero code: 1");
        yield { output: "", id: ID };
      }
      const build = (): unknown => ({ send: async () => {}, end: () => {}, messages: messages() });
      await using api = await startApi({ backend: fakeBackend({ images: { build } }), routes: ROUTES });
      const { body } = await api.ask("POST", "/v1.50/build?q=1", { body: "tar" });
      const lines = body
        .trim()
        .split("\r\n")
        .map((line) => JSON.parse(line));
      const error = "The command 'false' returned a non-zero code: 1";
      assert.deepEqual(
        lines,
        fails
          ? [
              { stream: "Step 1/1 : RUN false\n" },
              { stream: "no such file\n" },
              { errorDetail: { code: 1, message: error }, error },
            ]
          : [{ aux: { ID } }, { stream: `${ID}\n` }],
      );
    });
  }
});
