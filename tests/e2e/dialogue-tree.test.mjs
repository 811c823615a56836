/** A dialogue as a tree: one path is shown, and nothing that was said is lost. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { DialogueTree } from "../../www/dialogues/tree.js";

/** @param {DialogueTree} tree */
const said = (tree) => tree.path.map(({ content }) => content).join(" ");

/** A question, its answer, and another question with its answer. */
function dialogue() {
  const tree = new DialogueTree();
  for (const [role, content] of /** @type {const} */ ([["user", "q1"], ["assistant", "a1"], ["user", "q2"], ["assistant", "a2"]]))
    tree.add(tree.next(role, content));
  return tree;
}

test("an answer beside another is the path's, and both can be walked to", () => {
  const tree = dialogue();
  const [, , , first] = tree.path;
  tree.endBefore(first);
  assert.equal(said(tree), "q1 a1 q2");
  tree.add(tree.next("assistant", "b2"));
  assert.equal(said(tree), "q1 a1 q2 b2");
  assert.deepEqual(tree.beside(first).map(({ content }) => content), ["a2", "b2"]);
  tree.go(first);
  assert.equal(said(tree), "q1 a1 q2 a2");
});

test("who walks back to a branch finds it as it was left", () => {
  const tree = dialogue();
  const [first] = tree.path;
  tree.endBefore(first);
  tree.add(tree.next("user", "other"));
  tree.add(tree.next("assistant", "answer"));
  assert.equal(said(tree), "other answer");
  tree.go(first);
  assert.equal(said(tree), "q1 a1 q2 a2");
  tree.go(tree.beside(first)[1]);
  assert.equal(said(tree), "other answer");
});

test("a tree that was kept is the same tree, in whatever order it comes", () => {
  const tree = dialogue();
  const answer = tree.path[3];
  tree.endBefore(answer);
  tree.add(tree.next("assistant", "b2"));
  for (const end of [answer, tree.path[3]]) {
    const back = new DialogueTree(tree.all.reverse().map((message) => ({ ...message })), end.id);
    assert.equal(said(back), `q1 a1 q2 ${end.content}`);
    assert.equal(back.beside(back.path[3]).length, 2);
  }
});

test("one whose end is lost goes to what was said last, and what lost its parent is still there", () => {
  const tree = dialogue();
  assert.equal(said(new DialogueTree(tree.all, "lost")), "q1 a1 q2 a2");
  const orphaned = new DialogueTree(tree.all.slice(1).map((message) => ({ ...message })));
  assert.equal(said(orphaned), "a1 q2 a2");
});

test("what changed is told once, so that a turn writes what is new", () => {
  const tree = dialogue();
  assert.equal(tree.takeChanged().length, 4);
  assert.equal(tree.takeChanged().length, 0);
  tree.change(tree.path[3], { content: "more" });
  assert.deepEqual(tree.takeChanged().map(({ content }) => content), ["more"]);
});
