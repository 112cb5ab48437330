import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { silentLogger } from "../../../../shared/log.ts";
import type { TaskSpec } from "../../../../shared/objects/types.ts";
import { type ContainerRecord, formatRecord, parseRecord } from "../../../../worker/executor/container-record.ts";
import { ContainerRecords } from "../../../../worker/executor/container-records.ts";
import { followMove, writeNameFiles } from "../../../../worker/executor/name-files.ts";
import { tellNames } from "../../../../worker/executor/told-names.ts";
import { containerPaths, sharedPaths } from "../../../../worker/runtime/container-paths.ts";
import { MemoryHostFiles } from "../../../support/memory-host-files.ts";
import { taskIdOf } from "../../../support/network-objects.ts";

const ALONE = { address: "172.31.240.2", resolver: null, nameservers: ["10.9.9.9"], hostAddress: "172.31.240.1" };
const TOGETHER = { address: "10.5.0.4", resolver: "127.0.0.11", nameservers: ["10.9.9.9"] };
const spec = { container: { hostname: "", domainname: "", hosts: ["10.1.1.1 db"], dns: null } } as unknown as TaskSpec;
const web = { key: taskIdOf("web"), spec };
const shared = sharedPaths("/data", "/run");
const paths = containerPaths(shared, web.key);
const told = ({ address, resolver }: typeof ALONE | typeof TOGETHER) => ({ address, resolver });

describe("the files of names of a container that runs", () => {
  let files: MemoryHostFiles;
  beforeEach(async () => {
    files = new MemoryHostFiles();
    files.put("/etc/resolv.conf", "search example.org\n");
    await writeNameFiles(files, paths, web, { ...ALONE, namespacePath: null, hostPorts: [] });
  });

  it("name the host's server, and its address there, once it is on a network", async () => {
    assert.match((await files.readText(paths.resolvConf)) ?? "", /^nameserver 10\.9\.9\.9\n/);
    await followMove(files, paths, spec, ALONE, TOGETHER);
    assert.equal(
      await files.readText(paths.resolvConf),
      "nameserver 127.0.0.11\nsearch example.org\noptions ndots:0\n",
    );
    const hosts = (await files.readText(paths.hosts)) ?? "";
    assert.ok(hosts.includes("\n10.5.0.4\twebxxxxxxxxx\n10.1.1.1\tdb\n"), hosts);
    assert.ok(!hosts.includes(ALONE.address));
  });

  it("have an address of the host where the service asks for that, and refuse where there is none", async () => {
    const asks = {
      container: { ...spec.container, hosts: ["host-gateway home", "10.1.1.1 db"] },
    } as unknown as TaskSpec;
    const network = { ...ALONE, namespacePath: null, hostPorts: [] };
    await writeNameFiles(files, paths, { ...web, spec: asks }, network);
    assert.ok(((await files.readText(paths.hosts)) ?? "").includes("\n172.31.240.1\thome\n10.1.1.1\tdb\n"));
    await assert.rejects(writeNameFiles(files, paths, { ...web, spec: asks }, { ...network, hostAddress: null }), {
      code: "failedPrecondition",
    });
  });

  it("keep what the container wrote itself where nothing follows from the change", async () => {
    await files.writeText(paths.resolvConf, "nameserver 127.0.0.1\n");
    await files.writeText(paths.hosts, "127.0.0.1\tlocalhost\n");
    await followMove(files, paths, spec, ALONE, { ...ALONE, address: "10.0.0.12" });
    assert.equal(await files.readText(paths.resolvConf), "nameserver 127.0.0.1\n");
    assert.equal(await files.readText(paths.hosts), "127.0.0.1\tlocalhost\n");
  });

  it("are brought up to date by the next daemon if one died before it had written them", async () => {
    const record = { formatVersion: 2, key: web.key, health: null, told: told(ALONE) } as unknown as ContainerRecord;
    await files.writeText(paths.record, formatRecord(record));
    for (const _ of ["the task is on a network by now", "and nothing is left to do"]) {
      const records = await ContainerRecords.open(shared, files, silentLogger);
      await tellNames({ files, records, shared }, web, TOGETHER);
      assert.match((await files.readText(paths.resolvConf)) ?? "", /^nameserver 127\.0\.0\.11\n/);
      assert.match((await files.readText(paths.hosts)) ?? "", /^10\.5\.0\.4\t/m);
      assert.deepEqual(parseRecord((await files.readText(paths.record)) ?? "").told, told(TOGETHER));
      await files.writeText(paths.hosts, "10.5.0.4\tmine\n");
    }
    assert.equal(await files.readText(paths.hosts), "10.5.0.4\tmine\n");
  });

  it("are nothing to change where the container has none yet", async () => {
    const none = new MemoryHostFiles();
    await followMove(none, paths, spec, ALONE, TOGETHER);
    assert.equal(await none.readText(paths.resolvConf), null);
  });
});
