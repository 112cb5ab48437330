import type { RaftMember } from "../ids.ts";
import type { RaftTransport } from "../transport/raft-transport.ts";
import type { MemberDirectory } from "./member-directory.ts";

/**
 * Tells others who the members are: about a new one at once, since it is waiting to hear from us; about a removal only
 * when it is certain on this disk.
 *
 * A member that hears of its removal leaves, and cannot be asked again. If we told it first and then lost power, we
 * could restart without knowing that the removal was committed, and a group of two would wait for ever for the one that
 * has left. For the same reason no member trusts its own log that it was removed: until a member that stays says so,
 * its vote may be needed once more.
 */
export class MembershipNews {
  readonly #directory: MemberDirectory;
  readonly #transport: RaftTransport;
  #members: readonly RaftMember[] = [];
  #removedCount = 0;

  constructor(directory: MemberDirectory, transport: RaftTransport) {
    this.#directory = directory;
    this.#transport = transport;
    this.publish();
  }

  /** As reported, which is binding for everybody outside of consensus. Ascending by id. */
  get members(): readonly RaftMember[] {
    return this.#members;
  }

  /** A change took effect. */
  onApplied(): void {
    if (this.#directory.removed.length === this.#removedCount) this.publish();
  }

  /** All that has taken effect is on this disk. */
  publish(): void {
    const { members, removed } = this.#directory;
    this.#members = members;
    this.#removedCount = removed.length;
    this.#transport.setMembers(members, removed);
  }
}
