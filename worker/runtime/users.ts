import { SwarmError } from "../../shared/errors.ts";

/** Who the container's first process is. */
export interface ContainerUser {
  readonly uid: number;
  readonly gid: number;
  /** With `gid` among them: a program that gives up its first group must not gain files by that (CVE-2022-36109). */
  readonly additionalGids: readonly number[];
  /** Its home directory, "/" where the image does not say. */
  readonly home: string;
}

const ID_MAX = 2 ** 31 - 1;

/**
 * USER[:GROUP] by name or number against the image's own /etc/passwd and /etc/group (null = the image has none), as
 * Docker reads it: a number needs no entry; without GROUP the user's groups count, with it only that one.
 * @throws SwarmError failedPrecondition when a name is not there.
 */
export function resolveUser(spec: string, passwd: string | null, group: string | null): ContainerUser {
  const colon = spec.indexOf(":");
  const userText = colon === -1 ? spec : spec.slice(0, colon);
  const groupText = colon === -1 ? "" : spec.slice(colon + 1);
  const account = findAccount(userText === "" ? "0" : userText, passwd ?? "");
  const groups = parseGroups(group ?? "");
  if (groupText !== "") {
    const gid = findGroup(groupText, groups);
    return { uid: account.uid, gid, additionalGids: [gid], home: account.home };
  }
  const memberOf = groups.filter(({ members }) => members.includes(account.name)).map(({ gid }) => gid);
  const additionalGids = [...new Set([account.gid, ...memberOf])];
  return { uid: account.uid, gid: account.gid, additionalGids, home: account.home };
}

interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

function findAccount(text: string, passwd: string): Account {
  const accounts = passwd.split("\n").flatMap((line): Account[] => {
    const [name = "", , uid = "", gid = "", , home = ""] = line.split(":");
    const uidNumber = toId(uid);
    return uidNumber === null ? [] : [{ name, uid: uidNumber, gid: toId(gid) ?? 0, home: home === "" ? "/" : home }];
  });
  const uid = toId(text);
  const found = accounts.find((account) => account.name === text) ?? accounts.find((account) => account.uid === uid);
  if (found !== undefined) return found;
  if (uid === null) {
    throw new SwarmError("failedPrecondition", `user ${JSON.stringify(text)} is not in the image's /etc/passwd`);
  }
  return { name: "", uid, gid: 0, home: "/" };
}

interface Group {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

function parseGroups(text: string): readonly Group[] {
  return text.split("\n").flatMap((line): Group[] => {
    const [name = "", , gid = "", members = ""] = line.split(":");
    const number = toId(gid);
    return number === null
      ? []
      : [{ name, gid: number, members: members.split(",").filter((member) => member !== "") }];
  });
}

function findGroup(text: string, groups: readonly Group[]): number {
  const gid = groups.find(({ name }) => name === text)?.gid ?? toId(text);
  if (gid !== null) return gid;
  throw new SwarmError("failedPrecondition", `group ${JSON.stringify(text)} is not in the image's /etc/group`);
}

function toId(text: string): number | null {
  if (!/^\d{1,10}$/.test(text)) return null;
  const id = Number(text);
  return id <= ID_MAX ? id : null;
}
