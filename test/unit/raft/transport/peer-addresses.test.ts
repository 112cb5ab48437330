import assert from "node:assert/strict";
import { test } from "node:test";
import type { RaftMember } from "../../../../raft/ids.ts";
import { PeerAddresses } from "../../../../raft/transport/peer-addresses.ts";
import { id } from "../core/fixture.ts";

const [OLD, NEW, NEWER] = ["10.0.0.2:1", "10.0.0.2:2", "10.0.0.2:3"];
const member = (address: string): RaftMember => ({ raftId: id(2), nodeId: "two", address });

function bookOf(...members: readonly RaftMember[]): PeerAddresses {
  const book = new PeerAddresses();
  book.setMembers(members, []);
  return book;
}

test("a member is where the log says, until it says otherwise itself", () => {
  const book = bookOf(member(OLD));
  assert.equal(book.addressOf(id(2)), OLD);
  assert.equal(book.learn(id(2), NEW), true);
  assert.equal(book.addressOf(id(2)), NEW);
});

test("what a member said lasts while the log says nothing new", () => {
  const book = bookOf(member(OLD));
  book.learn(id(2), NEW);
  book.setMembers([member(OLD), { raftId: id(3), nodeId: "three", address: "10.0.0.3:1" }], []);
  assert.equal(book.addressOf(id(2)), NEW);
  book.setMembers([member(NEWER)], []);
  assert.equal(book.addressOf(id(2)), NEWER);
});

test("a member that is back where the log says is found there", () => {
  const book = bookOf(member(OLD));
  book.learn(id(2), NEW);
  assert.equal(book.learn(id(2), OLD), true);
  assert.equal(book.addressOf(id(2)), OLD);
});

test("saying the same, or nothing, is no news", () => {
  const book = bookOf(member(OLD));
  assert.equal(book.learn(id(2), OLD), false);
  assert.equal(book.learn(id(2), ""), false);
  assert.equal(book.addressOf(id(2)), OLD);
});

test("someone who is not known as a member yet is where it says", () => {
  const book = bookOf();
  assert.equal(book.addressOf(id(9)), null);
  book.learn(id(9), OLD);
  assert.equal(book.addressOf(id(9)), OLD);
});

test("who was removed is forgotten, whatever it says", () => {
  const book = bookOf(member(OLD));
  book.learn(id(2), NEW);
  book.setMembers([], [id(2)]);
  assert.equal(book.addressOf(id(2)), null);
  assert.equal(book.learn(id(2), NEW), false);
  assert.equal(book.addressOf(id(2)), null);
});

const third = (address: string): RaftMember => ({ raftId: id(3), nodeId: "three", address });

test("where others reach a member is tried after the log and its own words, and told once", () => {
  const book = bookOf(member(OLD), third("10.0.0.3:1"));
  assert.deepEqual(book.candidates(id(2)), [OLD]);
  assert.deepEqual([...book.hear(id(3), [member(NEW)])], [[id(2), NEW]]);
  assert.deepEqual([book.candidates(id(2)), book.addressOf(id(2))], [[OLD, NEW], OLD]);
  assert.deepEqual([...book.hear(id(3), [member(NEW)])], [], "no news");
  book.learn(id(2), NEWER);
  assert.deepEqual(book.candidates(id(2)), [NEWER, OLD, NEW]);
  assert.deepEqual([...book.hear(id(3), [member(NEWER)])], []);
  assert.deepEqual(book.candidates(id(2)), [NEWER, OLD], "what was told before is forgotten");
});

test("nobody is believed about itself in what it says of others, nor about strangers, nor nonsense", () => {
  const book = bookOf(member(OLD), third("10.0.0.3:1"));
  const stranger = { ...third(NEW), raftId: id(9) };
  assert.deepEqual([...book.hear(id(3), [third(NEW), stranger, member("nowhere")])], []);
  assert.deepEqual([book.candidates(id(3)), book.candidates(id(9))], [["10.0.0.3:1"], []]);
});

test("what a removed member told of others is forgotten", () => {
  const book = bookOf(member(OLD), third("10.0.0.3:1"));
  book.hear(id(3), [member(NEW)]);
  book.setMembers([member(OLD)], [id(3)]);
  assert.deepEqual(book.candidates(id(2)), [OLD]);
});

test("others are told where members are, by their own words rather than the log's, and anew only when it is news", () => {
  const book = bookOf(member(OLD));
  const first = book.told;
  assert.deepEqual(first, [member(OLD)]);
  book.setMembers([member(OLD)], []);
  assert.equal(book.told, first);
  book.learn(id(2), NEW);
  assert.deepEqual(book.told, [member(NEW)]);
  book.hear(id(3), [member(NEWER)]);
  assert.deepEqual(book.told, [member(NEW)], "hearsay is not passed on");
});
