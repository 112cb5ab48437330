/** Docker's own command line: each of its swarm's commands, and each flag of a service, once. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { DockerCli } from "../support/docker-cli.ts";
import { Lab } from "../support/lab.ts";
import { waitFor } from "../support/wait.ts";

/** What a line of the shell says: all of its output, which both command and complaint are. */
type Line = readonly [line: string, says: RegExp | string];
/** A flag of `service create`, and what `service inspect` shows of it by a template. */
type Flag = readonly [flags: string, template: string, shows: string];

const ID = /^[a-z0-9]{25}$/;
const CONTAINER = ".Spec.TaskTemplate.ContainerSpec";
const TASK = ".Spec.TaskTemplate";

const CREATE: readonly Flag[] = [
  ["--mode global", "{{json .Spec.Mode}}", '{"Global":{}}'],
  ["--mode global-job", "{{json .Spec.Mode}}", '{"GlobalJob":{}}'],
  [
    "--mode replicated-job --replicas 4 --max-concurrent 2",
    "{{json .Spec.Mode}}",
    '{"ReplicatedJob":{"MaxConcurrent":2,"TotalCompletions":4}}',
  ],
  ["--mode replicated-job", "{{json .Spec.Mode}}", '{"ReplicatedJob":{"MaxConcurrent":1,"TotalCompletions":1}}'],
  [
    "--replicas 2 --replicas-max-per-node 2",
    `{{json .Spec.Mode}}{{${TASK}.Placement.MaxReplicas}}`,
    '{"Replicated":{"Replicas":2}}2',
  ],
  ["-l a=b --label c", "{{json .Spec.Labels}}", '{"a":"b","c":""}'],
  ["--container-label a=b", `{{json ${CONTAINER}.Labels}}`, '{"a":"b"}'],
  [
    "--constraint node.role==manager --constraint node.platform.os==linux",
    `{{json ${TASK}.Placement.Constraints}}`,
    '["node.role==manager","node.platform.os==linux"]',
  ],
  [
    "--placement-pref spread=node.labels.zone",
    `{{json ${TASK}.Placement.Preferences}}`,
    '[{"Spread":{"SpreadDescriptor":"node.labels.zone"}}]',
  ],
  [
    "--generic-resource gpu=2",
    `{{json ${TASK}.Resources.Reservations.GenericResources}}`,
    'no node has the generic resource gpu: tasks wait until one does\n[{"DiscreteResourceSpec":{"Kind":"gpu","Value":2}}]',
  ],
  [
    "--reserve-cpu .25 --reserve-memory 16m --limit-cpu 1.5 --limit-memory 64m --limit-pids 50",
    `{{json ${TASK}.Resources}}`,
    '{"Limits":{"NanoCPUs":1500000000,"MemoryBytes":67108864,"Pids":50},"Reservations":{"NanoCPUs":250000000,"MemoryBytes":16777216}}',
  ],
  ["-e A=1 --env B= --env PLANTED", `{{json ${CONTAINER}.Env}}`, '["A=1","B=","PLANTED=yes"]'],
  ["--env-file /run/planted/env", `{{json ${CONTAINER}.Env}}`, '["C=3","PLANTED=yes"]'],
  [
    "--entrypoint 'sleep 900'",
    `{{json ${CONTAINER}.Command}}{{json ${CONTAINER}.Args}}`,
    '["sleep","900"]["sleep","1000"]',
  ],
  ["-w /tmp -u 1:2 --group 3", `{{${CONTAINER}.Dir}} {{${CONTAINER}.User}} {{${CONTAINER}.Groups}}`, "/tmp 1:2 [3]"],
  ["--hostname '{{.Node.Hostname}}-x'", `{{${CONTAINER}.Hostname}}`, "{{.Node.Hostname}}-x"],
  ["--host other:10.1.2.3", `{{json ${CONTAINER}.Hosts}}`, '["10.1.2.3 other"]'],
  [
    "--dns 10.1.2.3 --dns-option ndots:2 --dns-search example.org",
    `{{json ${CONTAINER}.DNSConfig}}`,
    '{"Nameservers":["10.1.2.3"],"Search":["example.org"],"Options":["ndots:2"]}',
  ],
  ["--init -t --read-only", `{{${CONTAINER}.Init}} {{${CONTAINER}.TTY}} {{${CONTAINER}.ReadOnly}}`, "true true true"],
  [
    "--stop-signal SIGINT --stop-grace-period 3s",
    `{{${CONTAINER}.StopSignal}} {{json ${CONTAINER}.StopGracePeriod}}`,
    "SIGINT 3000000000",
  ],
  [
    "--cap-add NET_ADMIN --cap-drop MKNOD",
    `{{json ${CONTAINER}.CapabilityAdd}}{{json ${CONTAINER}.CapabilityDrop}}`,
    '["CAP_NET_ADMIN"]["CAP_MKNOD"]',
  ],
  ["--sysctl net.core.somaxconn=64", `{{json ${CONTAINER}.Sysctls}}`, '{"net.core.somaxconn":"64"}'],
  ["--ulimit nofile=64:128", `{{json ${CONTAINER}.Ulimits}}`, '[{"Name":"nofile","Hard":128,"Soft":64}]'],
  ["--oom-score-adj 100", `{{${CONTAINER}.OomScoreAdj}}`, "100"],
  [
    "--mount source=data,target=/a --mount type=bind,src=/run/planted,dst=/b,ro=true --mount type=tmpfs,dst=/c,tmpfs-size=1m,tmpfs-mode=0700",
    `{{range ${CONTAINER}.Mounts}}{{.Type}} {{.Source}} {{.Target}} {{.ReadOnly}};{{end}}`,
    "volume data /a false;bind /run/planted /b true;tmpfs  /c false;",
  ],
  [
    "--mount type=volume,src=vol,dst=/w,volume-nocopy,volume-label=a=b,volume-driver=local,volume-subpath=x,readonly",
    `{{json ${CONTAINER}.Mounts}}`,
    '[{"Type":"volume","Source":"vol","Target":"/w","ReadOnly":true,"VolumeOptions":{"NoCopy":true,"Labels":{"a":"b"},"Subpath":"x","DriverConfig":{"Name":"local"}}}]',
  ],
  [
    "--mount type=bind,src=/run/planted,dst=/b,bind-propagation=rslave,bind-recursive=disabled",
    `{{json ${CONTAINER}.Mounts}}`,
    '[{"Type":"bind","Source":"/run/planted","Target":"/b","BindOptions":{"Propagation":"rslave","NonRecursive":true}}]',
  ],
  [
    "--secret source=word,target=/etc/word,uid=33,gid=34,mode=0400",
    `{{range ${CONTAINER}.Secrets}}{{.SecretName}} {{.File.Name}} {{.File.UID}}:{{.File.GID}} {{.File.Mode}};{{end}}`,
    "word /etc/word 33:34 -r--------;",
  ],
  [
    "--config src=page,target=/srv/page,mode=0440",
    `{{range ${CONTAINER}.Configs}}{{.ConfigName}} {{.File.Name}} {{.File.Mode}};{{end}}`,
    "page /srv/page -r--r-----;",
  ],
  [
    "--secret word",
    `{{range ${CONTAINER}.Secrets}}{{.File.Name}} {{.File.UID}} {{.File.Mode}}{{end}}`,
    "word 0 -r--r--r--",
  ],
  ["--network name=back,alias=db,alias=store", `{{range ${TASK}.Networks}}{{.Aliases}}{{end}}`, "[db store]"],
  [
    "-p 8081-8082:80-81 -p 8083:53/udp -p published=8084,target=80,mode=host",
    "{{range .Spec.EndpointSpec.Ports}}{{.PublishedPort}}:{{.TargetPort}}/{{.Protocol}} {{.PublishMode}};{{end}}",
    "8081:80/tcp ingress;8082:81/tcp ingress;8083:53/udp ingress;8084:80/tcp host;",
  ],
  ["--endpoint-mode dnsrr", "{{.Spec.EndpointSpec.Mode}}", "dnsrr"],
  [
    "--health-cmd true --health-interval 9s --health-timeout 8s --health-start-period 7s --health-start-interval 6s --health-retries 5",
    `{{json ${CONTAINER}.Healthcheck}}`,
    '{"Test":["CMD-SHELL","true"],"Interval":9000000000,"Timeout":8000000000,"StartPeriod":7000000000,"StartInterval":6000000000,"Retries":5}',
  ],
  ["--no-healthcheck", `{{json ${CONTAINER}.Healthcheck}}`, '{"Test":["NONE"]}'],
  [
    "--log-driver json-file --log-opt max-size=1m",
    `{{json ${TASK}.LogDriver}}`,
    '{"Name":"json-file","Options":{"max-size":"1m"}}',
  ],
  [
    "--restart-condition on-failure --restart-delay 2s --restart-max-attempts 3 --restart-window 9s",
    `{{json ${TASK}.RestartPolicy}}`,
    '{"Condition":"on-failure","Delay":2000000000,"MaxAttempts":3,"Window":9000000000}',
  ],
  ...(["update", "rollback"] as const).map(
    (kind): Flag => [
      `--${kind}-parallelism 2 --${kind}-delay 1s --${kind}-monitor 2s --${kind}-failure-action continue --${kind}-max-failure-ratio .5 --${kind}-order start-first`,
      kind === "update" ? "{{json .Spec.UpdateConfig}}" : "{{json .Spec.RollbackConfig}}",
      '{"Parallelism":2,"Delay":1000000000,"FailureAction":"continue","Monitor":2000000000,"MaxFailureRatio":0.5,"Order":"start-first"}',
    ],
  ),
  ["--with-registry-auth", `{{${CONTAINER}.Image}}`, "busybox:latest"],
];

/** Of `service update`, one after the other on one service, and what each leaves. */
const UPDATE: readonly Flag[] = [
  ["--label-add a=b", "{{json .Spec.Labels}}", '{"a":"b"}'],
  ["--label-rm a", "{{len .Spec.Labels}}", "0"],
  ["--container-label-add a=b", `{{json ${CONTAINER}.Labels}}`, '{"a":"b"}'],
  ["--container-label-rm a", `{{len ${CONTAINER}.Labels}}`, "0"],
  ["--constraint-add node.role==manager", `{{${TASK}.Placement.Constraints}}`, "[node.role==manager]"],
  ["--constraint-rm node.role==manager", `{{len ${TASK}.Placement.Constraints}}`, "0"],
  ["--placement-pref-add spread=node.labels.z", `{{len ${TASK}.Placement.Preferences}}`, "1"],
  ["--placement-pref-rm spread=node.labels.z", `{{len ${TASK}.Placement.Preferences}}`, "0"],
  ["--env-add B=2", `{{${CONTAINER}.Env}}`, "[B=2]"],
  ["--env-rm B", `{{len ${CONTAINER}.Env}}`, "0"],
  ["--args 'sleep 2000'", `{{${CONTAINER}.Args}}`, "[sleep 2000]"],
  ["--group-add 5", `{{${CONTAINER}.Groups}}`, "[5]"],
  ["--group-rm 5", `{{len ${CONTAINER}.Groups}}`, "0"],
  ["--host-add h:10.0.0.9", `{{${CONTAINER}.Hosts}}`, "[10.0.0.9 h]"],
  ["--host-rm h:10.0.0.9", `{{len ${CONTAINER}.Hosts}}`, "0"],
  [
    "--dns-add 10.0.0.9 --dns-option-add ndots:1 --dns-search-add x.org",
    `{{${CONTAINER}.DNSConfig.Search}}`,
    "[x.org]",
  ],
  ["--dns-rm 10.0.0.9 --dns-option-rm ndots:1 --dns-search-rm x.org", `{{len ${CONTAINER}.DNSConfig.Search}}`, "0"],
  ["--sysctl-add net.core.somaxconn=9", `{{${CONTAINER}.Sysctls}}`, "map[net.core.somaxconn:9]"],
  ["--sysctl-rm net.core.somaxconn", `{{len ${CONTAINER}.Sysctls}}`, "0"],
  ["--ulimit-add nproc=9", `{{len ${CONTAINER}.Ulimits}}`, "1"],
  ["--ulimit-rm nproc", `{{len ${CONTAINER}.Ulimits}}`, "0"],
  ["--mount-add type=volume,src=vol,dst=/v", `{{range ${CONTAINER}.Mounts}}{{.Target}}{{end}}`, "/v"],
  ["--mount-rm /v", `{{len ${CONTAINER}.Mounts}}`, "0"],
  ["--secret-add word --config-add page", `{{len ${CONTAINER}.Secrets}}{{len ${CONTAINER}.Configs}}`, "11"],
  ["--secret-rm word --config-rm page", `{{len ${CONTAINER}.Secrets}}{{len ${CONTAINER}.Configs}}`, "00"],
  ["--network-add back", `{{len ${TASK}.Networks}}`, "1"],
  ["--network-rm back", `{{len ${TASK}.Networks}}`, "0"],
  ["--publish-add 8090:80", "{{range .Spec.EndpointSpec.Ports}}{{.PublishedPort}}{{end}}", "8090"],
  ["--publish-rm 80", "{{len .Spec.EndpointSpec.Ports}}", "0"],
  [
    "--generic-resource-add ssd=1",
    `{{len ${TASK}.Resources.Reservations.GenericResources}}`,
    "no node has the generic resource ssd: tasks wait until one does\n1",
  ],
  ["--generic-resource-rm ssd", `{{len ${TASK}.Resources.Reservations.GenericResources}}`, "0"],
  ["--force", `{{${TASK}.ForceUpdate}}`, "1"],
  ["--image busybox:1 --no-resolve-image", `{{${CONTAINER}.Image}}`, "busybox:1"],
  ["--replicas 2", "{{.Spec.Mode.Replicated.Replicas}}", "2"],
  ["--rollback", "{{.Spec.Mode.Replicated.Replicas}}", "1"],
];

const REFUSED: readonly Line[] = [
  ["docker service create --mode global --replicas 2 busybox", /replicas can only be used with replicated/],
  ["docker service create --max-concurrent 2 busybox", /max-concurrent can only be used/],
  [
    "docker service create --mode replicated-job --update-delay 1s busybox",
    /update and rollback configuration is not supported for jobs/,
  ],
  [
    "docker service create --health-cmd x --no-healthcheck busybox",
    /--no-healthcheck conflicts with --health-\* options/,
  ],
  ["docker service create --secret nothing busybox", /secret not found: nothing/],
  ["docker service create --config nothing busybox", /config not found: nothing/],
  ["docker service create --network nothing busybox", /network nothing not found/],
  ["docker service create --secret word --secret src=page,target=word busybox", /not found|duplicate/],
  ["docker service create -p 127.0.0.1:80:80 busybox", /hostip is not supported/],
  ["docker service create --generic-resource gpu=a busybox", /invalid generic-resource|value/],
  ["docker service scale u=x", /invalid replicas value x/],
  ["docker service update --rollback --replicas 1 u", /other flags may not be combined with --rollback/],
  ["docker node update --label-rm nothing host1", /key nothing doesn't exist in node's labels/],
  ["docker swarm ca --cert-expiry 1h", /--rotate/],
  ["docker swarm unlock", /swarm is not locked/],
  ["docker network rm nothing", /network nothing not found/],
];

const LINES: readonly Line[] = [
  ["docker swarm join-token worker", /docker swarm join --token SWMTKN-1-\S+ 10\.77\.0\.1:2377/],
  ["docker swarm join-token -q --rotate manager", /^SWMTKN-1-\S+$/m],
  ["docker swarm update --cert-expiry 720h --dispatcher-heartbeat 6s --snapshot-interval 9000", "Swarm updated."],
  ["docker swarm update --task-history-limit 3", "Swarm updated."],
  ["docker swarm ca", /^-----BEGIN CERTIFICATE-----/],
  ["docker swarm ca --rotate -q", ""],
  [
    "docker node ls --filter role=manager --format '{{.Hostname}} {{.ManagerStatus}} {{.TLSStatus}}'",
    "host1 Leader Ready",
  ],
  ["docker node ls -q --filter name=host2", ID],
  ["docker node ls --filter membership=accepted --format '{{.Hostname}} {{.Self}}'", "host1 true\nhost2 false"],
  ["docker node update --label-add zone=a --availability pause host2", "host2"],
  ["docker node ls --filter node.label=zone=a --format '{{.Availability}}'", "Pause"],
  ["docker node update --label-rm zone --availability active host2", "host2"],
  ["docker node inspect --format '{{.Spec.Role}} {{len .Spec.Labels}}' host2", "worker 0"],
  ["docker node inspect --pretty host2", /Engine Version:\s+\S+[\s\S]*Issuer Public Key:/],
  ["docker node promote host1", /^Node [a-z0-9]{25} is already a manager\.$/],
  ["docker node update --role worker host2", "host2"],
  ["docker node ps --no-trunc --format '{{.Name}} {{.DesiredState}}' host1 host2", /^u\.\d Running$/m],
  // The command asks again for the nodes before.
  ["docker node ps --filter desired-state=running --filter name=u -q self host2 | sort -u", /^[a-z0-9]{12}$/],
  [
    "docker service ls --filter mode=replicated --filter name=u --format '{{.Name}} {{.Mode}} {{.Replicas}} {{.Image}}'",
    /^u replicated \d\/1 busybox:1$/,
  ],
  ["docker service ls --filter label=no -q", ""],
  [
    "docker service ps --filter node=self --filter desired-state=shutdown --no-resolve --no-trunc u",
    /^ID\s+NAME\s+IMAGE\s+NODE\s+DESIRED STATE\s+CURRENT STATE\s+ERROR\s+PORTS/,
  ],
  [
    "docker service inspect --pretty u",
    /^\nID:\s+[a-z0-9]{25}\nName:\s+u\nService Mode:\s+Replicated\n Replicas:\s+1\n/,
  ],
  ["docker service logs --raw --no-trunc --timestamps --tail 1 --since 1h u", ""],
  ["docker service scale -d u=2 j=3", /u scaled to 2\nj scaled to 3/],
  [
    "docker service inspect --format '{{json .Spec.Mode}}' j",
    '{"ReplicatedJob":{"MaxConcurrent":1,"TotalCompletions":3}}',
  ],
  ["docker service rollback -d u", /^u$|rolled back/m],
  ["docker service rm u j", "u\nj"],
  ["docker secret ls --filter name=word --format '{{.Name}} {{.Driver}}'", "word"],
  ["docker secret inspect --pretty word", /^ID:\s+\S+\nName:\s+word\nLabels:\n - a=b\nDriver:\s*\nCreated at:/],
  ["docker config ls --filter label=c=d -q", ID],
  ["docker config inspect --format '{{printf \"%s\" .Spec.Data}}' page", "hello"],
  [
    "docker network ls --filter driver=overlay --filter scope=swarm --format '{{.Name}} {{.Scope}}'",
    "back swarm\ningress swarm",
  ],
  [
    "docker network inspect --format '{{.Attachable}} {{.Internal}} {{range .IPAM.Config}}{{.Subnet}} {{.Gateway}}{{end}} {{json .Labels}}' back",
    'true true 10.9.0.0/24 10.9.0.1 {"a":"b"}',
  ],
  ["docker network inspect -v --format '{{.Name}}' back", "back"],
  ["docker network rm back", "back"],
  ["docker network create -d overlay other >/dev/null && docker network prune -f", "Deleted Networks:\nother"],
  ["docker secret rm word", "word"],
  ["docker config rm page", "page"],
];

describe("docker's commands for a swarm", { timeout: 900_000 }, () => {
  let lab: Lab;
  let docker: DockerCli;
  before(async () => {
    lab = await Lab.up(2, { managers: 1 });
    docker = await DockerCli.on(lab);
    for (const host of lab.hosts) {
      await lab.exec(host, "sh", "-c", "mkdir /run/planted; printf 'C=3\\nPLANTED\\n' >/run/planted/env");
    }
    await says("printf x | docker secret create --label a=b word -", ID);
    await says("printf hello | docker config create -l c=d page -", ID);
    const network =
      "--attachable --internal --subnet 10.9.0.0/24 --gateway 10.9.0.1 --ip-range 10.9.0.128/25 --label a=b";
    await says(`docker network create -d overlay ${network} -o x=y back`, ID);
  });
  after(async () => {
    docker[Symbol.dispose]();
    await lab[Symbol.asyncDispose]();
  });

  async function answer(line: string): Promise<string> {
    const words = docker.command().map((word) => `'${word}'`);
    const { stdout, stderr } = await lab.tryExec("host1", "sh", "-c", `docker() { ${words.join(" ")} "$@"; }\n${line}`);
    return `${stderr}${stdout}`.trimEnd();
  }

  async function says(line: string, expected: RegExp | string): Promise<void> {
    const said = await answer(line);
    if (typeof expected === "string") assert.equal(said, expected, line);
    else assert.ok(expected.test(said), `${line}: ${said}`);
  }

  /** All rows, so that one fault does not hide the next. */
  async function all<Row>(rows: readonly Row[], check: (row: Row) => Promise<void>): Promise<void> {
    const faults: string[] = [];
    for (const row of rows) await check(row).catch((error: Error) => faults.push(error.message));
    assert.deepEqual(faults, []);
  }

  it("service create has each flag, and inspect shows it as it was given", async () => {
    await all(CREATE, async ([flags, template, shows]) => {
      const create = `PLANTED=yes; export PLANTED; docker service create -d --no-resolve-image --name f ${flags} busybox sleep 1000`;
      try {
        await says(`${create} >/dev/null && docker service inspect f --format '${template}'`, shows);
      } finally {
        await answer("docker service rm f");
      }
    });
  });

  it("service update adds, takes away and changes with each flag", async () => {
    await says("docker service create -d --no-resolve-image --name u busybox sleep 1000", ID);
    await all(UPDATE, async ([flags, template, shows]) => {
      await says(
        `docker service update -q -d ${flags} u >/dev/null && docker service inspect u --format '${template}'`,
        shows,
      );
    });
  });

  it("what makes no sense is refused in Docker's words", async () => {
    await all(REFUSED, async ([line, words]) => {
      await says(`${line} >/dev/null && echo done`, words);
    });
  });

  it("the other commands answer with Docker's words and columns", async () => {
    const running = "docker service ls --filter name=u --format '{{.Replicas}}'";
    await waitFor("the service to be calm", async () => (await answer(running)) === "1/1");
    await says("docker service create -d --no-resolve-image --name j --mode replicated-job busybox true", ID);
    await all(LINES, async ([line, words]) => await says(line, words));
  });
});
