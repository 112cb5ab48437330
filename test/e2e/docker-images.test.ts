/** Images, builds, volumes and the disk by Docker's own command line, which speaks to swarmd. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { DockerCli } from "../support/docker-cli.ts";
import { Lab } from "../support/lab.ts";

const DOCKERFILE = `FROM busybox AS build
ARG VERSION=0
RUN echo "shop $VERSION" > /out.txt
FROM busybox
COPY --from=build /out.txt /out.txt
LABEL stage=final
CMD ["cat", "/out.txt"]
`;
/** The lab's own registry, for names that say it. */
const REGISTRY = "10.77.0.254:5000";

describe("Docker's command line and the images of a host", () => {
  let lab: Lab;
  let cli: DockerCli;
  let directory: string;
  const docker = (...args: string[]): Promise<string> => cli.run("host1", ...args);
  const refused = async (...args: string[]): Promise<string> => {
    const { exitCode, stderr } = await cli.try("host1", ...args);
    assert.notEqual(exitCode, 0, args.join(" "));
    return stderr;
  };

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), "swarm-docker-images-"));
    writeFileSync(join(directory, "Dockerfile"), DOCKERFILE);
    lab = await Lab.up(1, { managers: 1 });
    cli = await DockerCli.on(lab);
  });
  after(async () => {
    cli?.[Symbol.dispose]();
    await lab?.[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  it("pulls, lists, tags, pushes and removes", async () => {
    assert.match(await docker("pull", "busybox"), /Status: Downloaded newer image for busybox:latest/);
    assert.match(await docker("pull", "busybox"), /Status: Image is up to date for busybox:latest/);
    assert.match(await docker("images"), /^busybox +latest +[0-9a-f]{12} /m);
    const name = `${REGISTRY}/team/shop:1`;
    await docker("tag", "busybox", name);
    assert.match(await docker("push", name), /^1: digest: sha256:[0-9a-f]{64}/m);
    assert.match(await docker("rmi", name), /Untagged: .*team\/shop:1/);
    assert.match(await docker("pull", name), /Downloaded newer image/);
    assert.match(await refused("pull", "nosuch:1"), /no such image: registry docker.io does not have nosuch:1/);
    assert.match(await refused("rmi", "nosuch"), /No such image: nosuch/);
  });

  it("builds in stages, with arguments and names, and says at which line a build failed", async () => {
    const said = await docker("build", "-t", "shop:1", "--build-arg", "VERSION=7", directory);
    assert.match(said, /^Step 4\/4 : CMD \["cat","?\/out.txt"?\]|^Step 4\/4 : CMD/m);
    const [, short = ""] = /^Successfully built ([0-9a-f]{12})$/m.exec(said) ?? [];
    assert.match(said, /^Successfully tagged shop:1$/m);
    const [image] = await cli.json<{ Id: string; Config: { Labels: { stage: string } } }>(
      "host1",
      "image",
      "inspect",
      "shop:1",
    );
    assert.ok(image?.Id.startsWith(`sha256:${short}`));
    assert.equal(image?.Config.Labels.stage, "final");
    assert.match(await docker("history", "shop:1"), /COPY/);
    const bad = join(directory, "bad");
    mkdirSync(bad);
    writeFileSync(join(bad, "Dockerfile"), "FROM busybox\n\nRUN false\n");
    assert.match(
      await refused("build", bad),
      /Dockerfile:3: The command '\/bin\/sh -c false' returned a non-zero code: 1/,
    );
  });

  it("limits what the steps of a build may use", async () => {
    const limited = join(directory, "limited");
    mkdirSync(limited);
    const steps = "RUN ulimit -n; df -k /dev/shm\nRUN dd if=/dev/zero of=/dev/null bs=200M count=1\n";
    writeFileSync(join(limited, "Dockerfile"), `FROM busybox\n${steps}`);
    const limits = ["--memory", "64m", "--memory-swap", "64m", "--ulimit", "nofile=77:88", "--shm-size", "100m"];
    const { exitCode, stdout, stderr } = await cli.try("host1", "build", ...limits, limited);
    assert.equal(exitCode, 137, stderr);
    assert.match(stdout, /^77\n[\s\S]* 102400 /m);
    assert.match(stderr, /returned a non-zero code: 137/);
    assert.match(await refused("build", "--cgroup-parent", "/x", limited), /parent of control groups is not offered/);
    assert.match(await refused("build", "--network", "nowhere", limited), /network nowhere not found/);
  });

  it("refuses a context that holds a device", async () => {
    const evil = join(directory, "evil");
    mkdirSync(evil);
    writeFileSync(join(evil, "Dockerfile"), "FROM busybox\nCOPY . /\n");
    const [device, archive] = [join(evil, "disk"), join(directory, "evil.tar")];
    await lab.exec("host1", "mknod", device, "b", "8", "0");
    await lab.exec("host1", "tar", "-C", evil, "-cf", archive, ".");
    const socket = ["--unix-socket", "/run/swarm/docker.sock", "http://docker/build"];
    const type = ["-H", "Content-Type: application/x-tar", "--data-binary", `@${archive}`];
    const said = await lab.exec("host1", "curl", "-s", "-X", "POST", ...type, ...socket);
    assert.match(said, /the build context has a device/);
  });

  it("saves and loads an image under the same id", async () => {
    const id = await docker("image", "inspect", "-f", "{{.Id}}", "shop:1");
    const archive = join(directory, "shop.tar");
    await docker("save", "-o", archive, "shop:1");
    await docker("rmi", "-f", "shop:1");
    assert.match(await docker("load", "-i", archive), /Loaded image: shop:1/);
    assert.equal(await docker("image", "inspect", "-f", "{{.Id}}", "shop:1"), id);
    assert.match(await refused("load", "-i", join(directory, "Dockerfile")), /no archive of images/);
  });

  it("makes an image of a container with changes, and another of a tar", async () => {
    const container = await docker("create", "--name", "kept", "busybox", "true");
    const id = await docker("commit", "-m", "said", "-a", "me", "-c", "USER 7", "kept", "kept:1");
    const [image] = await cli.json<{ Id: string; Comment: string; Author: string; Config: { User: string } }>(
      ...["host1", "image", "inspect", "kept:1"],
    );
    assert.deepEqual([image?.Id, image?.Comment, image?.Author, image?.Config.User], [id, "said", "me", "7"]);
    await docker("rm", container);
    const root = join(directory, "root.tar");
    await lab.exec("host1", "tar", "-C", directory, "-cf", root, "Dockerfile");
    assert.match(await docker("import", "-c", 'CMD ["a"]', root, "made:1"), /^sha256:[0-9a-f]{64}$/);
    assert.match(await refused("import", join(directory, "Dockerfile"), "made:2"), /the tar cannot be unpacked/);
  });

  it("makes, shows, lists and removes volumes", async () => {
    assert.equal(await docker("volume", "create", "--label", "a=b", "data"), "data");
    const [volume] = await cli.json<{ Labels: unknown; Driver: string }>("host1", "volume", "inspect", "data");
    assert.deepEqual([volume?.Labels, volume?.Driver], [{ a: "b" }, "local"]);
    assert.equal(await docker("volume", "ls", "-q", "--filter", "label=a=b"), "data");
    const user = await docker("create", "-v", "data:/data", "busybox", "true");
    assert.match(await refused("volume", "rm", "data"), /container .* uses it/);
    await docker("rm", user);
    assert.match(await docker("volume", "prune", "-a", "-f"), /Total reclaimed space/);
    assert.equal(await docker("volume", "ls", "-q"), "");
    assert.match(await refused("volume", "create", "-d", "nfs", "x"), /plugin "nfs" not found/);
  });

  it("tells what the disk holds, and what has happened", async () => {
    assert.match(await docker("system", "df"), /^Images +\d+ +\d+ /m);
    assert.match(await docker("system", "df", "-v"), /^shop +1 /m);
    const events = await docker("events", "--since", "10m", "--until", "0s", "--format", "{{.Type}} {{.Action}}");
    for (const line of [
      "image pull",
      "image tag",
      "image push",
      "container commit",
      "volume create",
      "volume destroy",
    ]) {
      assert.ok(events.split("\n").includes(line), `${line} is missing`);
    }
    const ofNodes = await docker("events", "--since", "10m", "--until", "0s", "--filter", "type=node");
    assert.match(ofNodes, /node update \w+ \(name=host1/);
    assert.match(await docker("image", "prune", "-f"), /Total reclaimed space/);
  });

  it("knows no plugins, and no BuildKit", async () => {
    assert.equal(await docker("plugin", "ls", "-q"), "");
    assert.match(await refused("plugin", "inspect", "x"), /plugin "x" not found/);
  });
});
