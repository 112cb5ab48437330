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
