import { afterAll, assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { isLocal } from "../../../src/workspace/git/push.ts"
import * as GitKeptWork from "../../../src/workspace/kept/GitKeptWork.ts"
import { KeptWork } from "../../../src/workspace/KeptWork.ts"
import { silenceRemote } from "../git/gitWorld.ts"
import { branches, clonedRepository, commit, exists, git, removeTemplate, surroundings } from "../repositories.ts"

afterAll(removeTemplate)

const BRANCH = "nightly-dispatch/bd-1"

const layerWith = (timeout: Duration.DurationInput) =>
  GitKeptWork.layer({ base: undefined, timeout: Duration.decode(timeout), allowFilters: [] }).pipe(
    Layer.provide(surroundings)
  )
const use = <A, E, R>(
  act: (work: KeptWork["Type"]) => Effect.Effect<A, E, R>,
  timeout: Duration.DurationInput = "20 seconds"
) => Effect.provide(Effect.flatMap(KeptWork, act), layerWith(timeout))

/** A clone with the branch of a bug, on which an agent has made a commit, checked out in a worktree. */
const kept = Effect.map(clonedRepository, (world) => {
  const worktree = path.join(world.root, "bd-1", "app")
  git(world.clone, "worktree", "add", "--quiet", "-b", BRANCH, worktree)
  const tip = commit(worktree, "fix.txt", "fixed\n")
  return { ...world, worktree, tip, kept: { clone: world.clone, branch: BRANCH, worktree } }
})
type Kept = Effect.Effect.Success<typeof kept>

const publish = ({ kept }: Kept, ours?: string) => use((work) => work.publish(kept, "origin", ours))
const onRemote = ({ remote }: Kept): string =>
  git(remote, "for-each-ref", "--format=%(objectname)", `refs/heads/${BRANCH}`)

/** A program that says that it was run, and where it says so. */
const trap = ({ base }: Kept, name = "trap") => {
  const [program, mark] = [path.join(base, name), path.join(base, `${name}.ran`)]
  fs.writeFileSync(program, `#!/bin/sh\ntouch '${mark}'\ncat >/dev/null\nexit 1\n`, { mode: 0o755 })
  return { program, wasRun: () => exists(mark) }
}

/** Puts the commit of somebody else on the remote's branch. */
const moveRemote = ({ ahead, remote }: Kept): string => {
  git(remote, "update-ref", `refs/heads/${BRANCH}`, ahead)
  return ahead
}

describe("publish", () => {
  it.scoped("pushes only the branch, under its own name, and a second time changes nothing", () =>
    Effect.gen(function* () {
      const world = yield* kept
      assert.strictEqual(yield* publish(world), world.tip)
      assert.strictEqual(yield* publish(world), world.tip)
      assert.deepStrictEqual(branches(world.remote), ["main", BRANCH])
      assert.strictEqual(onRemote(world), world.tip)
    })
  )

  it.scoped("pushes nothing for a branch that this clone does not have", () =>
    Effect.gen(function* () {
      const world = yield* kept
      const none = yield* use((work) =>
        work.publish({ clone: world.clone, branch: "nightly-dispatch/bd-2" }, "origin", undefined)
      )
      assert.isUndefined(none)
      assert.deepStrictEqual(branches(world.remote), ["main"])
    })
  )

  it.scoped("replaces the commit that we pushed before, and never another one", () =>
    Effect.gen(function* () {
      const world = yield* kept
      yield* publish(world)
      git(world.worktree, "commit", "--quiet", "--amend", "--message", "another way")
      const amended = git(world.worktree, "rev-parse", "HEAD")
      const refused = yield* Effect.flip(publish(world))
      assert.match(refused.detail, /^origin does not take nightly-dispatch\/bd-1: /)
      assert.strictEqual(onRemote(world), world.tip)
      assert.strictEqual(yield* publish(world, world.tip), amended)
      assert.strictEqual(onRemote(world), amended)
      const theirs = moveRemote(world)
      yield* Effect.flip(publish(world, amended))
      assert.strictEqual(onRemote(world), theirs, "a person's commit is gone")
    })
  )

  it.scoped("runs no hook: not the clone's, and not that of a repository on this host", () =>
    Effect.gen(function* () {
      const world = yield* kept
      const { program, wasRun } = trap(world)
      for (const [repository, hooks] of [
        [path.join(world.clone, ".git"), ["pre-push"]],
        [world.remote, ["pre-receive", "update", "post-receive", "reference-transaction"]]
      ] as const) {
        fs.mkdirSync(path.join(repository, "hooks"), { recursive: true })
        for (const hook of hooks) fs.copyFileSync(program, path.join(repository, "hooks", hook))
      }
      git(world.remote, "config", "core.alternateRefsCommand", program)
      assert.strictEqual(yield* publish(world), world.tip)
      assert.isFalse(wasRun())
    })
  )

  const settings: ReadonlyArray<
    readonly [key: string, value: (world: Kept, program: string) => string, says: RegExp | undefined]
  > = [
    [
      "remote.origin.pushurl",
      ({ base }) => path.join(base, "evil.git"),
      /remote\.origin\.pushurl .* sends pushes elsewhere/
    ],
    ["url./evil/.insteadOf", ({ base }) => base, /insteadof .* sends pushes elsewhere/],
    ["url./evil/.pushInsteadOf", ({ base }) => base, /pushinsteadof .* sends pushes elsewhere/],
    ["remote.origin.url", (_, program) => `ext::${program}`, /several addresses|transport 'ext' not allowed/],
    ["remote.origin.receivepack", (_, program) => program, undefined],
    ["core.sshCommand", (_, program) => program, undefined],
    ["core.hooksPath", ({ base }) => base, undefined],
    ["push.pushOption", () => "merge_request.create", undefined],
    ["push.gpgSign", () => "true", undefined],
    ["gpg.program", (_, program) => program, undefined],
    ["credential.helper", (_, program) => `!${program}`, undefined]
  ]
  for (const [key, value, says] of settings) {
    it.scoped(`${key} of the repository's own settings runs no command and sends the branch nowhere else`, () =>
      Effect.gen(function* () {
        const world = yield* kept
        const { program, wasRun } = trap(world, "pre-push")
        git(world.base, "init", "--quiet", "--bare", "evil.git")
        git(world.clone, "config", key === "remote.origin.url" ? "--replace-all" : "--add", key, value(world, program))
        if (says === undefined) assert.strictEqual(yield* publish(world), world.tip)
        else {
          const error = yield* Effect.flip(publish(world))
          assert.match(error.detail, says)
          assert.strictEqual(onRemote(world), "")
        }
        assert.isFalse(wasRun())
        assert.strictEqual(git(path.join(world.base, "evil.git"), "for-each-ref"), "")
      })
    )
  }

  it.scoped("names a remote that the clone does not have", () =>
    Effect.gen(function* () {
      const world = yield* kept
      const error = yield* Effect.flip(use((work) => work.publish(world.kept, "upstream", undefined)))
      assert.include(error.detail, "has no remote upstream")
    })
  )

  it.scopedLive("ends with its time limit if the remote does not answer, and leaves no process", () =>
    Effect.gen(function* () {
      const world = yield* kept
      const waiting = silenceRemote(world.clone)
      const error = yield* Effect.flip(use((work) => work.publish(world.kept, "origin", undefined), "1 second"))
      assert.strictEqual(error.kind, "timeout")
      assert.deepStrictEqual(waiting(), [])
    })
  )
})

describe("the address of a remote", () => {
  for (const [address, local] of [
    ["/srv/app.git", true],
    ["../app.git", true],
    ["./a:b", true],
    ["file:///srv/app.git", true],
    ["FILE:///srv/app.git", true],
    ["git@example.org:app.git", false],
    ["ssh://git@example.org/app.git", false],
    ["https://example.org/app.git", false],
    ["ext::sh -c true", false]
  ] as const) {
    it(`${address} is ${local ? "on this host" : "elsewhere"}`, () => assert.strictEqual(isLocal(address), local))
  }
})

describe("fetch and unpublish", () => {
  it.scoped("another clone gets the very commit that was pushed, and never another one", () =>
    Effect.gen(function* () {
      const world = yield* kept
      yield* publish(world)
      const pushed = { remote: "origin", branch: BRANCH, commit: world.tip }
      yield* use((work) => work.fetch(world.other, pushed))
      assert.strictEqual(git(world.other, "rev-parse", BRANCH), world.tip)
      git(world.other, "branch", "-D", BRANCH)
      moveRemote(world)
      const error = yield* Effect.flip(use((work) => work.fetch(world.other, pushed)))
      assert.match(error.detail, /is at [0-9a-f]{8}, and we pushed/)
      assert.notInclude(branches(world.other), BRANCH)
      git(world.remote, "update-ref", "-d", `refs/heads/${BRANCH}`)
      assert.include((yield* Effect.flip(use((work) => work.fetch(world.other, pushed)))).detail, "is gone")
    })
  )

  it.scoped("only a branch that is still at our commit is removed from the remote", () =>
    Effect.gen(function* () {
      const world = yield* kept
      yield* publish(world)
      const remove = use((work) => work.unpublish(world.clone, { remote: "origin", branch: BRANCH, commit: world.tip }))
      const theirs = moveRemote(world)
      assert.strictEqual(yield* remove, "changed")
      assert.strictEqual(onRemote(world), theirs)
      git(world.remote, "update-ref", `refs/heads/${BRANCH}`, world.tip)
      assert.strictEqual(yield* remove, "removed")
      assert.deepStrictEqual(branches(world.remote), ["main"])
      assert.strictEqual(yield* remove, "gone")
    })
  )
})
