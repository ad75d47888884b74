import { assert, describe, it } from "@effect/vitest"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { Duration, Effect, Either, Layer, Logger, LogLevel } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import * as BdBeads from "../../../src/beads/bd/BdBeads.ts"
import { environmentOf } from "../../../src/beads/bd/environment.ts"
import { BeadsCli } from "../../../src/beads/BeadsCli.ts"
import type { TrackerFailed } from "../../../src/domain/Failure.ts"
import { Actor } from "../../../src/domain/Actor.ts"
import { Priority } from "../../../src/domain/Issue.ts"
import { Exec, type ExecSpec } from "../../../src/exec/Exec.ts"
import type { SeedIssue } from "../../contract/beadsContract.ts"
import { call } from "../../fixtures/bd/main.js"
import { beadsId } from "../../contract/support.ts"
import { bdWorld, scratch, type BdWorldOptions, type Version } from "./bdWorld.ts"

const ours = Actor.make("nightly-dispatch/vm-1/20261122T030000Z-4f2a91/1")
const bugs = { types: ["bug"], maxPriority: Priority.make(1) }
const a: SeedIssue = { id: "bd-a", title: "a", priority: 1 }
const held = { status: "in_progress", assignee: ours }
const b: SeedIssue = { id: "bd-b", title: "b", priority: 1 }

const quiet = Logger.withMinimumLogLevel(LogLevel.None)

const calls = <A, E>(
  seed: ReadonlyArray<SeedIssue>,
  ask: (beads: BeadsCli["Type"]) => Effect.Effect<A, E>,
  options: BdWorldOptions & { readonly version?: Version } = {}
) =>
  Effect.gen(function* () {
    const world = yield* bdWorld(options.version ?? "1.0.3", seed, options)
    const answer = yield* Effect.flatMap(BeadsCli, ask).pipe(Effect.provide(world.layer), quiet)
    return { answer, calls: world.calls() }
  })

/** The calls that find out what this bd can do. */
const PROBES = ["version", "update --help", "unclaim --help", "heartbeat --help", "reclaim --help", "show --help"]

describe("the calls of bd", () => {
  it.scopedLive("a claim is a read, a claim and a read; bd is asked for its capabilities once", () =>
    Effect.map(
      calls([a, b], (beads) => Effect.zip(beads.claim(beadsId("bd-a"), ours), beads.claim(beadsId("bd-b"), ours))),
      ({ calls }) =>
        assert.deepStrictEqual(calls, [
          "show bd-a --json",
          ...PROBES,
          `--actor ${ours} update bd-a --claim --json`,
          "show bd-a --json",
          "show bd-b --json",
          `--actor ${ours} update bd-b --claim --json`,
          "show bd-b --json"
        ])
    )
  )

  it.scopedLive("a claim of a bd without atomic claims is read once more after a pause", () =>
    Effect.map(
      calls([a], (beads) => Effect.timed(beads.claim(beadsId("bd-a"), ours)), { version: "0.46.0", settleDelay: 80 }),
      ({ answer: [duration], calls }) => {
        assert.deepStrictEqual(calls.slice(-2), ["show bd-a --json", "show bd-a --json"])
        assert.isAtLeast(Duration.toMillis(duration), 80)
      }
    )
  )

  const commented = (version: Version, options: BdWorldOptions = {}) =>
    calls(
      [a],
      (beads) =>
        Effect.zipRight(
          beads.comment(beadsId("bd-a"), Actor.make("alice"), "x".repeat(2000)),
          beads.show(beadsId("bd-a"), "comments")
        ),
      { version, ...options }
    )

  for (const [version, call] of [
    ["0.46.0", "show bd-a --json"],
    ["1.0.3", "show bd-a --json"],
    ["1.2.1", "show bd-a --json --include-comments"]
  ] as const) {
    it.scopedLive(`bd ${version} gives the comments in one call: ${call}`, () =>
      Effect.map(commented(version), ({ answer, calls }) => {
        assert.lengthOf(answer?.comments ?? [], 1)
        assert.deepStrictEqual(calls.slice(calls.indexOf("show --help") + 1), [call])
      })
    )
  }

  it.scopedLive("comments that are larger than beads.maxOutput hide no bug, and are named as unread", () =>
    Effect.map(commented("1.2.1", { maxOutput: 1000 / 1024 / 1024 }), ({ answer, calls }) => {
      assert.deepStrictEqual(calls.slice(-2), ["show bd-a --json --include-comments", "show bd-a --json"])
      assert.strictEqual(answer?.title, "a")
      assert.deepStrictEqual([[...(answer?.comments ?? [])], [...(answer?.unread ?? [])]], [[], ["comments"]])
    })
  )

  it.scopedLive("a bd that counts comments but shows none is asked for them alone", () =>
    Effect.gen(function* () {
      const world = yield* bdWorld("1.0.3", [a])
      const comment = { id: "c", author: "alice", text: "me too", created_at: "2026-01-02T03:04:05Z" }
      for (const [fails, comments, unread] of [
        [false, ["me too"], []],
        [true, [], ["comments"]]
      ] as const) {
        const beads = world.layerOn((args, env) =>
          Effect.sync(() => {
            const answer = (json: unknown) => ({ stdout: JSON.stringify(json), stderr: "", exit: 0, after: undefined })
            if (args[0] === "show") return answer([{ id: "bd-a", title: "a", priority: 1, comment_count: 1 }])
            if (args[0] !== "comments") return call(args, env)
            return fails ? { ...answer([]), exit: 1 } : answer([comment])
          })
        )
        const issue = yield* Effect.flatMap(BeadsCli, (beads) => beads.show(beadsId("bd-a"), "comments")).pipe(
          Effect.provide(beads),
          quiet
        )
        assert.deepStrictEqual(
          issue?.comments.map(({ text }) => text),
          [...comments]
        )
        assert.deepStrictEqual([...(issue?.unread ?? ["?"])], [...unread])
      }
    })
  )

  const releases: ReadonlyArray<readonly [Version | "1.1.0", string]> = [
    ["0.46.0", `--actor ${ours} update bd-a --status open --assignee  --json`],
    ["1.0.3", `--actor ${ours} update bd-a --status open --assignee  --json`],
    ["1.1.0", `--actor ${ours} unclaim bd-a --if-assignee ${ours} --json`],
    [
      "1.2.1",
      `--actor ${ours} update bd-a --if-assignee ${ours} --if-status in_progress --status open --assignee  --json`
    ]
  ]
  for (const [version, expected] of releases) {
    it.scopedLive(`bd ${version} releases with: ${expected}`, () =>
      Effect.map(
        calls([{ ...a, ...held }], (beads) => beads.release(beadsId("bd-a"), ours), {
          version: version as Version
        }),
        ({ calls }) => {
          assert.deepStrictEqual(
            calls.filter((call) => !call.startsWith("show") && !PROBES.includes(call)),
            [expected]
          )
          assert.isFalse(calls.some((call) => call.includes("--unclaim")))
        }
      )
    )
  }

  for (const [version, command] of [
    ["1.1.0", "unclaim"],
    ["1.2.1", "update"]
  ] as const) {
    it.scopedLive(
      `bd ${version}: a claim that another user takes right before the release stays, and the result names its holder`,
      () =>
        Effect.gen(function* () {
          const world = yield* bdWorld(version as Version, [{ ...a, ...held }], { fault: `${command}=first:take` })
          const beads = yield* Effect.provide(BeadsCli, world.layer)
          assert.deepStrictEqual(yield* beads.release(beadsId("bd-a"), ours), {
            _tag: "NotOurs",
            holder: "Somebody Else",
            status: "in_progress"
          })
          assert.deepInclude(yield* world.elsewhere.read("bd-a"), { status: "in_progress", assignee: "Somebody Else" })
        })
    )
  }

  it.scopedLive("a heartbeat keeps a lease from being reclaimed", () =>
    Effect.gen(function* () {
      const world = yield* bdWorld("1.2.1", [a, b])
      const beads = yield* Effect.provide(BeadsCli, world.layer)
      for (const id of ["bd-a", "bd-b"]) {
        yield* beads.claim(beadsId(id), ours)
        world.setRow(id, { lease_expires_at: "2026-01-01T00:00:00Z" })
      }
      yield* beads.heartbeat(beadsId("bd-a"), ours)
      world.bd("reclaim", "--older-than", "0s")
      assert.strictEqual((yield* beads.heartbeat(beadsId("bd-a"), ours))._tag, "Alive")
      assert.deepStrictEqual(yield* beads.heartbeat(beadsId("bd-b"), ours), {
        _tag: "NotOurs",
        holder: undefined,
        status: "open"
      })
    })
  )

  it.scopedLive("a heartbeat that bd refuses is an error even if the claim is ours", () =>
    Effect.gen(function* () {
      const world = yield* bdWorld("1.2.1", [{ ...a, ...held }], { fault: "heartbeat=exit:1" })
      const beads = yield* Effect.provide(BeadsCli, world.layer)
      const result = yield* Effect.either(beads.heartbeat(beadsId("bd-a"), ours))
      assert(Either.isLeft(result))
      assert.strictEqual(result.left.operation, "heartbeat bd-a")
    })
  )

  it.scopedLive("two releases ask for the help pages once", () =>
    Effect.map(
      calls(
        [
          { ...a, ...held },
          { ...b, ...held }
        ],
        (beads) => Effect.zip(beads.release(beadsId("bd-a"), ours), beads.release(beadsId("bd-b"), ours))
      ),
      ({ calls }) =>
        assert.deepStrictEqual(
          calls.filter((call) => call.includes("--help")),
          PROBES.slice(1)
        )
    )
  )

  it.scopedLive("bugs without dependencies take one call, whose list has no limit", () =>
    Effect.map(
      calls([a, b], (beads) => beads.openBugs(bugs), { environment: { CLAUDE_CODE: "1" } }),
      ({ calls }) => assert.deepStrictEqual(calls, ["list --status open --type bug --priority-max 1 --limit 0 --json"])
    )
  )

  it.scopedLive("several types take one call, and its list is filtered here", () =>
    Effect.map(
      calls([a, { ...b, type: "task" }, { ...b, id: "bd-c", type: "chore" }], (beads) =>
        beads.openBugs({ types: ["bug", "task"], maxPriority: Priority.make(1) })
      ),
      ({ answer, calls }) => {
        assert.deepStrictEqual(calls, ["list --status open --priority-max 1 --limit 0 --json"])
        assert.sameMembers(
          answer.issues.map((issue) => String(issue.id)),
          ["bd-a", "bd-b"]
        )
      }
    )
  )
})

describe("the blockers of an open bug", () => {
  const waiting: SeedIssue = { ...a, blockedBy: ["bd-b"] }
  const blockedBy = (answer: { readonly issues: ReadonlyArray<{ id: string; blockedBy: ReadonlyArray<string> }> }) =>
    Object.fromEntries(answer.issues.map((issue) => [issue.id, [...issue.blockedBy]]))

  for (const version of ["0.46.0", "1.0.3"] as const) {
    it.scopedLive(`bd ${version}: calls ready once, and show only for bugs that are not ready`, () =>
      Effect.map(
        calls(
          [waiting, b, { ...a, id: "bd-free", blockedBy: ["bd-done"] }, { ...b, id: "bd-done", status: "closed" }],
          (beads) => beads.openBugs(bugs),
          { version }
        ),
        ({ answer, calls }) => {
          assert.deepStrictEqual(blockedBy(answer), { "bd-a": ["bd-b"], "bd-b": [], "bd-free": [] })
          assert.deepStrictEqual(calls.slice(1), ["ready --type bug --limit 0 --json", "show bd-a --json"])
        }
      )
    )
  }

  it.scopedLive("if ready fails, calls show for each bug that may be blocked", () =>
    Effect.map(
      calls(
        [waiting, b, { ...a, id: "bd-free", blockedBy: ["bd-done"] }, { ...b, id: "bd-done", status: "closed" }],
        (beads) => beads.openBugs(bugs),
        { fault: "ready=exit:1" }
      ),
      ({ answer, calls }) => {
        assert.deepStrictEqual(blockedBy(answer), { "bd-a": ["bd-b"], "bd-b": [], "bd-free": [] })
        assert.sameMembers(calls.slice(2), ["show bd-a --json", "show bd-free --json"])
      }
    )
  )

  it.scopedLive("if show fails too, openBugs fails: a bug may be blocked", () =>
    Effect.gen(function* () {
      const world = yield* bdWorld("1.0.3", [waiting, b], { fault: "ready=exit:1,show=exit:1" })
      const beads = yield* Effect.provide(BeadsCli, world.layer)
      assert.isTrue(Either.isLeft(yield* Effect.either(quiet(beads.openBugs(bugs)))))
    })
  )

  it.scopedLive("the blocker of a parent blocks its child, and a deferred bug has its date", () =>
    Effect.gen(function* () {
      const world = yield* bdWorld("1.0.3", [a, { ...b, type: "epic", blockedBy: ["bd-c"] }, { ...b, id: "bd-c" }])
      world.setRow("bd-a", { dependencies: [{ issue_id: "bd-a", depends_on_id: "bd-b", type: "parent-child" }] })
      world.setRow("bd-c", { defer_until: "2999-01-01T00:00:00Z" })
      const beads = yield* Effect.provide(BeadsCli, world.layer)
      const { issues } = yield* beads.openBugs(bugs)
      assert.deepStrictEqual(blockedBy({ issues }), { "bd-a": ["bd-b"], "bd-c": [] })
      assert.strictEqual(issues.find((issue) => issue.id === "bd-c")?.deferUntil, Date.UTC(2999, 0, 1))
    })
  )
})

/** `Exec` that records its calls and answers `[]`. */
const noting = (specs: Array<ExecSpec>) => {
  const unused = () => Effect.dieMessage("not a part of this test")
  return Layer.succeed(Exec, {
    run: (spec) =>
      Effect.sync(() => {
        specs.push(spec)
        return { exitCode: 0, signal: undefined, stdout: "[]", stderr: "", duration: Duration.zero }
      }),
    launch: unused,
    runGated: unused,
    launchGated: unused,
    foreground: unused,
    identify: unused,
    liveness: unused,
    jobProcesses: unused,
    endJob: unused,
    endGroup: unused,
    which: () => Effect.succeed("/usr/bin/bd")
  })
}

const asked = (dir: string | undefined, cwd: string) =>
  Effect.gen(function* () {
    const specs: Array<ExecSpec> = []
    const layer = BdBeads.layer({ command: "bd", dir, cwd, timeout: "7 seconds" }).pipe(
      Layer.provide(noting(specs)),
      Layer.provide(NodeContext.layer)
    )
    const result = yield* Effect.flatMap(BeadsCli, (beads) => Effect.either(beads.openBugs(bugs))).pipe(
      Effect.provide(layer)
    )
    return { result, specs }
  })

const beadsIn = (root: string, files: Readonly<Record<string, string>>) => {
  const dir = path.join(root, ".beads")
  fs.mkdirSync(dir)
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(dir, name), text)
  return dir
}

describe("the environment of a call", () => {
  it.scopedLive("gives every variable that changes bd's answers a value, and lets a read only read", () =>
    Effect.gen(function* () {
      const root = yield* scratch
      const dir = beadsIn(root, { "beads.db": "" })
      const { specs } = yield* asked(dir, root)
      assert.lengthOf(specs, 2)
      for (const spec of specs) {
        assert.deepStrictEqual({ ...spec.env }, { ...environmentOf("read"), BEADS_DIR: dir })
        assert.isFalse(Object.values(spec.env ?? {}).includes(undefined))
        assert.strictEqual(spec.cwd, root)
        assert.strictEqual(spec.timeout, "7 seconds")
      }
    })
  )

  // bd loads this file for every variable that is not set.
  const LIES = ["BD_READONLY=1", "BEADS_MAX_ROWS=1", "BD_JSON_ENVELOPE=1", "BD_DB=/nowhere.db", "CLAUDE_CODE=1"]
  it.scopedLive("a .beads/.env that lies changes nothing: list, claim and release work", () =>
    Effect.gen(function* () {
      const world = yield* bdWorld("1.2.1", [a, b])
      fs.writeFileSync(path.join(world.dir, ".env"), `${LIES.join("\n")}\n`)
      const beads = yield* Effect.provide(BeadsCli, world.layer)
      assert.lengthOf((yield* beads.openBugs(bugs)).issues, 2)
      yield* beads.claim(beadsId("bd-a"), ours)
      assert.deepInclude(world.row("bd-a"), held)
      assert.strictEqual((yield* beads.release(beadsId("bd-a"), ours))._tag, "Released")
    })
  )

  it.scopedLive("only commands that change the database may write", () =>
    Effect.gen(function* () {
      const world = yield* bdWorld("1.2.1", [a])
      const modes = new Map<string, Set<string | undefined>>()
      const beads = yield* Effect.provide(
        BeadsCli,
        world.layerOn((args, env) => {
          const command = args.find((word) => /^[a-z]+$/.test(word)) ?? ""
          modes.set(command, (modes.get(command) ?? new Set()).add(env["BD_READONLY"]))
          return Effect.sync(() => call(args, env))
        })
      )
      yield* beads.openBugs(bugs)
      yield* beads.claim(beadsId("bd-a"), ours)
      yield* beads.heartbeat(beadsId("bd-a"), ours)
      yield* beads.label(beadsId("bd-a"), ours, "x")
      yield* beads.comment(beadsId("bd-a"), ours, "text")
      yield* beads.claimsOf("nightly-dispatch/")
      yield* beads.release(beadsId("bd-a"), ours)
      const writing = [...modes].filter(([, values]) => values.has("0")).map(([command]) => command)
      assert.sameMembers(writing, ["update", "heartbeat", "comments"])
      for (const command of ["list", "show", "version"]) assert.deepStrictEqual([...(modes.get(command) ?? [])], ["1"])
    })
  )
})

describe("the database is checked before bd is called", () => {
  const refused = (result: Either.Either<unknown, TrackerFailed>, detail: RegExp) => {
    assert(Either.isLeft(result))
    assert.deepInclude(result.left, { reason: "no_database", blame: "config" })
    assert.match(result.left.detail, detail)
    assert.notMatch(result.left.message, /\n/)
  }

  const bad: ReadonlyArray<readonly [string, (root: string) => string, RegExp]> = [
    ["a relative directory", () => ".beads", /absolute/],
    ["a missing directory", (root) => path.join(root, "nowhere"), /does not exist/],
    ["a file", (root) => path.join(beadsIn(root, { "x.db": "" }), "x.db"), /not a directory/],
    ["an empty directory", (root) => beadsIn(root, {}), /empty/]
  ]
  for (const [what, make, detail] of bad) {
    it.scopedLive(`${what} fails with no_database, and bd is not called`, () =>
      Effect.gen(function* () {
        const root = yield* scratch
        const { result, specs } = yield* asked(make(root), root)
        refused(result, detail)
        assert.deepStrictEqual(specs, [])
      })
    )
  }

  it.scopedLive("bd is called with a directory that has no known kind of database", () =>
    Effect.gen(function* () {
      const root = yield* scratch
      const dir = beadsIn(root, { "tracker.json": "{}" })
      const { specs } = yield* asked(dir, root)
      assert.strictEqual(specs[0]?.env?.["BEADS_DIR"], dir)
    })
  )

  it.scopedLive("without BEADS_DIR, takes the nearest .beads above that has a database", () =>
    Effect.gen(function* () {
      const root = yield* scratch
      const dir = beadsIn(root, { "metadata.json": "{}" })
      const below = path.join(root, "a", "b")
      fs.mkdirSync(path.join(below, ".beads"), { recursive: true })
      const { specs } = yield* asked(undefined, below)
      assert.strictEqual(specs[0]?.env?.["BEADS_DIR"], dir)
    })
  )

  it.scopedLive("without BEADS_DIR and any .beads above, fails with no_database", () =>
    Effect.gen(function* () {
      const root = yield* scratch
      const { result, specs } = yield* asked(undefined, root)
      refused(result, /at or above/)
      assert.deepStrictEqual(specs, [])
    })
  )
})
