/** A host's images, as people use them, on two hosts: build, copy to the other host, run, save, load, clean up. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Lab } from "../support/lab.ts";
import { untilRunning } from "../support/services.ts";

const DOCKERFILE = `FROM busybox AS build
ARG VERSION=0
RUN echo "shop $VERSION" > /out.txt
RUN --mount=type=secret,id=pw test "$(cat /run/secrets/pw)" = planted

FROM busybox
COPY --from=build /out.txt /out.txt
COPY data /data
LABEL stage=final
CMD ["sh", "-c", "cat /out.txt; while :; do sleep 1; done"]
`;

const HERE_DOCUMENTS = `FROM busybox
ARG X=7
COPY --chmod=600 <<one <<'two' /made/
<$X
one
 $X>
two
COPY . /all
RUN <<done
set -e
echo "made=$(cat /made/one | tr -d '\\n')$(cat /made/two)"
done
RUN <<done
#!/bin/sh
echo "ran by $0"
done
RUN echo "all=$(ls -A /all | tr '\\n' ' ')"
`;

describe("images of two hosts", () => {
  let lab: Lab;
  let directory: string;
  const ctl = (...args: string[]): Promise<string> => lab.ctl("host1", ...args);
  const ids = async (...args: string[]): Promise<readonly string[]> =>
    (await ctl("image", "ls", "--quiet", "--no-trunc", ...args)).split("\n").filter(Boolean);

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), "swarm-build-"));
    mkdirSync(join(directory, "data"));
    writeFileSync(join(directory, "Dockerfile"), DOCKERFILE);
    writeFileSync(join(directory, "data/kept"), "kept");
    writeFileSync(join(directory, "data/left.log"), "left out");
    writeFileSync(join(directory, ".dockerignore"), "**/*.log\n");
    writeFileSync(join(directory, "Bad"), "FROM busybox\n\nRUN false\n");
    writeFileSync(join(directory, "pw"), "planted");
    lab = await Lab.up(2, { managers: 1 });
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  it("pulls to all nodes, and lists those of any", async () => {
    const said = await ctl("image", "pull", "--all-nodes", "busybox");
    assert.match(said, /host1: pulled/);
    assert.match(said, /host2: pulled/);
    assert.match(await ctl("image", "ls", "--node", "host2"), /^busybox +latest/m);
    assert.match(await ctl("image", "pull", "busybox"), /Image is up to date for busybox:latest/);
  });

  it("pushes and pulls all tags of a repository, and refuses that with a tag", async () => {
    const repository = "10.77.0.254:5000/every/tag";
    for (const tag of ["1", "2"]) await ctl("tag", "busybox", `${repository}:${tag}`);
    await ctl("image", "push", "--all-tags", repository);
    const pulled = await ctl("image", "pull", "--node", "host2", "--all-tags", repository);
    for (const tag of ["1", "2"])
      assert.match(pulled, new RegExp(`^Status: Downloaded newer image for .*:${tag}$`, "m"));
    assert.match(pulled, /^10\.77\.0\.254:5000\/every\/tag$/m);
    for (const verb of ["push", "pull"]) {
      const { exitCode, stderr } = await lab.tryCtl("host1", "image", verb, "-a", `${repository}:1`);
      assert.notEqual(exitCode, 0);
      assert.match(stderr, /tag can't be used with --all-tags/);
    }
    const none = await lab.tryCtl("host1", "image", "pull", "-a", "10.77.0.254:5000/every/none");
    assert.match(
      none.stderr,
      /no such image: registry 10\.77\.0\.254:5000 does not have 10\.77\.0\.254:5000\/every\/none$/m,
    );
  });

  it("builds by a Dockerfile of several stages, with arguments and secrets", async () => {
    const secret = `id=pw,src=${join(directory, "pw")}`;
    const said = await ctl("build", "-t", "shop:1", "--build-arg", "VERSION=7", "--secret", secret, directory);
    assert.match(said, /Successfully tagged shop:1/);
    const [shop] = JSON.parse(await ctl("image", "inspect", "shop:1"));
    assert.deepEqual(shop.Config.Labels.stage, "final");
    assert.deepEqual(shop.RepoTags, ["shop:1"]);
  });

  it("builds with here-documents, from all that the Dockerfile's own list leaves", async () => {
    const context = join(directory, "here");
    mkdirSync(context);
    writeFileSync(join(context, "Here"), HERE_DOCUMENTS);
    writeFileSync(join(context, "kept.md"), "");
    writeFileSync(join(context, "left.txt"), "");
    writeFileSync(join(context, ".dockerignore"), "*.md\n");
    writeFileSync(join(context, "Here.dockerignore"), "*\n!a/../kept.md\n");
    const said = await ctl("build", "--no-cache", "-t", "here:1", "-f", join(context, "Here"), context);
    assert.match(said, /^made=<7 \$X>$/m);
    assert.match(said, /^ran by \/dev\/here-document$/m);
    assert.match(said, /^all=kept\.md $/m);
    writeFileSync(join(context, "Here"), "FROM busybox\nARG\n");
    const { stderr } = await lab.tryCtl("host1", "build", "-f", join(context, "Here"), context);
    assert.equal(stderr, "Error: Here:2: ARG needs at least one argument\n");
    await ctl("image", "rm", "here:1");
    rmSync(context, { recursive: true });
  });

  it("names the line of a Dockerfile that fails, and leaves nothing of it", async () => {
    const before = await ids("--all");
    const { exitCode, stderr } = await lab.tryCtl("host1", "build", "-f", join(directory, "Bad"), directory);
    assert.equal(exitCode, 1);
    assert.match(stderr, /^Error: Bad:3: The command '\/bin\/sh -c false' returned a non-zero code: 1$/m);
    assert.deepEqual(await ids("--all"), before);
  });

  it("copies an image to the other host without a registry, and runs a service from it on both", async () => {
    assert.match(await ctl("image", "push-to-nodes", "shop:1"), /host2: loaded/);
    assert.match(await ctl("image", "push-to-nodes", "shop:1"), /host2: has it already/);
    const [id] = await ids("shop:1");
    assert.equal((await ctl("image", "inspect", "--node", "host2", "-f", "{{.Id}}", "shop:1")).trim(), id);
    await ctl("service", "create", "-d", "--mode", "global", "--no-resolve-image", "--name", "shop", "shop:1");
    await untilRunning(lab, "host1", "shop", 2);
    assert.match(await ctl("service", "logs", "shop"), /shop 7/);
  });

  it("never removes what runs, neither when asked to nor when cleaning up", async () => {
    const refused = await lab.tryCtl("host1", "rmi", "-f", "shop:1");
    assert.match(refused.stderr, /is being used by running container shop\./);
    await ctl("image", "prune", "--all", "--force");
    assert.equal((await ids("shop:1")).length, 1);
    assert.equal((await ids("busybox")).length, 0, "what nothing needs goes");
    await ctl("image", "prune", "--all", "--force", "--node", "host2");
    assert.match(await ctl("image", "ls", "--node", "host2"), /^shop +1/m);
  });

  it("saves and loads images, which keep their ids and names", async () => {
    const archive = join(directory, "shop.tar");
    await ctl("image", "tag", "shop:1", "shop:copy");
    const [id] = await ids("shop:copy");
    await ctl("save", "-o", archive, "shop:copy");
    assert.match(await ctl("rmi", "shop:copy"), /Untagged: shop:copy/);
    assert.match(await ctl("load", "-i", archive), /Loaded image: shop:copy/);
    assert.deepEqual(await ids("shop:copy"), [id]);
    await ctl("service", "rm", "shop");
    const text = join(directory, "text.tar");
    writeFileSync(text, "no archive");
    assert.match((await lab.tryCtl("host1", "load", "-i", text)).stderr, /no archive of images/);
  });

  it("makes an image of what a container has changed, without the places of its mounts", async () => {
    await ctl("run", "-d", "--name", "changed", "-v", "/vol", "-e", "KEPT=1", "busybox", "sleep", "1000");
    await ctl("exec", "changed", "sh", "-c", "rm -r /home /usr/bin/wget; mkdir /home; echo new >/home/file");
    const id = (await ctl("commit", "-m", "as it was", "-c", "USER 7", "changed", "changed:1")).trim();
    assert.match(await ctl("ps", "--filter", "name=changed"), /Up /);
    const [image] = JSON.parse(await ctl("image", "inspect", "changed:1"));
    assert.equal(image.Id, id);
    assert.equal(image.Comment, "as it was");
    assert.ok(image.Config.Env.includes("KEPT=1"));
    assert.equal(image.Config.User, "7");
    const layer = (await lab.exec("host1", "find", image.GraphDriver.Data.UpperDir, "-printf", "%y %P\\n")).trim();
    assert.deepEqual(layer.split("\n").slice(1).sort(), [
      "c usr/bin/wget",
      "d home",
      "d usr",
      "d usr/bin",
      "f home/file",
    ]);
    await ctl("rm", "-f", "changed");
    await ctl("image", "rm", "changed:1");
  });

  it("tells what the disks hold, frees what nothing needs, and says what has happened", async () => {
    const row = (text: string, type: string): readonly string[] =>
      (text.split("\n").find((line) => line.includes(type)) ?? "").trim().split(/ {2,}/);
    // Tasks have containers, too.
    const [, total = "", active = "", ...size] = row(await ctl("system", "df"), "Containers");
    assert.deepEqual(size, ["0B", "0B"]);
    await ctl("run", "-d", "--name", "heavy", "busybox", "dd", "if=/dev/zero", "of=/f", "bs=1M", "count=5");
    await ctl("wait", "heavy");
    const counts = [String(Number(total) + 1), active];
    assert.deepEqual(row(await ctl("system", "df"), "Containers").slice(1), [...counts, "5.24MB", "5.24MB (100%)"]);
    assert.match(await ctl("system", "df", "--all-nodes"), /^host2 +Images/m);
    assert.match(await ctl("system", "df", "-v"), /busybox .* 5.24MB .* heavy/);
    const pruned = await ctl("system", "prune", "--force", "--volumes");
    assert.match(pruned, /Deleted Containers:\n[0-9a-f]{64}/);
    assert.match(pruned, /Total reclaimed space: 5\.\d+MB/);
    assert.deepEqual(row(await ctl("system", "df"), "Containers").slice(1), [total, active, ...size]);
    const format = ["--format", "{{.Type}} {{.Action}}"];
    const events = await ctl("events", "--all-nodes", "--since", "10m", "--until", "0s", ...format);
    for (const line of ["container die", "container destroy", "container prune", "image pull", "service create"]) {
      assert.ok(events.split("\n").includes(line), `${line} is missing`);
    }
    const dead = await ctl("events", "--since", "10m", "--until", "0s", "-f", "container=heavy", "-f", "event=die");
    assert.match(dead.trim(), /^\S+ container die [0-9a-f]{64} \(exitCode=0, image=busybox, name=heavy\)$/);
  });
});
