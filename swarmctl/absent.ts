/** Words of docker's command line that mean nothing here, each with why or with what there is instead. */
const COMMANDS: ReadonlyMap<string, string> = new Map([
  ["plugin", "there are no plugins here"],
  ["compose", "a Compose file is deployed as a stack: `swarmctl stack deploy -c FILE STACK`"],
  ["context", "another daemon is named with --socket or $SWARM_SOCKET"],
  ["buildx", "images are made with `swarmctl build`"],
  ["builder", "images are made with `swarmctl build`"],
]);

const OPTIONS: ReadonlyMap<string, string> = new Map([
  ["--cgroup-parent", "what this command starts has its control groups below the daemon's own"],
  ["--driver", "there are no plugins that could keep it"],
  ["--external-ca", "the managers alone sign certificates"],
  ["--isolation", "Linux knows one kind of isolation"],
  ["--security-opt", "what this command starts is as secure as a container without options"],
  ["--max-snapshots", "one snapshot is kept"],
]);

/** What to say of a command that docker has and we do not; undefined for any other word. */
export function absentCommand(word: string): string | undefined {
  const why = COMMANDS.get(word);
  return why === undefined ? undefined : `there is no command '${word}': ${why}`;
}

/** The same of an option, with its dashes. */
export function absentOption(option: string): string | undefined {
  const why = OPTIONS.get(option);
  return why === undefined ? undefined : `${option} is not offered: ${why}`;
}
