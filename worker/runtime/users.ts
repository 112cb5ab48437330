import { SwarmError } from "../../shared/errors.ts";

/** Who the container's first process is. */
export interface ContainerUser {
  readonly uid: number;
  readonly gid: number;
  /** With `gid` among them: a program that gives up its first group must not gain files by that (CVE-2022-36109). */
  readonly additionalGids: readonly number[];
  /** Its home directory, "/" if the image does not say. */
  readonly home: string;
}

/** Lines of a file, a batch at a time; nothing = there is no such file. */
export type Lines = AsyncIterable<readonly string[]>;

const ID_MAX = 2 ** 31 - 1;
/** Real users are in a few dozen; the kernel accepts 65,536, and all of them are passed to it at every start. */
const ADDITIONAL_GROUPS_MAX = 1_024;

/**
 * USER[:GROUP] by name or number against the image's own /etc/passwd and /etc/group, as Docker reads it: a number needs
 * no entry; without GROUP the user's groups count, with it only that one. `further` are groups, read the same way.
 * @throws SwarmError failedPrecondition when a name is not there, or the user is in more than ADDITIONAL_GROUPS_MAX
 * groups.
 */
export async function resolveUser(
  spec: string,
  further: readonly string[],
  passwd: Lines,
  group: () => Lines,
): Promise<ContainerUser> {
  const user = await resolveFirst(spec, passwd, group());
  const gids = new Set(user.additionalGids);
  for (const text of further) gids.add(await findGroup(text, group()));
  return { ...user, additionalGids: [...gids] };
}

async function resolveFirst(spec: string, passwd: Lines, group: Lines): Promise<ContainerUser> {
  const colon = spec.indexOf(":");
  const userText = colon === -1 ? spec : spec.slice(0, colon);
  const groupText = colon === -1 ? "" : spec.slice(colon + 1);
  const { name, uid, gid, home } = await findAccount(userText === "" ? "0" : userText, passwd);
  if (groupText !== "") {
    const chosen = await findGroup(groupText, group);
    return { uid, gid: chosen, additionalGids: [chosen], home };
  }
  return { uid, gid, additionalGids: [...(await groupsOf(name, gid, group))], home };
}

interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** A name takes precedence over a number, wherever it is in the file. */
async function findAccount(text: string, passwd: Lines): Promise<Account> {
  const uid = toId(text);
  let byNumber: Account | null = null;
  for await (const lines of passwd) {
    for (const line of lines) {
      const account = parseAccount(line);
      if (account === null) continue;
      if (account.name === text) return account;
      if (account.uid === uid) byNumber ??= account;
    }
  }
  if (byNumber !== null) return byNumber;
  if (uid === null) {
    throw new SwarmError("failedPrecondition", `user ${JSON.stringify(text)} is not in the image's /etc/passwd`);
  }
  return { name: "", uid, gid: 0, home: "/" };
}

function parseAccount(line: string): Account | null {
  if (line === "") return null;
  const [name = "", , uid = "", gid = "", , home = ""] = line.split(":", ACCOUNT_FIELDS);
  const uidNumber = toId(uid);
  return uidNumber === null ? null : { name, uid: uidNumber, gid: toId(gid) ?? 0, home: home === "" ? "/" : home };
}

/** The fields before the shell, and those of a group. */
const ACCOUNT_FIELDS = 6;
const GROUP_FIELDS = 4;

interface Group {
  readonly name: string;
  readonly gid: number;
  readonly members: string;
}

function parseGroup(line: string): Group | null {
  if (line === "") return null;
  const [name = "", , gid = "", members = ""] = line.split(":", GROUP_FIELDS);
  const number = toId(gid);
  return number === null ? null : { name, gid: number, members };
}

/** With the user's own. */
async function groupsOf(user: string, own: number, groups: Lines): Promise<ReadonlySet<number>> {
  const gids = new Set([own]);
  // A number without an entry is no user's name, but a group without members would contain a matching empty one.
  if (user === "") return gids;
  for await (const lines of groups) {
    for (const line of lines) {
      const group = parseGroup(line);
      if (group?.members.split(",").includes(user) !== true) continue;
      gids.add(group.gid);
      if (gids.size <= ADDITIONAL_GROUPS_MAX) continue;
      const sentence = `user ${JSON.stringify(user)} is in more than ${ADDITIONAL_GROUPS_MAX} groups of the image's /etc/group`;
      throw new SwarmError("failedPrecondition", sentence);
    }
  }
  return gids;
}

async function findGroup(text: string, groups: Lines): Promise<number> {
  for await (const lines of groups) {
    for (const line of lines) {
      const group = parseGroup(line);
      if (group?.name === text) return group.gid;
    }
  }
  const gid = toId(text);
  if (gid !== null) return gid;
  throw new SwarmError("failedPrecondition", `group ${JSON.stringify(text)} is not in the image's /etc/group`);
}

function toId(text: string): number | null {
  if (!/^\d{1,10}$/.test(text)) return null;
  const id = Number(text);
  return id <= ID_MAX ? id : null;
}
