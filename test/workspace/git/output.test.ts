import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { execFileSync } from "node:child_process"
import { BeadsId } from "../../../src/domain/Ids.ts"
import { createdPath } from "../../../src/workspace/dx/output.ts"
import {
  branchOf,
  failureReason,
  isBusy,
  mainRemote,
  remoteHead,
  worktreeList,
  worktreeStatus
} from "../../../src/workspace/git/output.ts"

describe("reading git's output", () => {
  it("no text causes a defect", () => {
    const reads = [worktreeList, worktreeStatus, remoteHead, mainRemote, isBusy, createdPath]
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)) }),
          fc.string({ unit: fc.constantFrom("\n", "\0", " ", "worktree", "#", "/") })
        ),
        (text) => {
          for (const read of reads) read(text)
          const reason = failureReason({ signal: undefined, exitCode: 1, stdout: text, stderr: text })
          assert.isNotEmpty(reason)
          assert.notInclude(reason, "\n")
        }
      )
    )
  })

  it("worktreeList reads path, commit, branch and lock", () => {
    const text = `worktree /clone
HEAD 1111111111111111111111111111111111111111
branch refs/heads/main

worktree /tmp/agents/bd-1/my app
HEAD 1111111111111111111111111111111111111111
branch refs/heads/nightly-dispatch/bd-1
locked initializing

worktree /tmp/agents/bd-2/app
HEAD 1111111111111111111111111111111111111111
detached
locked
prunable gitdir file points to non-existent location

`
    assert.deepStrictEqual(worktreeList(text), [
      { path: "/clone", head: "1".repeat(40), branch: "main", locked: undefined },
      {
        path: "/tmp/agents/bd-1/my app",
        head: "1".repeat(40),
        branch: "nightly-dispatch/bd-1",
        locked: "initializing"
      },
      { path: "/tmp/agents/bd-2/app", head: "1".repeat(40), branch: undefined, locked: "" }
    ])
  })

  it("failureReason gives git's reason without the password in an address", () => {
    const stderr =
      "warning: x\nfatal: unable to access 'https://me:s3cret@host/app.git/': Could not resolve host\nhint: y\n"
    assert.strictEqual(
      failureReason({ signal: undefined, exitCode: 128, stdout: "", stderr }),
      "unable to access 'https://host/app.git/': Could not resolve host"
    )
    assert.strictEqual(failureReason({ signal: undefined, exitCode: 7, stdout: "", stderr: "\n" }), "exit code 7")
  })

  it("isBusy is true for locks of other processes, false for lasting conflicts", () => {
    assert.isTrue(isBusy("fatal: Unable to create '/r/.git/index.lock': File exists."))
    assert.isTrue(isBusy("error: could not lock config file .git/config: File exists"))
    assert.isFalse(
      isBusy("fatal: cannot lock ref 'refs/heads/a/b': 'refs/heads/a' exists; cannot create 'refs/heads/a/b'")
    )
    assert.isTrue(isBusy("fatal: failed to read .git/worktrees/app1/commondir: Success"))
    assert.isFalse(isBusy("fatal: '/x' already exists"))
  })

  it("branchOf gives each id a branch of its own that git accepts", () => {
    const part = fc.string({
      unit: fc.constantFrom("a", "B", "7", ".", "-", "_", "lock", ".lock"),
      minLength: 1,
      maxLength: 6
    })
    const ids = fc
      .tuple(part, part)
      .map(([a, b]) => `x${a}-y${b}`)
      .map((id) => BeadsId.make(id))
    const branches = new Map<string, string>()
    fc.assert(
      fc.property(ids, (id) => {
        const branch = branchOf(id)
        assert.strictEqual(branches.get(branch) ?? id, id)
        branches.set(branch, id)
      }),
      { numRuns: 300 }
    )
    // Git checks the names, in one process.
    execFileSync("sh", ["-c", 'while read -r b; do git check-ref-format --branch "$b" >/dev/null || exit 1; done'], {
      input: `${[...branches.keys()].slice(0, 60).join("\n")}\n`
    })
  })
})
