/**
 * What people who know Docker type about a swarm, with `swarmctl` in place of `docker`: each command of docker's with
 * its options and filters, and what must come out. Options of services have a test of their own (service-options).
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { splitWords } from "../../swarmctl/parse/words.ts";
import { Lab } from "../support/lab.ts";
import { untilRunning } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

interface Row {
  /** As typed on host1, without `swarmctl`. */
  readonly type: string;
  /** All of its standard output. */
  readonly shows?: RegExp;
  /** It fails, and says so on standard error. */
  readonly refuses?: RegExp;
  readonly input?: string;
}

const TASK_HEADINGS = "ID +NAME +IMAGE +NODE +DESIRED STATE +CURRENT STATE +ERROR +PORTS";
const ID = "[a-z0-9]{25}";

/** Patterns with anything between them, the first at the beginning. */
const inOrder = (...parts: readonly string[]): RegExp => new RegExp(`^${parts.join("[\\s\\S]*")}`);

const SWARM: readonly Row[] = [
  { type: "swarm init --advertise-addr 10.77.0.1", refuses: /already part of a swarm/ },
  { type: "swarm init --autolock", refuses: /already part of a swarm/ },
  { type: "swarm init --force-new-cluster", refuses: /only one of its swarm already, and leads it/ },
  { type: "swarm init --force-new-cluster --autolock", refuses: /--autolock cannot be given with it/ },
  { type: "swarm join --token x 10.77.0.1", refuses: /already part of a swarm/ },
  {
    type: "swarm join-token worker",
    shows: inOrder(
      "To add a worker to this swarm, run the following command:\n\n {4}swarmctl join --token SWM",
      ":2377\n\n$",
    ),
  },
  { type: "swarm join-token -q manager", shows: /^SWMTKN-1-\S+\n$/ },
  { type: "swarm join-token --rotate worker", shows: /^Successfully rotated worker join token\.\n\nTo add a worker/ },
  { type: "swarm join-token --rotate --quiet worker", shows: /^SWMTKN-1-\S+\n$/ },
  { type: "swarm update --task-history-limit 4 --cert-expiry 48h", shows: /^Swarm updated\.\n$/ },
  { type: "swarm update --dispatcher-heartbeat 1s --snapshot-interval 9000", shows: /^Swarm updated\.\n$/ },
  { type: "swarm unlock-key", refuses: /no unlock key is set/ },
  { type: "swarm unlock-key --rotate", refuses: /cannot rotate because autolock is not turned on/ },
  {
    type: "swarm update --autolock=true",
    shows: inOrder("Swarm updated\\.\nTo unlock a swarm manager after it restarts", " {4}SWMKEY-1-\\S{43}\n"),
  },
  { type: "swarm unlock-key -q", shows: /^SWMKEY-1-\S{43}\n$/ },
  {
    type: "swarm unlock-key --rotate",
    shows: /^Successfully rotated manager unlock key\.\nTo unlock a swarm manager/,
  },
  { type: "swarm update --autolock=false", shows: /^Swarm updated\.\n$/ },
  { type: "swarm update --max-snapshots 2", refuses: /--max-snapshots is not offered/ },
  { type: "swarm unlock", refuses: /swarm is not locked/ },
  { type: "swarm ca", shows: /^-----BEGIN CERTIFICATE-----\n[\s\S]+-----END CERTIFICATE-----\n$/ },
  { type: "swarm ca --cert-expiry 48h", refuses: /--rotate/ },
  { type: "swarm ca --external-ca protocol=cfssl,url=https://ca.example", refuses: /--external-ca is not offered/ },
  { type: "swarm ca --rotate --quiet", shows: /^-----BEGIN CERTIFICATE-----/ },
  { type: "swarm leave", refuses: /manager/ },
  { type: "info", shows: /Task History Retention Limit: 4\n[\s\S]*Certificate Expiry: 2 days\n/ },
];

const NODE: readonly Row[] = [
  { type: "node ls", shows: /^ID +HOSTNAME +STATUS +AVAILABILITY +MANAGER STATUS +ENGINE VERSION\n/ },
  { type: "node ls", shows: new RegExp(`\\n${ID} \\* +host1 +Ready +Active +Leader +\\S+\\n`) },
  { type: "node list -q", shows: new RegExp(`^${ID}\\n${ID}\\n$`) },
  { type: "node ls -f role=manager -f membership=accepted --format {{.Hostname}}", shows: /^host1\n$/ },
  { type: "node ls -f name=host2 --format '{{.Self}} {{.TLSStatus}} {{.Status}}'", shows: /^false Ready Ready\n$/ },
  { type: "node update --label-add zone=a --label-add disk=ssd host2", shows: /^host2\n$/ },
  { type: "node update --label-rm nope host2", refuses: /nope/ },
  { type: "node ls -f node.label=zone=a --format {{.Hostname}}", shows: /^host2\n$/ },
  { type: "node ls -f label=zone=a -q", shows: /^$/ },
  { type: "node update --label-rm disk --availability pause host2", shows: /^host2\n$/ },
  {
    type: "node inspect -f '{{.Spec.Availability}} {{.Spec.Role}} {{json .Spec.Labels}}' host2",
    shows: /^pause worker \{"zone":"a"\}\n$/,
  },
  { type: "node update --availability active host2", shows: /^host2\n$/ },
  {
    type: "node inspect --pretty self",
    shows: inOrder(
      ...["ID:", "Hostname:\\s+host1\nJoined at:", "Status:\n State:\\s+Ready\n Availability:\\s+Active\n Address:"],
      ...["Manager Status:\n Address:", "Raft Status:\\s+Reachable\n Leader:\\s+Yes\nPlatform:\n Operating System:"],
      ...["Resources:\n CPUs:", "Engine Version:"],
    ),
  },
  { type: "node promote host2", shows: /^Node host2 promoted to a manager in the swarm\.\n$/ },
  { type: "node promote host2", shows: /^Node host2 is already a manager\.\n$/ },
  { type: "node demote host2", shows: /^Manager host2 demoted in the swarm\.\n$/ },
  { type: "node demote host1", refuses: /last manager/ },
  { type: "node rm host2", refuses: /node host2 is not down and cannot be removed/ },
  { type: "node rm host1", refuses: /manager/ },
  { type: "node ps self", shows: new RegExp(`^${TASK_HEADINGS}\\n$`) },
];

const SERVICE: readonly Row[] = [
  {
    type: "service create -d --name web --replicas 2 --replicas-max-per-node 2 -p 8080:80 -l tier=front nginx",
    shows: new RegExp(`^${ID}\\n$`),
  },
  { type: "service create -q --name agent --mode global busybox sleep 1000", shows: new RegExp(`^${ID}\\n$`) },
  { type: "service create --name once --mode replicated-job --replicas 2 busybox echo hi", shows: /job complete\n$/ },
  { type: "service create --quiet --name sweep --mode global-job busybox true", shows: new RegExp(`^${ID}\\n$`) },
  { type: "service ls", shows: /^ID +NAME +MODE +REPLICAS +IMAGE +PORTS\n/ },
  { type: "service ls --format '{{.Name}} {{.Mode}} {{.Replicas}}' -f mode=global", shows: /^agent global 2\/2\n$/ },
  {
    type: "service ls --format '{{.Mode}}: {{.Replicas}}' -f name=once",
    shows: /^replicated job: 0\/2 \(2\/2 completed\)\n$/,
  },
  {
    type: "service ls --format '{{.Mode}}: {{.Replicas}}' -f name=sweep",
    shows: /^global job: 0\/0 \(2\/2 completed\)\n$/,
  },
  {
    type: "service ls --format '{{.Replicas}} {{.Image}} {{.Ports}}' -f label=tier=front",
    shows: /^2\/2 \(max 2 per node\) nginx:latest \*:8080->80\/tcp\n$/,
  },
  { type: "service logs --raw --tail 1 once", shows: /^hi\n$/ },
  {
    type: "service logs --no-task-ids --timestamps --since 1h -n 2 once",
    shows: /^\d{4}-\S+Z once\.[12]@host[12] +\| hi\n\d{4}-\S+Z once\.[12]@host[12] +\| hi\n$/,
  },
  {
    type: "service ps web",
    shows: new RegExp(`^${TASK_HEADINGS}\\n[a-z0-9]{12} +web\\.1 +nginx:latest +host[12] +Running +Running .* ago\\n`),
  },
  { type: "service ps -q --no-trunc -f desired-state=running web", shows: new RegExp(`^${ID}\\n${ID}\\n$`) },
  { type: "service ps -f name=web.1 -f node=host1 -f desired-state=shutdown -q web", shows: /^$/ },
  { type: "service ps --no-resolve -f desired-state=accepted web", shows: new RegExp(`^${TASK_HEADINGS}\\n$`) },
  { type: "service inspect web", shows: /^\[\n {4}\{\n {8}"ID": "/ },
  {
    type: "service inspect -f '{{.Spec.Name}} {{.Spec.EndpointSpec.Mode}}' web agent",
    shows: /^web vip\nagent vip\n$/,
  },
  {
    type: "service inspect --pretty web",
    shows: inOrder(
      ...["ID:", "\nName:\\s+web\nLabels:\n - tier=front\nService Mode:\\s+Replicated\n Replicas:\\s+2\nPlacement:\n"],
      ...["Max Replicas Per Node:\\s+2\n", "ContainerSpec:\n Image:\\s+nginx", "Endpoint Mode:\\s+vip\nPorts:\n"],
      "PublishedPort = 8080\n {2}Protocol = tcp\n {2}TargetPort = 80\n {2}PublishMode = ingress\n",
    ),
  },
  { type: "service scale -d web=1 once=3", shows: /^web scaled to 1\nonce scaled to 3\n$/ },
  { type: "service scale agent=2", refuses: /service agent is global: it cannot be scaled/ },
  { type: "service update -q --env-add A=1 --label-add tier=back web", shows: /^web\n$/ },
  { type: "service update --rollback --env-add A=2 web", refuses: /--rollback may only be combined/ },
  { type: "service rollback -q web", shows: /^web\n$/ },
  { type: "service inspect -f '{{json .Spec.Labels}}' web", shows: /^\{"tier":"front"\}\n$/ },
  { type: "service rm web agent once sweep", shows: /^web\nagent\nonce\nsweep\n$/ },
  { type: "service rm web", refuses: /service web not found/ },
];

const COMPOSE = "services:\n  web:\n    image: $IMAGE\n    ports: ['8081:80']\n";
const STACK: readonly Row[] = [
  { type: "stack config --skip-interpolation -c -", input: COMPOSE, shows: /image: \$IMAGE/ },
  {
    type: "stack up -c - shop",
    input: COMPOSE.replace("$IMAGE", "nginx"),
    shows: /^Creating network shop_default\nCreating service shop_web\n/,
  },
  { type: "stack deploy --detach=true -c - shop", input: COMPOSE.replace("$IMAGE", "nginx"), shows: /^$/ },
  { type: "stack ls", shows: /^NAME +SERVICES\nshop +1\n$/ },
  { type: "stack ps shop", shows: new RegExp(`^${TASK_HEADINGS}\\n[a-z0-9]{12} +shop_web\\.1 +nginx:latest`) },
  { type: "stack ps -q --no-trunc -f desired-state=running shop", shows: new RegExp(`^${ID}\\n$`) },
  { type: "stack services -f name=shop_web --format {{.Name}} shop", shows: /^shop_web\n$/ },
  { type: "stack down shop", shows: /^Removing service shop_web\nRemoving network shop_default\n$/ },
  { type: "stack rm shop", refuses: /Nothing found in stack: shop/ },
];

const CONTENT: readonly Row[] = [
  { type: "secret create -l a=b key -", input: "sesame", shows: new RegExp(`^${ID}\\n$`) },
  { type: "secret create key -", input: "sesame", refuses: /key/ },
  { type: "secret create --driver vault other", refuses: /--driver is not offered/ },
  { type: "secret ls", shows: new RegExp(`^ID +NAME +DRIVER +CREATED +UPDATED\\n${ID} +key +\\S.* ago +.* ago\\n$`) },
  { type: "secret ls -f label=a=b --format {{.Name}}", shows: /^key\n$/ },
  {
    type: "secret inspect --pretty key",
    shows: /^ID:[\s\S]*\nName:\s+key\nLabels:\n - a=b\n(Driver:.*\n)?Created at:[\s\S]*\nUpdated at:/,
  },
  { type: "secret inspect -f {{.Spec.Data}} key", shows: /^(<no value>)?\n$/ },
  { type: "secret rm key", shows: /^key\n$/ },
  {
    type: "config create --label a=b --template-driver golang site -",
    input: "hello",
    shows: new RegExp(`^${ID}\\n$`),
  },
  { type: "config ls", shows: new RegExp(`^ID +NAME +CREATED +UPDATED\\n${ID} +site +.* ago +.* ago\\n$`) },
  { type: "config inspect --pretty site", shows: /^ID:[\s\S]*\nName:\s+site\n[\s\S]*Data:\nhello/ },
  { type: "config inspect -f {{.Spec.Data}} site", shows: /^aGVsbG8=\n$/ },
  { type: "config rm site", shows: /^site\n$/ },
];

const NETWORK: readonly Row[] = [
  {
    type: [
      "network create -d overlay --attachable --subnet 10.55.0.0/24 --gateway 10.55.0.9",
      "--ip-range 10.55.0.128/25 --label a=b --aux-address router=10.55.0.200 back",
    ].join(" "),
    shows: new RegExp(`^${ID}\\n$`),
  },
  {
    type: "network create --driver overlay --ipv6 --internal --opt encrypted --scope swarm secretive",
    refuses: /encrypted/,
  },
  { type: "network create --config-only model", refuses: /--config-only/ },
  { type: "network ls", shows: /^NETWORK ID +NAME +DRIVER +SCOPE\n[\s\S]*[a-z0-9]{12} +back +overlay +swarm\n/ },
  { type: "network ls -f driver=overlay -f type=custom -f scope=swarm --format {{.Name}}", shows: /back\n/ },
  { type: "network ls --no-trunc -q -f name=back", shows: new RegExp(`^${ID}\\n$`) },
  {
    type: "network inspect -f '{{(index .IPAM.Config 0).Subnet}} {{.Attachable}} {{.Labels.a}}' back",
    shows: /^10\.55\.0\.0\/24 true b\n$/,
  },
  { type: "network inspect -v back", shows: /"Services"/ },
  { type: "network rm -f nothing-of-the-kind", shows: /^$/ },
  { type: "network prune -f --filter label=a=b", shows: /^Deleted Networks:\nback\n/ },
  { type: "network rm back", refuses: /network back not found/ },
];

/** The management forms, and what Docker once called its options, on a container of the host's own. */
const CONTAINER: readonly Row[] = [
  { type: "run -d --name own --net bridge --platform linux nginx", shows: /^[0-9a-f]{64}\n$/ },
  { type: "create --net bridge --net-alias o nginx", refuses: /--network-alias, --ip and --ip6 are not for bridge/ },
  { type: "create --platform linux/s390x nginx", refuses: /--platform linux\/s390x is not possible: the host is / },
  { type: "create --platform windows/amd64 nginx", refuses: /all nodes run Linux/ },
  { type: "run --cluster --rm --platform linux/amd64 nginx", refuses: /--constraint node\.platform\.arch==/ },
  { type: "container exec own echo said", shows: /^said\n$/ },
  { type: "container logs --details --tail 0 own", shows: /^$/ },
  { type: "container top own", shows: /nginx: master/ },
  { type: "container stats --no-stream --format {{.Name}} own", shows: /^own\n$/ },
  { type: "container diff own", shows: /^[AC] \// },
  { type: "container cp own:/etc/hostname -", shows: /hostname/ },
  { type: "container inspect -s -f '{{gt .SizeRootFs 1000}}' own", shows: /^true\n$/ },
  { type: "inspect -s -f '{{.Name}} {{.HostConfig.NetworkMode}}' own", shows: /^\/own bridge\n$/ },
  { type: "inspect -f '{{.Os}}' nginx", shows: /^linux\n$/ },
  { type: "inspect -f '{{.Driver}} {{.Scope}}' bridge", shows: /^bridge local\n$/ },
  { type: "inspect --type network -f '{{.Driver}}' ingress", shows: /^overlay\n$/ },
  { type: "service create -q --name front nginx", shows: new RegExp(`^${ID}\\n$`) },
  { type: "inspect -f '{{.Spec.Name}}' front", shows: /^front\n$/ },
  { type: "inspect --type task -f '{{.Slot}}' front.1", shows: /^1\n$/ },
  { type: "inspect -f '{{.Description.Hostname}}' host2", shows: /^host2\n$/ },
  { type: "inspect --type image own", refuses: /own/ },
  { type: "inspect --type pod own", refuses: /unknown --type "pod": it is one of container, image, network/ },
  { type: "inspect nothing-of-the-kind", refuses: /there is no object named nothing-of-the-kind/ },
  { type: "container restart --time 0 own", shows: /^own\n$/ },
  { type: "container stop --timeout=0 own", shows: /^own\n$/ },
  { type: "container rm -f own", shows: /^own\n$/ },
  { type: "service rm front", shows: /^front\n$/ },
];

describe("what docker's users type, with swarmctl", () => {
  let lab: Lab;
  before(async () => {
    lab = await Lab.up(2, { noSwarm: true });
    const init = "swarm init --advertise-addr 10.77.0.1 --listen-addr 0.0.0.0:2377 --task-history-limit 3";
    const pool = "--default-addr-pool 10.20.0.0/14 --default-addr-pool-mask-length 26 --data-path-port 5789";
    const made = await lab.ctl("host1", ...`${init} ${pool} --availability active --cert-expiry 72h`.split(" "));
    assert.match(made, /^Swarm initialized: current node \([a-z0-9]{25}\) is now a manager\.\n\nTo add a worker/);
    const token = (await lab.ctl("host1", "swarm", "join-token", "-q", "worker")).trim();
    const joined = await lab.ctl(
      "host2",
      "swarm",
      "join",
      "--advertise-addr",
      "10.77.0.2",
      "--token",
      token,
      "10.77.0.1",
    );
    assert.equal(joined, "This node joined a swarm as a worker.\n");
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  for (const [noun, rows] of Object.entries({ SWARM, NODE, SERVICE, CONTAINER, STACK, CONTENT, NETWORK })) {
    describe(noun.toLowerCase(), () => {
      for (const { type, shows, refuses, input } of rows) {
        it(`${type}${refuses === undefined ? "" : " is refused"}`, async () => {
          const words = splitWords(type, type);
          if (type.startsWith("service ps") || type.startsWith("service ls"))
            await untilRunning(lab, "host1", "web", 2).catch(() => {});
          const ran = await (input === undefined
            ? lab.tryCtl("host1", ...words)
            : lab.tryCtlWith(input, "host1", ...words));
          const said = `${ran.stdout}\n--- ${ran.stderr}`;
          assert.equal(ran.exitCode, refuses === undefined ? 0 : 1, said);
          if (shows !== undefined) assert.match(ran.stdout, shows, said);
          if (refuses !== undefined) assert.match(ran.stderr, refuses, said);
        });
      }
    });
  }

  it("a worker leaves, is shown as down, and is removed", async () => {
    assert.equal(await lab.ctl("host2", "swarm", "leave"), "Node left the swarm.\n");
    await waitFor("host2 to be down", async () => (await lab.ctl("host1", "node", "ls")).includes("Down"));
    assert.equal(await lab.ctl("host1", "node", "rm", "host2"), "host2\n");
  });
});
