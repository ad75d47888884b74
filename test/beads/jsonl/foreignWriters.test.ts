import { afterEach, assert, describe, it } from "@effect/vitest"
import { Effect, Either } from "effect"
import { spawn, spawnSync } from "node:child_process"
import * as fs from "node:fs"
import fsPromises from "node:fs/promises"
import { syncBuiltinESMExports } from "node:module"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { BeadsCli } from "../../../src/beads/BeadsCli.ts"
import { Actor } from "../../../src/domain/Actor.ts"
import { ClaimFailed, TrackerFailed } from "../../../src/domain/Failure.ts"
import { beadsId } from "../../contract/support.ts"
import { jsonlFile, type JsonlWorld } from "./jsonlWorld.ts"

const ours = Actor.make("nightly-dispatch/vm-1/20261122T030000Z-4f2a91/1")
const row = (id: string, rest: object = {}) =>
  JSON.stringify({ id, title: id, status: "open", priority: 1, issue_type: "bug", ...rest })
const two = `${row("bd-a")}\n${row("bd-b")}\n`

const { rename } = fsPromises
const restore = () => {
  fsPromises.rename = rename
  syncBuiltinESMExports()
}
afterEach(restore)

/** Runs another program right before and right after our rename. Each call of ours calls it once more. */
const aroundRename = (other: (moment: "before" | "after", turn: number) => void | Promise<void>) => {
  let turn = 0
  fsPromises.rename = async (from, to) => {
    if (!String(to).endsWith(".jsonl")) return await rename(from, to)
    turn++
    await other("before", turn)
    await rename(from, to)
    await other("after", turn)
  }
  syncBuiltinESMExports()
}

const claim = (world: JsonlWorld, id = "bd-a") =>
  Effect.flatMap(Effect.provide(BeadsCli, world.layer), (beads) => Effect.either(beads.claim(beadsId(id), ours)))
const claimed = { status: "in_progress", assignee: String(ours) }
const rowsOf = (world: JsonlWorld): ReadonlyArray<Record<string, unknown>> =>
  world
    .text()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line))
const rowIn = (world: JsonlWorld, id: string) => rowsOf(world).filter((each) => each["id"] === id)

describe("a program that has the tracker file open while we replace it", () => {
  const appends: ReadonlyArray<readonly [string, string, (descriptor: number, moment: "before" | "after") => void]> = [
    [
      "right before the rename",
      two,
      (to, moment) => void (moment === "before" && fs.writeSync(to, `${row("bd-c")}\n`))
    ],
    ["right after the rename", two, (to, moment) => void (moment === "after" && fs.writeSync(to, `${row("bd-c")}\n`))],
    [
      "30 ms after the rename",
      two,
      (to, moment) => void (moment === "after" && setTimeout(() => fs.writeSync(to, `${row("bd-c")}\n`), 30))
    ],
    [
      "in two halves",
      two,
      (to, moment) => {
        const text = `${row("bd-c")}\n`
        fs.writeSync(to, moment === "before" ? text.slice(0, 20) : text.slice(20))
      }
    ],
    [
      "after a line without a newline",
      two.trimEnd(),
      (to, moment) => void (moment === "after" && fs.writeSync(to, `${row("bd-c")}\n`))
    ]
  ]
  for (const [when, content, append] of appends) {
    it.scopedLive(`appends ${when}: its line and our claim are in the file`, () =>
      Effect.gen(function* () {
        const world = yield* jsonlFile(content)
        const descriptor = fs.openSync(world.file, "a")
        aroundRename((moment) => append(descriptor, moment))
        assert.isTrue(Either.isRight(yield* claim(world)))
        fs.closeSync(descriptor)
        assert.deepInclude(rowIn(world, "bd-a")[0], claimed)
        assert.lengthOf(rowIn(world, "bd-b"), 1)
        assert.lengthOf(rowIn(world, "bd-c"), 1)
      })
    )
  }

  const rewrites = (world: JsonlWorld, content: string) => {
    const descriptor = fs.openSync(world.file, "r+")
    aroundRename((moment, turn) => {
      if (moment === "before" || turn > 1) return
      fs.ftruncateSync(descriptor)
      fs.writeSync(descriptor, content, 0)
      fs.closeSync(descriptor)
    })
  }

  it.scopedLive("rewrites it in place: its change and our claim are in the file", () =>
    Effect.gen(function* () {
      const world = yield* jsonlFile(two)
      rewrites(world, `${row("bd-a")}\n${row("bd-b", { title: "changed" })}\n`)
      assert.isTrue(Either.isRight(yield* claim(world)))
      assert.deepInclude(rowIn(world, "bd-a")[0], claimed)
      assert.deepInclude(rowIn(world, "bd-b")[0], { title: "changed" })
    })
  )

  it.scopedLive("gives the bug to another actor in place: our claim fails, and the file is that program's", () =>
    Effect.gen(function* () {
      const world = yield* jsonlFile(two)
      const content = `${row("bd-a", { status: "in_progress", assignee: "mia" })}\n${row("bd-b")}\n`
      rewrites(world, content)
      const result = yield* claim(world)
      assert(Either.isLeft(result) && result.left instanceof ClaimFailed)
      assert.strictEqual(result.left.holder, "mia")
      assert.strictEqual(world.text(), content)
    })
  )
})

describe("a merge that leaves conflict markers in the file during a claim", () => {
  const conflict = `<<<<<<< HEAD\n${row("bd-a")}\n=======\n${row("bd-a", { title: "changed" })}\n>>>>>>> feature\n`

  for (const when of ["before", "after"] as const) {
    it.scopedLive(`${when} our rename: the claim fails, and the file is the merge's`, () =>
      Effect.gen(function* () {
        const world = yield* jsonlFile(two)
        const descriptor = fs.openSync(world.file, "r+")
        aroundRename((moment, turn) => {
          if (moment !== when || turn > 1) return
          fs.ftruncateSync(descriptor)
          fs.writeSync(descriptor, conflict, 0)
          fs.closeSync(descriptor)
        })
        const result = yield* claim(world)
        assert(Either.isLeft(result))
        assert.include(result.left.message, "line 1 is a git conflict marker")
        assert.strictEqual(world.text(), conflict)
      })
    )
  }
})

describe("a program that puts its own file in the tracker file's place", () => {
  const puts = (world: JsonlWorld, content: string) => {
    fs.writeFileSync(`${world.file}.theirs`, content)
    fs.renameSync(`${world.file}.theirs`, world.file)
  }

  it.scopedLive("after our rename, without our claim: we claim again, and keep its changes", () =>
    Effect.gen(function* () {
      const world = yield* jsonlFile(two)
      aroundRename((moment, turn) => {
        if (moment === "after" && turn === 1) puts(world, `${row("bd-a")}\n${row("bd-b", { title: "changed" })}\n`)
      })
      assert.isTrue(Either.isRight(yield* claim(world)))
      assert.deepInclude(rowIn(world, "bd-a")[0], claimed)
      assert.deepInclude(rowIn(world, "bd-b")[0], { title: "changed" })
    })
  )

  it.scopedLive("after our release, with the change in it: the release is done once", () =>
    Effect.gen(function* () {
      const world = yield* jsonlFile(`${row("bd-a", claimed)}\n`)
      aroundRename((moment) => {
        if (moment === "after") puts(world, `${world.text()}${row("bd-c")}\n`)
      })
      const beads = yield* Effect.provide(BeadsCli, world.layer)
      assert.deepStrictEqual(yield* beads.release(beadsId("bd-a"), ours), { _tag: "Released" })
      assert.lengthOf(rowIn(world, "bd-c"), 1)
    })
  )

  it.scopedLive("again and again: our claim fails in the end, and says why", () =>
    Effect.gen(function* () {
      const world = yield* jsonlFile(two)
      aroundRename((moment) => {
        if (moment === "after") puts(world, two)
      })
      const result = yield* claim(world)
      assert(Either.isLeft(result) && result.left instanceof TrackerFailed)
      assert.match(result.left.message, /another program changed .*issues\.jsonl during each of 10 tries/)
      assert.strictEqual(world.text(), two)
    })
  )
})

describe("a rename that fails", () => {
  const fails = (after: (world: JsonlWorld) => void, world: JsonlWorld, renames: boolean) => {
    fsPromises.rename = async (from, to) => {
      if (renames || !String(to).endsWith(".jsonl")) await rename(from, to)
      if (!String(to).endsWith(".jsonl")) return
      after(world)
      throw Object.assign(new Error("EIO: i/o error, rename"), { code: "EIO" })
    }
    syncBuiltinESMExports()
  }

  it.scopedLive("after it was done: the claim counts, because the file shows it", () =>
    Effect.gen(function* () {
      const world = yield* jsonlFile(two)
      fails(() => {}, world, true)
      assert.isTrue(Either.isRight(yield* claim(world)))
      assert.deepInclude(rowIn(world, "bd-a")[0], claimed)
    })
  )

  it.scopedLive("before it was done: the claim fails, and no temporary file is left", () =>
    Effect.gen(function* () {
      const world = yield* jsonlFile(two)
      fails(() => {}, world, false)
      const result = yield* claim(world)
      assert(Either.isLeft(result) && result.left instanceof TrackerFailed)
      assert.strictEqual(world.text(), two)
      assert.deepStrictEqual(fs.readdirSync(path.join(world.dir, ".nightly-dispatch")).sort(), [
        ".gitignore",
        "issues.jsonl.lock"
      ])
    })
  )

  it.scopedLive("and then the file cannot be read: the claim may be ours", () =>
    Effect.gen(function* () {
      const world = yield* jsonlFile(two)
      fails(({ file }) => fs.rmSync(file), world, true)
      const result = yield* claim(world)
      assert(Either.isLeft(result) && result.left instanceof ClaimFailed)
      assert.strictEqual(result.left.reason, "unknown")
      assert.match(result.left.message, /EIO.*cannot be read back/)
    })
  )
})

describe("beside the tracker file", () => {
  it.scopedLive("git sees nothing of ours, and only old temporary files of ours are removed", () =>
    Effect.gen(function* () {
      const world = yield* jsonlFile(two)
      const git = (...args: ReadonlyArray<string>) =>
        String(spawnSync("git", [...args], { cwd: world.dir, encoding: "utf8" }).stdout)
      git("init", "-q")
      assert.isTrue(Either.isRight(yield* claim(world)))
      assert.strictEqual(git("status", "--porcelain", "-uall"), "?? issues.jsonl\n")
      const beside = path.join(world.dir, ".nightly-dispatch")
      assert.strictEqual(fs.statSync(beside).mode & 0o777, 0o700)
      const old = new Date(Date.now() - 3_700_000)
      for (const name of ["issues.jsonl.00112233aabb", "issues.jsonl.bak", "other.jsonl.00112233aabb"]) {
        fs.writeFileSync(path.join(beside, name), "")
        fs.utimesSync(path.join(beside, name), old, old)
      }
      fs.writeFileSync(path.join(beside, "issues.jsonl.ffffffffffff"), "")
      assert.isTrue(Either.isRight(yield* claim(world, "bd-b")))
      assert.deepStrictEqual(fs.readdirSync(beside).sort(), [
        ".gitignore",
        "issues.jsonl.bak",
        "issues.jsonl.ffffffffffff",
        "issues.jsonl.lock",
        "other.jsonl.00112233aabb"
      ])
    })
  )

  it.scopedLive("the new file has the mode and the owner of the old one", () =>
    Effect.gen(function* () {
      const world = yield* jsonlFile(two)
      fs.chmodSync(world.file, 0o664)
      const isRoot = process.getuid?.() === 0
      if (isRoot) fs.chownSync(world.file, 54321, 54322)
      assert.isTrue(Either.isRight(yield* claim(world)))
      const { gid, mode, uid } = fs.statSync(world.file)
      assert.strictEqual(mode & 0o7777, 0o664)
      if (isRoot) assert.deepStrictEqual([uid, gid], [54321, 54322])
    })
  )
})

describe("a line that cannot be read", () => {
  const claims = (content: string) =>
    Effect.flatMap(jsonlFile(content), (world) =>
      Effect.flatMap(Effect.provide(BeadsCli, world.layer), (beads) =>
        Effect.either(beads.claimsOf("nightly-dispatch/"))
      )
    )

  it.scopedLive("is not taken for no claim when it may be one of ours", () =>
    Effect.gen(function* () {
      const torn = row("bd-a", claimed).slice(0, -1)
      for (const bad of [torn, `${row("bd-a", claimed)}\n${row("bd-a")}`]) {
        const result = yield* claims(`${row("bd-b", claimed)}\n${bad}\n`)
        assert(Either.isLeft(result))
        assert.strictEqual(result.left.reason, "unreadable")
        assert.match(result.left.message, /cannot be read, but may be our claim/)
      }
    })
  )

  it.scopedLive("does not hide our claims when it is none", () =>
    Effect.gen(function* () {
      const result = yield* claims(`${row("bd-b", claimed)}\n{"id":"bd-torn","tit\n`)
      assert(Either.isRight(result))
      assert.lengthOf(result.right, 1)
    })
  )
})

describe("programs that write the tracker file all the time", () => {
  /** Appends lines, each with a call of its own, as `bd` and editors do. */
  const APPENDER = `
    const fs = require("node:fs")
    const [file, name, count] = process.argv.slice(1)
    const line = (n) => JSON.stringify({ id: name + "-" + n, title: "t", status: "open", issue_type: "task" }) + "\\n"
    for (let n = 0; n < Number(count); n++) {
      fs.appendFileSync(file, line(n))
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4)
    }`
  const LINES = 250

  it.scopedLive("hundreds of appended lines among many claims: none is lost", () =>
    Effect.gen(function* () {
      const ids = Array.from({ length: 16 }, (_, n) => `bd-${n}`)
      const world = yield* jsonlFile(ids.map((id) => `${row(id)}\n`).join(""))
      const appenders = ["x", "y", "z"].map((name) => {
        const args = ["-e", APPENDER, world.file, name, String(LINES)]
        const child = spawn(process.execPath, args, { stdio: "inherit" })
        return new Promise((resolve) => child.once("close", resolve))
      })
      for (const id of ids) assert.isTrue(Either.isRight(yield* claim(world, id)), id)
      yield* Effect.promise(() => Promise.all(appenders))
      const rows = rowsOf(world)
      assert.lengthOf(rows, ids.length + 3 * LINES)
      assert.lengthOf(
        rows.filter(({ assignee }) => assignee === ours),
        ids.length
      )
    })
  )

  it.scopedLive(
    "two dispatchers in two pid namespaces: every claim of both is in the file",
    (context) =>
      Effect.gen(function* () {
        const namespace = ["--pid", "--fork", "--mount-proc"]
        if (spawnSync("unshare", [...namespace, "true"]).status !== 0) return context.skip("unshare is not allowed")
        const ids = Array.from({ length: 8 }, (_, n) => `bd-${n}`)
        const world = yield* jsonlFile(ids.map((id) => `${row(id)}\n`).join(""))
        const program = fileURLToPath(new URL("../../../dist/nightly-dispatch.js", import.meta.url))
        const env = {
          PATH: "/usr/bin:/bin",
          HOME: world.dir,
          BEADS_DIR: world.dir,
          NIGHTLY_DISPATCH_BEADS_BACKEND: "jsonl"
        }
        const claims = ids.map((id) => {
          const args = [...namespace, process.execPath, program, "claim", id]
          const child = spawn("unshare", args, { env, cwd: world.dir, stdio: ["ignore", "ignore", "inherit"] })
          return new Promise((resolve) => child.once("close", resolve))
        })
        assert.deepStrictEqual(
          yield* Effect.promise(() => Promise.all(claims)),
          ids.map(() => 0)
        )
        assert.lengthOf(
          rowsOf(world).filter(({ status }) => status === "in_progress"),
          ids.length
        )
      }),
    60_000
  )
})
