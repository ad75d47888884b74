import { afterAll, assert, describe, it } from "@effect/vitest"
import { Effect, Ref } from "effect"
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { Exec } from "../../../src/exec/Exec.ts"
import { makeGit } from "../../../src/workspace/git/command.ts"
import { localSettings } from "../../../src/workspace/git/localSettings.ts"
import { clonedRepository, git, removeTemplate, surroundings, type World } from "../repositories.ts"

afterAll(removeTemplate)

const config = ({ clone }: World) => path.join(clone, ".git/config")

/** Git on this clone, and the subcommands that were called. */
const counted = Effect.gen(function* () {
  const exec = yield* Exec
  const calls = yield* Ref.make<ReadonlyArray<string>>([])
  const run: typeof exec.run = (spec) =>
    Effect.zipRight(
      Ref.update(calls, (all) => [...all, spec.args.find((word, at) => at % 2 === 0 && word !== "-c") ?? ""]),
      exec.run(spec)
    )
  return {
    git: makeGit({ ...exec, run }, { timeout: "20 seconds", allowFilters: [] }),
    taken: Ref.getAndSet(calls, [])
  }
}).pipe(Effect.provide(surroundings))

describe("the settings of a repository, read from the disk", () => {
  it.scopedLive("are one text for the clone and its worktrees, until somebody changes them", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      const at = path.join(world.base, "worktree")
      git(world.clone, "worktree", "add", "--detach", at)
      const before = localSettings(world.clone)
      assert.strictEqual(before?.text, fs.readFileSync(config(world), "latin1"))
      assert.strictEqual(localSettings(at)?.text, before?.text)
      assert.notStrictEqual(localSettings(at)?.state, before?.state)
      git(at, "config", "core.sshCommand", "evil")
      assert.notStrictEqual(localSettings(world.clone)?.state, before?.state)
    })
  )

  const unusual: ReadonlyArray<readonly [name: string, change: (world: World) => void]> = [
    ["another file is included", ({ clone }) => git(clone, "config", "includeIf.gitdir:/.path", "more")],
    ["each worktree has its own", ({ clone }) => git(clone, "config", "extensions.worktreeConfig", "true")],
    [
      "git would look for another repository",
      ({ clone }) => fs.rmSync(path.join(clone, ".git/refs"), { recursive: true })
    ],
    [
      "HEAD is a link",
      ({ clone }) => {
        fs.rmSync(path.join(clone, ".git/HEAD"))
        fs.symlinkSync("refs/heads/main", path.join(clone, ".git/HEAD"))
      }
    ],
    [
      "the repository is bare",
      ({ clone }) => {
        for (const name of fs.readdirSync(path.join(clone, ".git"))) {
          fs.renameSync(path.join(clone, ".git", name), path.join(clone, name))
        }
        fs.rmdirSync(path.join(clone, ".git"))
      }
    ],
    [
      "the file is a pipe",
      (world) => {
        fs.rmSync(config(world))
        execFileSync("mkfifo", [config(world)])
      }
    ],
    ["the file is very large", (world) => fs.appendFileSync(config(world), `# ${"x".repeat(70_000)}\n`)]
  ]
  for (const [name, change] of unusual) {
    it.scopedLive(`are left to git if ${name}`, () =>
      Effect.gen(function* () {
        const world = yield* clonedRepository
        change(world)
        assert.isUndefined(localSettings(world.clone))
      })
    )
  }
})

describe("git is asked", () => {
  it.scopedLive("for settings once while they are the same, in a worktree too", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      const at = path.join(world.base, "worktree")
      git(world.clone, "worktree", "add", "--detach", at)
      const { git: asked, taken } = yield* counted
      yield* asked.run(world.clone, ["status"])
      yield* asked.run(at, ["status"])
      assert.deepStrictEqual(yield* taken, ["config", "status", "status"])
      git(world.clone, "config", "user.name", "another")
      yield* asked.run(at, ["status"])
      assert.deepStrictEqual(yield* taken, ["config", "status"])
    })
  )

  it.scopedLive("each time for settings that name a command", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      git(world.clone, "config", "core.sshCommand", "evil")
      const { git: asked, taken } = yield* counted
      yield* Effect.repeatN(asked.run(world.clone, ["status"]), 1)
      assert.deepStrictEqual(yield* taken, ["config", "status", "config", "status"])
    })
  )

  it.scopedLive("for the remotes once, until they are others", () =>
    Effect.gen(function* () {
      const world = yield* clonedRepository
      const { git: asked, taken } = yield* counted
      const remotes = Effect.map(asked.settled(world.clone, ["remote"]), ({ stdout }) => stdout)
      assert.deepStrictEqual([yield* remotes, yield* remotes], ["origin\n", "origin\n"])
      assert.lengthOf(yield* taken, 1)
      git(world.clone, "remote", "rename", "origin", "upstream")
      assert.strictEqual(yield* remotes, "upstream\n")
    })
  )
})
