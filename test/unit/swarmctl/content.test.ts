import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { SwarmError } from "../../../shared/errors.ts";
import { CONTENT_KINDS } from "../../../shared/objects/file-reference.ts";
import { CONTENT_LIMITS } from "../../../shared/objects/limits.ts";
import type { CreateContentRequest, UpdateContentRequest } from "../../../shared/rpc/gen/control.ts";
import { unary } from "../../../shared/rpc/handler.ts";
import { parseFileReference } from "../../../swarmctl/parse/file-references.ts";
import { createConfig, createSecret } from "../../support/objects.ts";
import { createFakeDaemon, runCli } from "./fake-daemon.ts";

function temporaryFile(data: string | Buffer): { readonly path: string } & Disposable {
  const directory = mkdtempSync(join(tmpdir(), "content-"));
  const path = join(directory, "file");
  writeFileSync(path, data);
  return { path, [Symbol.dispose]: () => rmSync(directory, { recursive: true }) };
}

for (const kind of CONTENT_KINDS) {
  const object = kind === "secret" ? createSecret("key_v1".replace("_", ""), "") : createConfig("keyv1", "listen 80\n");
  const answer = { [kind]: object };

  describe(`swarmctl ${kind}`, () => {
    test("create sends the file's bytes, labels and the template driver, and prints the id", async () => {
      const asked: CreateContentRequest[] = [];
      const create = unary(async (request: CreateContentRequest) => {
        asked.push(request);
        return answer;
      });
      await using daemon = createFakeDaemon({ control: { createSecret: create, createConfig: create } });
      await daemon.listen();
      using file = temporaryFile(Buffer.from([0xff, 0x00, 0x0a]));
      const words = [kind, "create", "-l", "a=b", "--template-driver", "golang", "key", file.path];
      assert.deepEqual((await runCli(words, daemon)).out, [object.id]);
      assert.deepEqual(asked[0]?.spec?.data, Buffer.from([0xff, 0x00, 0x0a]));
      assert.equal(asked[0]?.spec?.templateDriver, "golang");
      assert.deepEqual({ ...asked[0]?.spec?.annotations?.labels }, { a: "b" });
    });

    test("create refuses what cannot be read and what is too large, in one sentence", async () => {
      await using daemon = createFakeDaemon();
      await daemon.listen();
      using large = temporaryFile(Buffer.alloc(CONTENT_LIMITS[kind].max + 1));
      const refusals: readonly (readonly [readonly string[], RegExp])[] = [
        [["key", "/no/such/file"], /^Error: cannot read \/no\/such\/file: no such file$/],
        [["key", large.path], new RegExp(`too large: at most ${CONTENT_LIMITS[kind].max} bytes are allowed$`)],
      ];
      for (const [words, sentence] of refusals) {
        const { err, ok } = await runCli([kind, "create", ...words], daemon);
        assert.ok(!ok);
        assert.equal(err.length, 1);
        assert.match(err[0] ?? "", sentence);
      }
    });

    test("ls shows a table, ids and templates", async () => {
      const list = unary(async () => ({ secrets: [object], configs: [object] }));
      await using daemon = createFakeDaemon({ control: { listSecrets: list, listConfigs: list } });
      await daemon.listen();
      const table = await runCli([kind, "ls"], daemon);
      const driver = kind === "secret" ? " +DRIVER" : "";
      assert.match(table.out[0] ?? "", new RegExp(`^ID +NAME${driver} +CREATED +UPDATED$`));
      assert.match(table.out[1] ?? "", new RegExp(`^${object.id} +keyv1 .* ago .* ago$`));
      assert.deepEqual((await runCli([kind, "ls", "-q"], daemon)).out, [object.id]);
      assert.deepEqual((await runCli([kind, "ls", "--format", "{{.Name}}"], daemon)).out, ["keyv1"]);
      assert.match((await runCli([kind, "ls", "-f", "color=red"], daemon)).err[0] ?? "", /expected one of id, name/);
    });

    test("inspect shows a config's data, never a secret's", async () => {
      const get = unary(async () => answer);
      await using daemon = createFakeDaemon({ control: { getSecret: get, getConfig: get } });
      await daemon.listen();
      const json = JSON.parse((await runCli([kind, "inspect", "keyv1"], daemon)).out.join("\n"))[0];
      const data = kind === "config" ? { Data: Buffer.from("listen 80\n").toString("base64") } : {};
      assert.deepEqual(json.Spec, { Name: "keyv1", Labels: {}, ...data });
      const pretty = (await runCli([kind, "inspect", "--pretty", "keyv1"], daemon)).out;
      assert.equal(pretty.includes("listen 80"), kind === "config");
    });

    test("update changes labels on what was read, again after a lost race; rm says what stays", async () => {
      const asked: UpdateContentRequest[] = [];
      const labeled = {
        [kind]: { ...object, spec: { ...object.spec, annotations: { name: "keyv1", labels: { a: "1" } } } },
      };
      const get = unary(async () => labeled);
      const update = unary(async (request: UpdateContentRequest) => {
        asked.push(request);
        if (asked.length === 1) throw new SwarmError("aborted", "update out of sequence");
        return labeled;
      });
      const remove = unary(async () => {
        throw new SwarmError("invalidArgument", `${kind} keyv1 is in use by service web`);
      });
      const control = { getSecret: get, getConfig: get, updateSecret: update, updateConfig: update };
      await using daemon = createFakeDaemon({ control: { ...control, removeSecret: remove, removeConfig: remove } });
      await daemon.listen();
      const { ok } = await runCli([kind, "update", "--label-rm", "a", "--label-add", "b=2", "keyv1"], daemon);
      assert.ok(ok && asked.length === 2);
      assert.deepEqual({ ...asked[1]?.spec?.annotations?.labels }, { b: "2" });
      assert.match((await runCli([kind, "update", "--label-rm", "z", "keyv1"], daemon)).err[0] ?? "", /no label "z"/);
      assert.deepEqual((await runCli([kind, "rm", "keyv1"], daemon)).err, [
        `Error: ${kind} keyv1 is in use by service web`,
      ]);
    });
  });
}

test("a secret on the command line: its name, or its parts", () => {
  const plain = { sourceId: "", uid: 0, gid: 0 };
  assert.deepEqual(parseFileReference("secret", "Key.v1", "--secret"), {
    ...{ ...plain, sourceName: "Key.v1", target: "Key.v1" },
  });
  assert.deepEqual(parseFileReference("config", "source=a,target=/etc/a,uid=1,gid=2,mode=0440", "--config"), {
    ...{ sourceId: "", sourceName: "a", target: "/etc/a", uid: 1, gid: 2, mode: 0o440 },
  });
  const wrong: readonly (readonly [string, RegExp])[] = [
    ["target=/a", /source is missing/],
    ["source=", /expected source=VALUE/],
    ["source=a,mode=440", /octal digits after a zero, such as 0440/],
    ["source=a,mode=0999", /octal/],
    ["source=a,uid=root", /uid/],
    ["source=a,uid=-1", /uid/],
    ["source=a,color=red", /unexpected key 'color'/],
  ];
  for (const [text, sentence] of wrong) {
    assert.throws(() => parseFileReference("secret", text, "--secret"), sentence, text);
  }
});
