import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, type Layer, type Scope } from "effect"
import { BeadsCli } from "../../src/beads/BeadsCli.ts"
import { ClaimFailed, TrackerFailed } from "../../src/domain/Failure.ts"
import { Actor } from "../../src/domain/Actor.ts"
import { Priority, type IntakeFilter } from "../../src/domain/Issue.ts"
import { beadsId, NASTY_TEXT, sameMembers } from "./support.ts"

/** An issue to put into the tracker before the test. */
export interface SeedIssue {
  readonly id: string
  readonly title: string
  readonly description?: string
  /** Default `open`. */
  readonly status?: string
  readonly priority: number
  /** Default `bug`. */
  readonly type?: string
  readonly assignee?: string
  readonly labels?: ReadonlyArray<string>
  /** ISO 8601. */
  readonly createdAt?: string
  /** ISO 8601. */
  readonly closedAt?: string
  /** Ids of the issues it waits for. */
  readonly blockedBy?: ReadonlyArray<string>
}

/** A tracker holding the seed, the layer under test on it, and a way to it behind the layer's back. */
export interface BeadsWorld {
  readonly layer: Layer.Layer<BeadsCli>
  readonly elsewhere: {
    /** Somebody else claims it: in progress, assigned to `who`, whatever it was before. */
    readonly claim: (id: string, who: string) => Effect.Effect<void>
    /** Somebody closes it; the assignee stays. */
    readonly close: (id: string) => Effect.Effect<void>
    readonly read: (id: string) => Effect.Effect<{ readonly status: string; readonly assignee?: string | undefined }>
    /** The texts of its comments. Absent: the comment's text is not checked. */
    readonly comments?: (id: string) => Effect.Effect<ReadonlyArray<string>>
  }
}

export interface BeadsContractOptions {
  /**
   * `atomic`: of simultaneous claims exactly one is told it won. `last-writer`: the tracker lets all of them through
   * (bd before 0.49.4), so at most one may be told so, and it must be the one the tracker shows afterwards.
   */
  readonly claims?: "atomic" | "last-writer"
  /** Milliseconds for one test. Default 20 000. */
  readonly timeout?: number
}

const bugs = (maxPriority: number, types: ReadonlyArray<string> = ["bug"]): IntakeFilter => ({
  types,
  maxPriority: Priority.make(maxPriority)
})
const ours = Actor.make("nightly-dispatch/vm-1/20261122T030000Z-4f2a91/1")
const theirs = Actor.make("nightly-dispatch/vm-2/20261122T030000Z-0b0b0b/1")

const open: SeedIssue = { id: "bd-a", title: "boom", priority: 1 }
const closed: SeedIssue = {
  id: "bd-done",
  title: "done",
  priority: 1,
  status: "closed",
  closedAt: "2026-01-03T00:00:00Z"
}
/** Ids that bd resolves a part of to. */
const related: ReadonlyArray<SeedIssue> = [
  { id: "bd-a1b2.1", title: "a child", priority: 1 },
  { id: "bd-xa1b2", title: "a longer one", priority: 1 }
]

/** What every layer of `BeadsCli` must do, on whatever tracker. */
export const beadsContract = (
  name: string,
  makeWorld: (seed: ReadonlyArray<SeedIssue>) => Effect.Effect<BeadsWorld, never, Scope.Scope>,
  options: BeadsContractOptions = {}
): void => {
  const timeout = options.timeout ?? 20_000

  const check = <A, E>(
    what: string,
    seed: ReadonlyArray<SeedIssue>,
    body: (beads: BeadsCli["Type"], elsewhere: BeadsWorld["elsewhere"]) => Effect.Effect<A, E>
  ): void =>
    it.scopedLive(
      what,
      () =>
        Effect.flatMap(makeWorld(seed), (world) =>
          Effect.flatMap(BeadsCli, (beads) => body(beads, world.elsewhere)).pipe(Effect.provide(world.layer))
        ),
      timeout
    )

  const refused = <A, E>(claim: Effect.Effect<A, E>): Effect.Effect<ClaimFailed> =>
    Effect.map(Effect.either(claim), (result) => {
      assert(Either.isLeft(result), `the claim must not succeed: ${JSON.stringify(result)}`)
      assert(result.left instanceof ClaimFailed, `expected ClaimFailed, got ${JSON.stringify(result.left)}`)
      return result.left
    })

  describe(`${name} keeps the tracker's contract`, () => {
    check("names what stands behind it", [], (beads) =>
      Effect.map(beads.version, (version) => assert.match(version, /\S/))
    )

    describe("openBugs", () => {
      check("an empty tracker gives an empty intake, not a failure", [], (beads) =>
        Effect.map(beads.openBugs(bugs(1)), (intake) => {
          assert.deepStrictEqual([...intake.issues], [])
          assert.deepStrictEqual([...intake.malformed], [])
        })
      )

      const mixed: ReadonlyArray<SeedIssue> = [
        { id: "bd-p0", title: "p0", priority: 0 },
        { id: "bd-p1", title: "p1", priority: 1 },
        { id: "bd-p2", title: "p2", priority: 2 },
        { id: "bd-feat", title: "a feature", priority: 0, type: "feature" },
        { id: "bd-task", title: "a task", priority: 1, type: "task" },
        { id: "bd-prog", title: "in progress", priority: 0, status: "in_progress", assignee: "alice" },
        { id: "bd-done", title: "closed", priority: 0, status: "closed", closedAt: "2026-01-03T00:00:00Z" },
        { id: "bd-wait", title: "blocked", priority: 1, blockedBy: ["bd-p2", "bd-done"] },
        { id: "bd-have", title: "assigned", priority: 1, assignee: "Recovery Agent" }
      ]

      check("exactly the open bugs of the priority, each once, blocked and assigned ones too", mixed, (beads) =>
        Effect.map(beads.openBugs(bugs(1)), (intake) => {
          sameMembers(
            intake.issues.map((issue) => issue.id),
            ["bd-p0", "bd-p1", "bd-wait", "bd-have"]
          )
          assert.deepStrictEqual([...intake.malformed], [])
        })
      )

      check("says what blocks a bug, without the blockers that are done, and who holds one", mixed, (beads) =>
        Effect.map(beads.openBugs(bugs(1)), (intake) => {
          const byId = new Map(intake.issues.map((issue) => [String(issue.id), issue]))
          assert.deepStrictEqual([...(byId.get("bd-wait")?.blockedBy ?? [])], ["bd-p2"])
          assert.deepStrictEqual([...(byId.get("bd-p0")?.blockedBy ?? ["?"])], [])
          assert.strictEqual(byId.get("bd-have")?.assignee, "Recovery Agent")
          assert.isUndefined(byId.get("bd-p0")?.assignee)
        })
      )

      check("asks for the given types and priorities only", mixed, (beads) =>
        Effect.gen(function* () {
          const urgent = yield* beads.openBugs(bugs(0))
          sameMembers(
            urgent.issues.map((issue) => issue.id),
            ["bd-p0"]
          )
          const wide = yield* beads.openBugs(bugs(4, ["bug", "task"]))
          sameMembers(
            wide.issues.map((issue) => issue.id),
            ["bd-p0", "bd-p1", "bd-p2", "bd-task", "bd-wait", "bd-have"]
          )
        })
      )

      const many = Array.from({ length: 64 }, (_, i): SeedIssue => ({
        id: `bd-m${i}`,
        title: `bug ${i}`,
        priority: i % 2
      }))
      check("more than 60 open bugs are not cut", many, (beads) =>
        Effect.map(beads.openBugs(bugs(1)), (intake) =>
          sameMembers(
            intake.issues.map((issue) => issue.id),
            many.map((issue) => issue.id)
          )
        )
      )

      const titles = [
        'it\'s "quoted"',
        "two\nlines",
        "tab\tand \\ backslash",
        "ünïcödé 🐛 日本語",
        "--flag $(x) `y`",
        "[1, {]"
      ]
      check(
        "titles and descriptions come back as they were",
        titles.map((title, i) => ({ id: `bd-t${i}`, title, description: `${title}\n\n${NASTY_TEXT}`, priority: 1 })),
        (beads) =>
          Effect.map(beads.openBugs(bugs(1)), (intake) => {
            const byId = new Map(intake.issues.map((issue) => [String(issue.id), issue]))
            titles.forEach((title, i) => {
              assert.strictEqual(byId.get(`bd-t${i}`)?.title, title)
              assert.strictEqual(byId.get(`bd-t${i}`)?.description, `${title}\n\n${NASTY_TEXT}`)
            })
          })
      )
    })

    describe("show", () => {
      check(
        "the issue with this id, with everything a dispatch needs",
        [
          {
            id: "bd-a1b2",
            title: "boom",
            description: "it broke",
            priority: 0,
            labels: ["backend", "needs care"],
            createdAt: "2026-01-02T03:04:05Z",
            blockedBy: ["bd-dep"]
          },
          { id: "bd-dep", title: "first this", priority: 2, type: "task" }
        ],
        (beads) =>
          Effect.map(beads.show(beadsId("bd-a1b2")), (issue) => {
            assert(issue !== undefined)
            assert.strictEqual(issue.id, "bd-a1b2")
            assert.strictEqual(issue.title, "boom")
            assert.strictEqual(issue.description, "it broke")
            assert.strictEqual(issue.status, "open")
            assert.strictEqual(issue.type, "bug")
            assert.strictEqual(issue.priority, 0)
            assert.strictEqual(issue.createdAt, Date.UTC(2026, 0, 2, 3, 4, 5))
            sameMembers(issue.labels, ["backend", "needs care"])
            assert.deepStrictEqual([...issue.blockedBy], ["bd-dep"])
            assert.isUndefined(issue.assignee)
            assert.isUndefined(issue.closedAt)
          })
      )

      check("a closed one says when it was closed", [{ ...closed, closedAt: "2026-01-03T00:00:00Z" }], (beads) =>
        Effect.map(beads.show(beadsId("bd-done")), (issue) => {
          assert.strictEqual(issue?.status, "closed")
          assert.strictEqual(issue?.closedAt, Date.UTC(2026, 0, 3))
        })
      )

      check("nothing for an id that is not there", [{ id: "bd-a", title: "a", priority: 1 }], (beads) =>
        Effect.map(beads.show(beadsId("bd-zzzz")), (issue) => assert.isUndefined(issue))
      )

      check("nothing for a part of another id", related, (beads) =>
        Effect.gen(function* () {
          for (const part of ["bd-a1b2", "bd-a1", "bd-1b2"]) {
            assert.isUndefined(yield* beads.show(beadsId(part)), part)
          }
        })
      )
    })

    describe("claim", () => {
      check("takes an open bug: in progress and assigned to the actor", [open], (beads, elsewhere) =>
        Effect.gen(function* () {
          const claim = yield* beads.claim(beadsId("bd-a"), ours)
          assert.strictEqual(claim.id, "bd-a")
          assert.strictEqual(claim.actor, ours)
          assert.deepInclude(yield* elsewhere.read("bd-a"), { status: "in_progress", assignee: ours })
          const seen = yield* beads.show(beadsId("bd-a"))
          assert.strictEqual(seen?.assignee, ours)
          assert.strictEqual(seen?.status, "in_progress")
        })
      )

      check("touches no other issue", [open, ...related], (beads, elsewhere) =>
        Effect.gen(function* () {
          yield* beads.claim(beadsId("bd-a"), ours)
          for (const { id } of related) assert.strictEqual((yield* elsewhere.read(id)).status, "open", id)
        })
      )

      check("fails with the whole name of the holder, and leaves it with them", [open], (beads, elsewhere) =>
        Effect.gen(function* () {
          yield* elsewhere.claim("bd-a", "Recovery Agent")
          const failure = yield* refused(beads.claim(beadsId("bd-a"), ours))
          assert.strictEqual(failure.reason, "held")
          assert.strictEqual(failure.holder, "Recovery Agent")
          assert.strictEqual(failure.beads, "bd-a")
          assert.deepInclude(yield* elsewhere.read("bd-a"), { status: "in_progress", assignee: "Recovery Agent" })
        })
      )

      check("fails when our own earlier attempt's claim was taken by another", [open], (beads, elsewhere) =>
        Effect.gen(function* () {
          yield* beads.claim(beadsId("bd-a"), theirs)
          const failure = yield* refused(beads.claim(beadsId("bd-a"), ours))
          assert.strictEqual(failure.reason, "held")
          assert.strictEqual(failure.holder, theirs)
          assert.strictEqual((yield* elsewhere.read("bd-a")).assignee, theirs)
        })
      )

      check("fails on a bug that is open and yet assigned", [{ ...open, assignee: "alice" }], (beads, elsewhere) =>
        Effect.gen(function* () {
          const failure = yield* refused(beads.claim(beadsId("bd-a"), ours))
          assert.strictEqual(failure.reason, "held")
          assert.strictEqual(failure.holder, "alice")
          assert.deepInclude(yield* elsewhere.read("bd-a"), { status: "open", assignee: "alice" })
        })
      )

      check("again by the same actor succeeds: it is ours already", [open], (beads, elsewhere) =>
        Effect.gen(function* () {
          yield* beads.claim(beadsId("bd-a"), ours)
          assert.strictEqual((yield* beads.claim(beadsId("bd-a"), ours)).actor, ours)
          assert.deepInclude(yield* elsewhere.read("bd-a"), { status: "in_progress", assignee: ours })
        })
      )

      check("fails on a closed bug that still names its last holder", [{ ...closed, assignee: "alice" }], (beads) =>
        Effect.gen(function* () {
          assert.strictEqual((yield* refused(beads.claim(beadsId("bd-done"), ours))).reason, "not_open")
        })
      )

      check("fails on a closed bug and does not bring it back", [closed], (beads, elsewhere) =>
        Effect.gen(function* () {
          const failure = yield* refused(beads.claim(beadsId("bd-done"), ours))
          assert.strictEqual(failure.reason, "not_open")
          assert.strictEqual((yield* elsewhere.read("bd-done")).status, "closed")
        })
      )

      check("fails on a bug whose status forbids it", [{ ...open, status: "blocked" }], (beads, elsewhere) =>
        Effect.gen(function* () {
          const failure = yield* refused(beads.claim(beadsId("bd-a"), ours))
          assert.strictEqual(failure.reason, "not_open")
          assert.strictEqual((yield* elsewhere.read("bd-a")).status, "blocked")
        })
      )

      check("fails on a missing bug and does not take one whose id looks like it", related, (beads, elsewhere) =>
        Effect.gen(function* () {
          const failure = yield* refused(beads.claim(beadsId("bd-a1b2"), ours))
          assert.strictEqual(failure.reason, "missing")
          for (const { id } of related) assert.strictEqual((yield* elsewhere.read(id)).status, "open", id)
        })
      )

      const racing = Array.from({ length: 5 }, (_, i) =>
        Actor.make(`nightly-dispatch/vm-${i}/20261122T030000Z-00000${i}/1`)
      )
      check(
        options.claims === "last-writer"
          ? "of five at once nobody is told it won but the one the tracker shows"
          : "of five at once exactly one wins, and the tracker shows it",
        [open],
        (beads, elsewhere) =>
          Effect.gen(function* () {
            const results = yield* Effect.forEach(
              racing,
              (actor) => Effect.either(beads.claim(beadsId("bd-a"), actor)),
              {
                concurrency: "unbounded"
              }
            )
            const winners = results.filter(Either.isRight).map((won) => won.right.actor)
            const shown = yield* elsewhere.read("bd-a")
            if (options.claims === "last-writer") assert.isAtMost(winners.length, 1)
            else assert.lengthOf(winners, 1)
            for (const winner of winners) assert.deepInclude(shown, { status: "in_progress", assignee: winner })
            for (const lost of results.filter(Either.isLeft)) {
              if (lost.left instanceof ClaimFailed && lost.left.reason === "held" && options.claims !== "last-writer")
                assert.strictEqual(lost.left.holder, shown.assignee)
            }
          })
      )
    })

    describe("release", () => {
      check("gives ours back, and it can be claimed again", [open], (beads, elsewhere) =>
        Effect.gen(function* () {
          yield* beads.claim(beadsId("bd-a"), ours)
          assert.strictEqual((yield* beads.release(beadsId("bd-a"), ours))._tag, "Released")
          const given = yield* elsewhere.read("bd-a")
          assert.strictEqual(given.status, "open")
          assert.isUndefined(given.assignee)
          yield* beads.claim(beadsId("bd-a"), theirs)
          assert.strictEqual((yield* elsewhere.read("bd-a")).assignee, theirs)
        })
      )

      check("leaves somebody else's alone", [open], (beads, elsewhere) =>
        Effect.gen(function* () {
          yield* beads.claim(beadsId("bd-a"), ours)
          yield* elsewhere.claim("bd-a", "Recovery Agent")
          const released = yield* beads.release(beadsId("bd-a"), ours)
          assert.deepStrictEqual(released, { _tag: "NotOurs", holder: "Recovery Agent", status: "in_progress" })
          assert.deepInclude(yield* elsewhere.read("bd-a"), { status: "in_progress", assignee: "Recovery Agent" })
        })
      )

      check("leaves a bug that was closed meanwhile closed", [open], (beads, elsewhere) =>
        Effect.gen(function* () {
          yield* beads.claim(beadsId("bd-a"), ours)
          yield* elsewhere.close("bd-a")
          const released = yield* beads.release(beadsId("bd-a"), ours)
          assert(released._tag === "NotOurs")
          assert.strictEqual(released.status, "closed")
          assert.strictEqual((yield* elsewhere.read("bd-a")).status, "closed")
        })
      )

      check(
        "of a missing bug has nothing to give back, and does not take one whose id looks like it",
        related,
        (beads, elsewhere) =>
          Effect.gen(function* () {
            for (const { id } of related) yield* elsewhere.claim(id, ours)
            assert.strictEqual((yield* beads.release(beadsId("bd-a1b2"), ours))._tag, "NotOurs")
            for (const { id } of related) assert.strictEqual((yield* elsewhere.read(id)).assignee, ours, id)
          })
      )

      check("the second time there is nothing of ours to give back", [open], (beads, elsewhere) =>
        Effect.gen(function* () {
          yield* beads.claim(beadsId("bd-a"), ours)
          yield* beads.release(beadsId("bd-a"), ours)
          const again = yield* beads.release(beadsId("bd-a"), ours)
          assert.deepStrictEqual(again, { _tag: "NotOurs", holder: undefined, status: "open" })
          assert.strictEqual((yield* elsewhere.read("bd-a")).status, "open")
        })
      )
    })

    describe("heartbeat", () => {
      check("of a claim of ours finds it alive, and leaves it as it is", [open], (beads, elsewhere) =>
        Effect.gen(function* () {
          const claim = yield* beads.claim(beadsId("bd-a"), ours)
          const alive = yield* beads.heartbeat(beadsId("bd-a"), ours)
          assert(alive._tag === "Alive")
          assert.strictEqual(alive.leaseExpiresAt === undefined, claim.leaseExpiresAt === undefined)
          assert.isAtLeast(alive.leaseExpiresAt ?? 0, claim.leaseExpiresAt ?? 0)
          assert.deepInclude(yield* elsewhere.read("bd-a"), { status: "in_progress", assignee: ours })
        })
      )

      check("claims are leases exactly where the tracker says so", [open], (beads) =>
        Effect.gen(function* () {
          const leases = yield* beads.leases
          const claim = yield* beads.claim(beadsId("bd-a"), ours)
          assert.strictEqual(claim.leaseExpiresAt === undefined, leases === "none")
          assert.strictEqual((yield* beads.show(beadsId("bd-a")))?.leaseExpiresAt, claim.leaseExpiresAt)
        })
      )

      check("tells a claim that somebody took, and leaves it with them", [open], (beads, elsewhere) =>
        Effect.gen(function* () {
          yield* beads.claim(beadsId("bd-a"), ours)
          yield* elsewhere.claim("bd-a", "Recovery Agent")
          const beat = yield* beads.heartbeat(beadsId("bd-a"), ours)
          assert.deepStrictEqual(beat, { _tag: "NotOurs", holder: "Recovery Agent", status: "in_progress" })
          assert.deepInclude(yield* elsewhere.read("bd-a"), { status: "in_progress", assignee: "Recovery Agent" })
        })
      )

      check("tells a bug that is nobody's, closed or missing, and claims nothing", [open, closed], (beads, elsewhere) =>
        Effect.gen(function* () {
          for (const [id, status] of [
            ["bd-a", "open"],
            ["bd-done", "closed"],
            ["bd-zzzz", "missing"]
          ] as const) {
            const beat = yield* beads.heartbeat(beadsId(id), ours)
            assert.deepStrictEqual(beat, { _tag: "NotOurs", holder: undefined, status })
          }
          assert.deepInclude(yield* elsewhere.read("bd-a"), { status: "open", assignee: undefined })
        })
      )
    })

    describe("claimsOf", () => {
      check(
        "every issue in progress whose holder starts with this, and no other",
        [
          { ...open, id: "bd-1", status: "in_progress", assignee: ours },
          { ...open, id: "bd-2", status: "in_progress", assignee: theirs, priority: 3, type: "task" },
          { ...open, id: "bd-3", status: "in_progress", assignee: "Recovery Agent" },
          { ...open, id: "bd-4", status: "in_progress", assignee: "not/nightly-dispatch/vm-1" },
          { ...open, id: "bd-5", status: "in_progress" },
          { ...open, id: "bd-6", assignee: ours },
          { ...closed, id: "bd-7", assignee: ours }
        ],
        (beads) =>
          Effect.gen(function* () {
            const all = yield* beads.claimsOf("nightly-dispatch/")
            sameMembers(
              all.map((issue) => issue.id),
              ["bd-1", "bd-2"]
            )
            const oneHost = yield* beads.claimsOf("nightly-dispatch/vm-1/")
            sameMembers(
              oneHost.map((issue) => `${issue.id} ${issue.assignee}`),
              [`bd-1 ${ours}`]
            )
          })
      )
    })

    describe("label", () => {
      check("adds a label beside the others, and again changes nothing", [{ ...open, labels: ["backend"] }], (beads) =>
        Effect.gen(function* () {
          yield* beads.claim(beadsId("bd-a"), ours)
          yield* beads.label(beadsId("bd-a"), ours, "nightly-dispatch-review")
          yield* beads.label(beadsId("bd-a"), ours, "nightly-dispatch-review")
          const issue = yield* beads.show(beadsId("bd-a"))
          sameMembers(issue?.labels ?? [], ["backend", "nightly-dispatch-review"])
          assert.strictEqual(issue?.status, "in_progress")
          assert.strictEqual(issue?.assignee, ours)
        })
      )

      check("on a missing bug fails, and labels no bug whose id looks like it", related, (beads) =>
        Effect.gen(function* () {
          const result = yield* Effect.either(beads.label(beadsId("bd-a1b2"), ours, "x"))
          assert(Either.isLeft(result) && result.left instanceof TrackerFailed)
          for (const { id } of related)
            assert.deepStrictEqual([...((yield* beads.show(beadsId(id)))?.labels ?? [])], [])
        })
      )
    })

    describe("comment", () => {
      check("on a missing bug fails", [open], (beads) =>
        Effect.map(Effect.either(beads.comment(beadsId("bd-zzzz"), ours, "hello")), (result) =>
          assert(Either.isLeft(result) && result.left instanceof TrackerFailed)
        )
      )

      for (const text of ["-rf is not a flag here", NASTY_TEXT]) {
        check(`stores ${JSON.stringify(text.slice(0, 24))}… as it is`, [open], (beads, elsewhere) =>
          Effect.gen(function* () {
            yield* beads.comment(beadsId("bd-a"), ours, text)
            if (elsewhere.comments !== undefined) {
              const texts = yield* elsewhere.comments("bd-a")
              assert.deepStrictEqual(
                texts.map((stored) => stored.trimEnd()),
                [text]
              )
            }
            assert.strictEqual((yield* elsewhere.read("bd-a")).status, "open")
          })
        )
      }
    })
  })
}
