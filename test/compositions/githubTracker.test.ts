import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import { Clock, DateTime, Effect, Layer, Logger, LogLevel, Redacted, Schema, type Scope } from "effect"
import * as fs from "node:fs/promises"
import * as os from "node:os"
import * as path from "node:path"
import { Actor, BeadsCli, BeadsId, layer, nightlyRun, Priority, Settings } from "../../src/index.ts"
import { CurrentSettings, type Beads } from "../../src/index.ts"
import * as kit from "../../src/testing/index.ts"
import { githubServer, LOGIN, type Fault } from "./githubServer.ts"
import { githubTracker } from "./githubTracker.ts"

const tracker = (address: string) =>
  githubTracker({ address, owner: "o", repo: "r", login: LOGIN, token: Redacted.make("secret") }).pipe(
    Layer.provide(FetchHttpClient.layer)
  )

const suite = kit.contract.beads(
  (seed) =>
    Effect.gen(function* () {
      const { address, comments, numberOf, rows } = yield* githubServer(seed)
      const row = (id: string) => Effect.sync(() => rows.find(({ number }) => number === numberOf(id))!)
      return {
        layer: tracker(address),
        // GitHub numbers its issues itself.
        idOf: (id) => `gh-${numberOf(id)}`,
        elsewhere: {
          claim: (id, who) =>
            Effect.map(row(id), (row) => {
              Object.assign(row, { assignees: [who], labels: [...new Set([...row.labels, "in progress"])] })
            }),
          close: (id) =>
            Effect.map(row(id), (row) => void Object.assign(row, { state: "closed", closed_at: row.created_at })),
          read: (id) =>
            Effect.map(row(id), ({ assignees, labels, number, state }) => {
              const claim = comments.find(({ body, issue }) => issue === number && body.includes(" claim "))
              const holder = /claim (\S+)/.exec(claim?.body ?? "")?.[1]
              const open = labels.includes("in progress")
                ? "in_progress"
                : labels.includes("blocked")
                  ? "blocked"
                  : "open"
              return {
                status: state === "closed" ? "closed" : open,
                assignee: assignees.find((each) => each !== LOGIN) ?? holder ?? assignees[0]
              }
            }),
          comments: (id) =>
            Effect.sync(() =>
              comments
                .filter(({ issue }) => issue === numberOf(id))
                .map(({ body }) => body.slice(body.indexOf("\n") + 1))
            )
        }
      }
    }),
  { lacks: ["acceptanceCriteria", "design", "notes"] }
)
kit.contract.keeps({ describe, it }, "a tracker on GitHub issues keeps the tracker's contract", suite)

const actor = Actor.make("nightly-dispatch/vm-1/20261122T030000Z-4f2a91/1")
const bug = { id: "one", title: "boom", priority: 0 }
const id = BeadsId.make("gh-1")
const urgent = { types: ["bug"], maxPriority: Priority.make(1) }
const quick = Schema.decodeUnknownSync(Settings)({ timeouts: { beads: "500 millis" } })

/** A test of the tracker on a server with one bug. */
const stubborn = <A, E>(
  faults: Array<Fault>,
  body: (beads: Beads, server: Effect.Effect.Success<ReturnType<typeof githubServer>>) => Effect.Effect<A, E>
): Effect.Effect<A, E, Scope.Scope> =>
  Effect.gen(function* () {
    const server = yield* githubServer([bug], faults)
    return yield* Effect.flatMap(BeadsCli, (beads) => body(beads, server)).pipe(Effect.provide(tracker(server.address)))
  }).pipe(Effect.provideService(CurrentSettings, quick))

describe("a tracker on a stubborn GitHub", () => {
  for (const [answer, words, headers] of [
    [500, /answers 500/],
    [401, /answers 401/],
    [404, /there is no such issue/],
    [301, /answers 301/, { location: "/elsewhere" }],
    [429, /rate limit of the API is spent$/],
    [403, /rate limit of the API is spent$/, { "x-ratelimit-remaining": "0" }]
  ] as const)
    it.scopedLive(`answers ${answer} to a list: the tracker fails, and has not "no bugs"`, () =>
      stubborn([{ on: /^GET \/issues$/, answer, ...(headers && { headers }) }], (beads) =>
        Effect.map(Effect.flip(beads.openBugs(urgent)), (error) => assert.match(error.message, words))
      )
    )

  for (const [headers, until] of [
    [{ "retry-after": "60" }, (now: number) => now + 60_000],
    [{ "x-ratelimit-reset": "1800000000" }, () => 1_800_000_000_000]
  ] as const)
    it.scopedLive(`whose limit is spent says until when: ${Object.keys(headers).join()}`, () =>
      stubborn([{ on: /^GET \/issues$/, answer: 429, headers }], (beads) =>
        Effect.gen(function* () {
          const before = until(yield* Clock.currentTimeMillis)
          const { freeAt = 0, message } = yield* Effect.flip(beads.openBugs(urgent))
          assert.isAtLeast(freeAt, before)
          assert.isAtMost(freeAt, until(yield* Clock.currentTimeMillis))
          assert.include(message, `its limit holds until ${DateTime.formatIso(DateTime.unsafeMake(freeAt))}`)
        })
      )
    )

  it.scopedLive("that does not answer: a call ends at its time limit", () =>
    stubborn([{ on: /^GET \/issues$/, hang: true }], (beads) =>
      Effect.map(Effect.flip(beads.openBugs(urgent)), ({ reason }) => assert.strictEqual(reason, "timeout"))
    )
  )

  it.scopedLive("that answers 404 for all: an issue that a token may not see is not a missing one", () =>
    stubborn(
      [
        { on: /^GET \/issues\/1$/, answer: 404 },
        { on: /^GET $/, answer: 404 }
      ],
      (beads) =>
        Effect.gen(function* () {
          assert.strictEqual((yield* Effect.flip(beads.show(id))).blame, "config")
          assert.strictEqual((yield* beads.show(id))?.title, "boom")
        })
    )
  )

  for (const late of [409, 422, 500] as const)
    it.scopedLive(`that makes the claim's comment but answers ${late}: nothing is left, and the bug is free`, () =>
      stubborn([{ on: /^POST .*comments$/, late }], (beads, { comments }) =>
        Effect.gen(function* () {
          assert.match((yield* Effect.flip(beads.claim(id, actor))).message, new RegExp(String(late)))
          assert.deepStrictEqual(
            comments.filter(({ issue }) => issue === 1),
            []
          )
          assert.strictEqual((yield* beads.claim(id, actor)).actor, actor)
        })
      )
    )

  it.scopedLive(
    "that does the last step of a claim but never answers: the claim is ours, because the issue says so",
    () =>
      stubborn([{ on: /^POST .*assignees$/, hang: true }], (beads) =>
        Effect.map(beads.claim(id, actor), (claim) => assert.strictEqual(claim.actor, actor))
      )
  )

  it.scopedLive(
    "that cannot be read after the claim: its result is unknown, and a release takes back what was made",
    () => {
      const faults: Array<Fault> = []
      return stubborn(faults, (beads, { comments }) =>
        Effect.gen(function* () {
          const seen = yield* beads.show(id)
          faults.push({ on: /^POST .*comments$/, late: 500 }, { on: /^GET .*comments$/, answer: 502 })
          const failure = yield* Effect.flip(beads.claim(id, actor, seen))
          assert.deepInclude(failure, { _tag: "ClaimFailed", reason: "unknown" })
          assert.strictEqual(comments.filter(({ issue }) => issue === 1).length, 1)
          yield* beads.release(id, actor)
          assert.deepStrictEqual(
            comments.filter(({ issue }) => issue === 1),
            []
          )
        })
      )
    }
  )

  it.scopedLive("that releases a claim but answers 500: the release fails, and the next one finds the bug free", () => {
    const faults: Array<Fault> = []
    return stubborn(faults, (beads) =>
      Effect.gen(function* () {
        yield* beads.claim(id, actor)
        faults.push({ on: /^DELETE .*labels/, late: 500 })
        assert.match((yield* Effect.flip(beads.release(id, actor))).message, /500/)
        assert.deepStrictEqual(yield* beads.release(id, actor), { _tag: "NotOurs", holder: undefined, status: "open" })
        assert.strictEqual((yield* beads.claim(id, actor)).actor, actor)
      })
    )
  })

  it.scopedLive(
    "whose record of an issue cannot be read: it is malformed, not absent, and a pull request is no issue",
    () =>
      stubborn([], (beads, { rows }) =>
        Effect.gen(function* () {
          assert.isUndefined(yield* beads.show(BeadsId.make("gh-9999")))
          Object.assign(rows[0]!, { created_at: "yesterday" })
          const { issues, malformed } = yield* beads.openBugs(urgent)
          assert.deepStrictEqual([issues.length, malformed.length], [0, 1])
          assert.strictEqual((yield* Effect.flip(beads.show(id))).reason, "unreadable")
        })
      )
  )

  it.scopedLive("where a person writes the mark of a claim: it is only a comment", () =>
    stubborn([], (beads, { comment }) =>
      Effect.gen(function* () {
        comment(1, "mallory", `<!-- nightly-dispatch claim ${actor}x -->\n`)
        assert.isUndefined((yield* beads.show(id))?.assignee)
        assert.strictEqual((yield* beads.claim(id, actor)).actor, actor)
      })
    )
  )
})

describe("a night on GitHub issues", () => {
  it.scopedLive("claims the urgent bugs, starts their jobs, and leaves pull requests and other issues alone", () =>
    Effect.gen(function* () {
      const root = yield* Effect.acquireRelease(
        Effect.promise(() => fs.mkdtemp(path.join(os.tmpdir(), "github test "))),
        (directory) => Effect.promise(() => fs.rm(directory, { recursive: true, force: true }))
      )
      const { address, rows } = yield* githubServer([bug, { ...bug, id: "two", priority: 3 }])
      const settings = yield* Schema.decodeUnknown(Settings)({
        repoPath: root,
        hostGate: { maxLoadPerCore: 0, minFreeMemory: 0 }
      })
      const here = { environment: {}, cwd: root, home: root, tempDir: root, host: "vm-7" }
      const tools = layer(settings, here, {
        beads: tracker(address),
        runner: kit.FakeRunner.layer(),
        verifier: kit.FakeVerifier.layer(),
        workspaces: kit.FakeWorkspaces.layer(),
        prompts: kit.FakePrompts.layer(),
        journal: Layer.merge(kit.FakeJournal.layer(), kit.FakeOutbox.layer())
      }).pipe(Layer.provide(NodeContext.layer))
      const report = yield* nightlyRun().pipe(Logger.withMinimumLogLevel(LogLevel.None), Effect.provide(tools))
      assert.deepStrictEqual([report.error, report.fetched, report.dispatched], [undefined, 1, 1])
      assert.deepStrictEqual(
        rows.map(({ assignees }) => assignees),
        [[LOGIN], []]
      )
      assert.strictEqual(report.backends.beads, "GitHub issues of o/r")
    })
  )
})
