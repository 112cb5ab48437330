import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConfChange } from "../../../../raft/core/entry.ts";
import type { Configuration } from "../../../../raft/core/tracker.ts";
import { MemberDirectory } from "../../../../raft/node/member-directory.ts";
import { MembershipNews } from "../../../../raft/node/membership-news.ts";
import type { RaftTransport } from "../../../../raft/transport/raft-transport.ts";
import { id } from "../core/fixture.ts";

const member = (raftId: number) => ({ raftId: id(raftId), nodeId: `n${raftId}`, address: `10.0.0.${raftId}:2377` });

function createNews() {
  const told: { members: number[]; removed: number[] }[] = [];
  const transport = {
    setMembers: (members, removed) =>
      void told.push({ members: members.map(({ raftId }) => raftId), removed: [...removed] }),
  } as Pick<RaftTransport, "setMembers"> as RaftTransport;
  const directory = new MemberDirectory();
  directory.restore({ members: [member(1), member(2)], removed: [] } as never);
  return { told, directory, news: new MembershipNews(directory, transport) };
}

const voters = (...ids: number[]): Configuration => ({
  voters: { incoming: new Set(ids.map(id)), outgoing: new Set() },
  learners: new Set(),
  learnersNext: new Set(),
  autoLeave: false,
});

test("a member that was added is heard of at once, since it waits for us", () => {
  const { told, directory, news } = createNews();
  const change: ConfChange = { transition: "auto", operations: [{ kind: "addVoter", id: id(3) }], member: member(3) };
  directory.apply(change, voters(1, 2, 3));
  news.onApplied();
  assert.deepEqual(told.at(-1), { members: [1, 2, 3], removed: [] });
  assert.deepEqual(news.members, [member(1), member(2), member(3)]);
});

test("that a member was removed is told when it is on disk, and not before", () => {
  const { told, directory, news } = createNews();
  const change: ConfChange = { transition: "auto", operations: [{ kind: "remove", id: id(2) }], member: null };
  directory.apply(change, voters(1));
  news.onApplied();
  assert.deepEqual(told, [{ members: [1, 2], removed: [] }]);
  assert.deepEqual(news.members, [member(1), member(2)]);
  news.publish();
  assert.deepEqual(told.at(-1), { members: [1], removed: [2] });
  assert.deepEqual(news.members, [member(1)]);
});
